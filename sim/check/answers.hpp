// Where several replicas answer one operation: whether their answers agree, and whether the answer that the
// client accepted came from an honest replica.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/history/record.hpp"

namespace sim {

struct AnswersJudgement {
  std::uint64_t contested = 0;  ///< Operations to which replicas gave different answers.
  std::uint64_t undecided = 0;  ///< Of these: operations that ended without the client taking any.
  /// Operations whose client took an answer that only Byzantine replicas gave, while a correct one gave
  /// another. Where a single replica answers, as a primary does, nobody contradicts it; the judge of
  /// linearizability has to find its lies.
  std::uint64_t deceived = 0;
  std::optional<std::uint32_t> first_deceived{};  ///< The first of them, as a place in Record::operations.
};

AnswersJudgement judge_answers(const Record& record);

}  // namespace sim
