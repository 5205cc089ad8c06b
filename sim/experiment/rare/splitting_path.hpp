// One path of a splitting: a world, its onlooker, and how it is followed within a band of levels.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "sim/experiment/interrupt.hpp"
#include "sim/experiment/rare/suspicion_level.hpp"
#include "sim/kernel/rng.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/world/world.hpp"

namespace sim {

/// The effort spent.
struct SplittingEffort {
  std::uint64_t worlds = 0;  ///< Runs begun and forks made.
  std::uint64_t events = 0;  ///< That they handled.
  void add(const SplittingEffort& more) {
    worlds += more.worlds;
    events += more.events;
  }
};

class SplittingPath {
 public:
  /// A run from its start; `interrupt`, if any, outlives it and its copies.
  SplittingPath(const Scenario& scenario, SuspicionLevel::Sign sign, std::uint64_t seed,
                const Interrupt* interrupt = nullptr);
  /// A copy that diverges from this path.
  SplittingPath fork(std::uint64_t seed) const;
  /// A copy of this moment, to be forked later.
  SplittingPath(const SplittingPath&) = default;
  SplittingPath(SplittingPath&&) = default;

  SuspicionLevel level;
  World world;

  bool over() const { return world.now() >= end_; }
  /// Throws InputError when the run exceeds its bound on events.
  void run_until(Time until, SplittingEffort& effort);
  /// Runs to the end, with nobody looking on.
  void finish(SplittingEffort& effort);

 private:
  SplittingPath(const SplittingPath& other, std::uint64_t seed);
  void handle_until(Time until, SplittingEffort& effort);

  const Scenario* scenario_;
  const Interrupt* interrupt_;
  Time end_;
};

/// The range from one threshold up to the next.
struct SplittingBand {
  Duration floor{};
  std::optional<Duration> ceiling{};
  Duration patience{};
};

enum class PathEnd : std::uint8_t {
  over,           ///< The run ended.
  fell,           ///< The level fell below the band, for longer than `patience`.
  two_primaries,  ///< It came to two primaries within the band.
  elsewhere,      ///< It came to two primaries above the band: copies stand for it.
};

/// Follows a path that is within the band; calls `rises` each time that it leaves it above.
PathEnd follow(SplittingPath& path, const SplittingBand& band,
               const std::function<void(const SplittingPath&)>& rises, SplittingEffort& effort);

/// Keeps at most `limit` of the paths offered, each as likely as the other (Waterman's algorithm R; Vitter
/// 1985).
class Reservoir {
 public:
  Reservoir(std::uint64_t limit, std::uint64_t seed) : limit_(limit), rng_(seed) {}
  void offer(const SplittingPath& path);
  std::uint64_t offered() const { return offered_; }
  bool empty() const { return kept_.empty(); }
  /// The path for the `i`-th of `n` forks, spread evenly over all that were kept, in an order that is chosen
  /// at random with a `start` in [0, 1).
  const SplittingPath& share(std::uint64_t i, std::uint64_t n, double start) const;

 private:
  std::uint64_t limit_;
  Rng rng_;
  std::uint64_t offered_ = 0;
  std::vector<std::unique_ptr<SplittingPath>> kept_;
};

}  // namespace sim
