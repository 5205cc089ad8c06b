// Lost writes: a client was told that its write is done, and at the end no running replica knows of it.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/history/record.hpp"

namespace sim {

struct LostWritesJudgement {
  std::vector<std::uint32_t> operations;  ///< Places in Record::operations, ascending.
};

/// A write is any answered operation that changes the service; a cas that found another value changed
/// nothing. It is lost if its request is in the past of no replica that is up at the end. If none is up
/// nothing can be said, and nothing counts as lost.
LostWritesJudgement judge_lost_writes(const Record& record);

}  // namespace sim
