// What a disk does to a node: how it takes writes while the node runs, and what a restart finds.
#pragma once

#include <cstdint>

#include "sim/network/delay_law.hpp"

namespace sim {

/// The contents of a restarted node's disk.
enum class DiskFate : std::uint8_t {
  kept,       ///< All that it ever wrote (the process died, the machine did not).
  tail_lost,  ///< Only writes that had completed (the power failed).
  lost,       ///< Nothing: amnesia.
};

/// How a disk takes writes.
struct DiskLaws {
  DelayLaw delay{};           ///< How long one takes.
  bool hang = false;          ///< None completes, not even those under way; `delay` is unused then.
  bool group_commit = false;  ///< One flush takes all writes that wait, instead of each its own time.
  bool operator==(const DiskLaws&) const = default;
};

}  // namespace sim
