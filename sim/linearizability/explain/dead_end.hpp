// Helps to understand a violation whose contradiction takes many operations: where every order ends, what
// could still be chosen there, and the order that comes closest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/history/operation.hpp"
#include "sim/linearizability/verdict.hpp"

namespace sim {

/// A contradiction of more operations than this is explained by its dead end instead.
inline constexpr std::size_t kMostToRead = 20;

/// The most that looking for the nearest order may cost: it is for readers only.
inline constexpr std::uint64_t kStepsToDeadEnd = 4'000'000;

/// About the first return that no order of a key's operations reaches.
struct DeadEnd {
  std::size_t operation = 0;        ///< Its place in the history, as all others.
  std::size_t answered_before = 0;  ///< How many of the key were.
  std::vector<std::size_t> open{};  ///< Those of the key that were called and not answered then, by call.

  /// The nearest order: all operations answered before, some of the open ones, and the operation itself, the
  /// only one whose answer is wrong. Empty if none was found within the budget.
  std::vector<std::size_t> order{};
  Value answer{};  ///< The answer that the operation would have got in it.
};

/// `operation` must be the answered operation at whose return a violation is complete, as a Contradiction
/// says. Adds its steps to `steps`, and spends no more than `budget` allows.
DeadEnd find_dead_end(std::span<const Operation> operations, Model model, const Value& initial,
                      std::size_t operation, const LinearizabilityBudget& budget, std::uint64_t& steps);

}  // namespace sim
