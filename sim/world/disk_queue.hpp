// A node's disk: when its writes complete. The writes themselves are with the typed host.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "sim/fault/disk.hpp"
#include "sim/kernel/event_queue.hpp"
#include "sim/kernel/rng.hpp"
#include "sim/kernel/time.hpp"

namespace sim {

/// The disk keeps a time of its own, which stands still while it hangs. A write completes at a time that is
/// known when it starts, on this clock: a hang in between moves nothing but the clock.
class DiskQueue {
 public:
  explicit DiskQueue(Rng rng = Rng(0)) : rng_(rng) {}

  /// Everything due at this time of the disk, or before, is done.
  Time done(Time now) const { return hangs_ > 0 ? hung_at_ - Duration{1} : now - stalled(); }
  /// When a new write completes, on the disk's clock. Writes complete in order.
  Time write(Time now);
  /// When everything written so far is done, on the disk's clock.
  Time free() const { return free_; }
  /// The true time of a time of the disk, if it hangs no longer than now.
  Time true_time(Time due) const;
  /// The disk's time that was `true_time` when there had been so many hangs.
  Time due(Time true_time, std::uint32_t hangs) const { return true_time - stalls_[hangs]; }
  std::uint32_t hangs_so_far() const { return static_cast<std::uint32_t>(stalls_.size() - 1); }

  /// Other laws for the writes to come; `hang` is for begin_hang.
  void set_laws(const DiskLaws& laws) { laws_ = laws; }
  /// Draws from other random numbers from now on.
  void reseed(Rng rng) { rng_ = rng; }
  bool hung() const { return hangs_ > 0; }
  void begin_hang(Time now);
  /// Of several hangs at once, the last to end counts.
  void end_hang(Time now);
  /// The node restarts: nothing is under way.
  void begin_life(Time now) { free_ = flush_begins_ = present(now); }

 private:
  Duration stalled() const { return stalls_.back(); }
  Time present(Time now) const { return hangs_ > 0 ? hung_at_ : now - stalled(); }

  Rng rng_;
  DiskLaws laws_{};
  Time free_{};
  Time flush_begins_{};  ///< Of the last write.
  std::uint32_t hangs_ = 0;
  Time hung_at_{};  ///< On the disk's clock.
  std::vector<Duration> stalls_{
      Duration{0}};  ///< How long it hung: by the end of the first, second ... hang.
};

}  // namespace sim
