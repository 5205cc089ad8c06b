// Lost writes: acknowledged to a client, but missing from every running replica at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/history/record.hpp"

namespace sim {

/// Places in Record::operations, ascending, of acknowledged writes that none of the replicas which should
/// hold the service's state when the run ends (see Concerned) has executed.
struct LostWritesJudgement {
  std::vector<std::uint32_t> operations;  ///< Lost: none of them holds it.
  std::vector<std::uint32_t> held;        ///< One of them holds it, and hasn't executed it (yet).
  /// None holds it, but too few run to tell: the others may come back with it on disk.
  std::vector<std::uint32_t> unknown;
};

/// A write is an answered operation that changed the service. `enough` replicas must be up, repaired or not,
/// before a write that none of them holds counts as lost: those that are down may be the ones that hold it.
LostWritesJudgement judge_lost_writes(const Record& record, std::size_t enough = 1);

}  // namespace sim
