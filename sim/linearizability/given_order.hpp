// An order that somebody offers as an explanation of a history. To find one is hard; to check one isn't.
#pragma once

#include <cstdint>
#include <span>

#include "sim/history/operation.hpp"

namespace sim {

/// Whether the operations, one after the other in `order` (places in `operations`), explain the history: all
/// that were answered are among them and none that failed, none comes after one that it should precede, and
/// each answer is that of one object of `model` for each key, starting at `initial`. If so, the history is
/// linearizable. If not, nothing is said: another order may do. Takes linear time.
bool explains(std::span<const std::uint32_t> order, std::span<const Operation> operations, Model model,
              const Value& initial);

}  // namespace sim
