// Lost writes: a client was told that its write is done, and at the end no running replica knows of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/history/record.hpp"

namespace sim {

/// Places in Record::operations, ascending, of acknowledged writes that no replica has executed of those that
/// should hold the service's state when the run ends (see Concerned).
struct LostWritesJudgement {
  std::vector<std::uint32_t> operations;  ///< Lost: none of them holds it.
  std::vector<std::uint32_t> held;        ///< One of them holds it, and hasn't executed it (yet).
  /// None holds it, but too few run to tell: what the others have on disk may come back.
  std::vector<std::uint32_t> unknown;
};

/// A write is an answered operation that changed the service. `enough` replicas must run for a write that
/// none of them holds to be lost; with one of several, those that are down may be the ones that count.
LostWritesJudgement judge_lost_writes(const Record& record, std::size_t enough = 1);

}  // namespace sim
