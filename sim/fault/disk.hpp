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
  torn,     ///< As tail_lost, and then a part of the first write that hadn't completed (its check sum fails).
  corrupt,  ///< As tail_lost, but one of the records that had completed fails its check sum.
  lost_fsync,  ///< As tail_lost, but the last of those that had completed aren't there: the disk lied.
};

/// A record that a restart finds and can't read.
enum class Damage : std::uint8_t {
  torn,     ///< The last one: it hadn't completed, so nothing that relied on it has been said.
  corrupt,  ///< It had completed, and others may follow.
};

/// What a restart finds.
struct DiskFound {
  DiskFate fate = DiskFate::kept;
  std::uint32_t writes = 1;  ///< lost_fsync: so many are gone. corrupt: the so manyth, from the last.
  bool operator==(const DiskFound&) const = default;
};

/// How a disk takes writes.
struct DiskLaws {
  DelayLaw delay{};           ///< How long one takes.
  bool hang = false;          ///< None completes, not even those under way; `delay` is unused then.
  bool group_commit = false;  ///< One flush takes all writes that wait, instead of each its own time.
  bool operator==(const DiskLaws&) const = default;
};

}  // namespace sim
