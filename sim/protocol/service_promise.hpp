// What a protocol promises after the last fault ends: how soon it answers again, and under which conditions.
// The judge of progress compares runs with it (sim/check/progress.hpp); a protocol that promises nothing
// isn't judged.
#pragma once

#include <cstddef>

#include "sim/kernel/time.hpp"

namespace sim {

/// The conditions of a run while nothing goes wrong: a bound may depend on them.
struct Calm {
  std::size_t members = 0;    ///< The replicas that make up the service, running or not.
  Duration delay{};           ///< A message's way takes longer once in 1,000 times, on the slowest link.
  double loss = 0;            ///< Probability that a message is lost, on the worst link.
  Duration client_timeout{};  ///< A client waits so long for an operation.
  Duration client_retry{};    ///< A client that waits asks the next replica so often; its timeout if it
                              ///< doesn't.
  /// A client has asked every member after so long.
  Duration round() const { return client_retry * static_cast<std::int64_t>(members); }
};

struct ServicePromise {
  /// If operations wait for so long, one is answered; time in which nobody waits doesn't count. Random
  /// timeouts and lost messages need room: choose it so that a run in a million may take longer.
  Duration within{};
  std::size_t running = 0;     ///< So many members must be up and have never been Byzantine.
  bool despite_liars = false;  ///< It holds with Byzantine replicas among the others.
  bool untold = true;          ///< It holds although nobody is told of crashes.
  /// What replicas rely on. Either disks, which no restart may have emptied; or each other's memories, of
  /// which enough must have been running at any time (one that is up again counts after `within`).
  enum class Memory : std::uint8_t { on_disk, in_others } memory = Memory::on_disk;
};

}  // namespace sim
