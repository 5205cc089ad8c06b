// An order that somebody offers as an explanation of a history. To find one is hard; to check one isn't.
#pragma once

#include <cstdint>
#include <span>

#include "sim/history/operation.hpp"

namespace sim {

/// Whether the operations, one after the other in `order` (places in `operations`), explain the history: none
/// of them failed, none comes after one that it should precede, and each answer is that of one object of
/// `model` for each key, starting at `initial`. Answered operations that the order lacks may come anywhere
/// between, if they change nothing there: reads, and what found nothing to do. If so, the history is
/// linearizable. If not, nothing is said: another order may do. Takes linear time where few operations are
/// open at once.
bool explains(std::span<const std::uint32_t> order, std::span<const Operation> operations, Model model,
              const Value& initial);

}  // namespace sim
