// Explains a violation: from when on, which few operations contradict each other, what kind of fault would
// explain it, and how far an order gets. Starts from a verdict and never changes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/linearizability/explain/contradiction.hpp"
#include "sim/linearizability/explain/dead_end.hpp"
#include "sim/linearizability/explain/fault_kind.hpp"

namespace sim {

/// Requests besides the verdict. A violation's witness may cost many times the verdict.
enum class Detail : std::uint8_t { verdict, witness };

/// Judges as judge_linearizability does. It also finds a violation's witness and story, unless only the
/// verdict is asked for.
LinearizabilityResult check_linearizability(std::span<const Operation> operations, Model model,
                                            const Value& initial, const LinearizabilityBudget& budget = {},
                                            TimeUnit unit = TimeUnit::nanoseconds,
                                            Detail detail = Detail::witness);

/// An operation that the order goes through, and an instant at which it may have taken effect.
struct OrderedOperation {
  std::size_t index;
  Time at;
  bool operator==(const OrderedOperation&) const = default;
};

struct Explanation {
  Contradiction contradiction{};
  std::size_t prefix_operations = 0;  ///< Called until the contradiction was complete.
  std::optional<DeadEnd> dead_end{};  ///< If the contradiction is too long to read.
  std::string story{};                ///< The one or the other in words.
  std::optional<FaultKind> kind{};    ///< Only of registers and key-value stores without appends.
  std::uint64_t steps = 0;            ///< Spent.
};

/// Explains the violation `found` by check_linearizability. `budget` is the most that may be spent, as for
/// find_contradiction; results not reached within it say so.
Explanation explain_violation(std::span<const Operation> operations, Model model, const Value& initial,
                              const LinearizabilityResult& found, TimeUnit unit = TimeUnit::nanoseconds,
                              const LinearizabilityBudget& budget = {});

/// An order of all answered operations. For a violation: of its prefix without its last answer, as no more
/// can be ordered. Less if the budget doesn't suffice.
std::vector<OrderedOperation> find_linearization(std::span<const Operation> operations, Model model,
                                                 const Value& initial, std::optional<std::size_t> prefix_end,
                                                 const LinearizabilityBudget& budget = {.steps = 3'000'000});

}  // namespace sim
