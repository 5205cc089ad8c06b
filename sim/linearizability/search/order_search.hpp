// Searches for an order of operations that explains their answers, by trying. It is slower than the verdict,
// but it returns the order, can ask for less than linearizability, and can count the answers that an order
// leaves unexplained. Verdicts about linearizability don't come from here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/history/operation.hpp"
#include "sim/linearizability/verdict.hpp"

namespace sim {

/// The constraint that an order must respect.
enum class Consistency : std::uint8_t {
  linearizable,  ///< An operation that returned before another was called comes first.
  sequential,    ///< Only for operations of one client (Lamport 1979).
};

/// The defect that an order may assume of an operation, for registers and key-value stores.
enum class Defect : std::uint8_t {
  none,
  stale_read,   ///< A read or failed cas is answered from any older state.
  lost_update,  ///< A write or cas that was acknowledged (rightly, where it's placed) has no effect.
};

struct OrderRules {
  Consistency consistency = Consistency::linearizable;
  Defect defect = Defect::none;
  std::size_t defects_max = 0;  ///< How many operations may have the defect.
  /// The operations that may, by place in the history, ascending; if empty, any.
  std::vector<std::size_t> suspects{};
};

struct OrderBudget {
  std::uint64_t steps = 10'000'000;  ///< Placements tried, longer ones where states are long.
  std::size_t memory_bytes = std::size_t{1} << 30;
  const std::function<bool()>* out_of_time = nullptr;  ///< Asked now and then.
};

struct OrderFound {
  Verdict verdict = Verdict::unknown;  ///< Whether there is such an order; `violation`: there is none.
  /// Places in the history, from first to last, of the longest order that was met; complete (all answered
  /// operations are in it) if and only if `verdict` is linearizable.
  std::vector<std::size_t> order{};
  std::uint64_t steps = 0;
  const char* exhausted = nullptr;  ///< If unknown: "steps", "memory" or "time".
};

/// Decides by search with memoisation (Wing and Gong 1993; Lowe 2017): two ways of placing the same
/// operations that leave the same states are one. Unanswered operations may be placed at any time after what
/// precedes them, or never; failed ones never. An unanswered stamp or draw wrote some integer.
///
/// Keys are searched together, since sequential consistency isn't local: a history can break it though each
/// of its keys keeps it.
OrderFound search_order(std::span<const Operation> all, Model model, const Value& initial,
                        const OrderRules& rules, const OrderBudget& budget = {});

/// When the operations of `order` (linearizable) may have taken effect: one instant for each, ascending, none
/// outside its operation's interval; for pictures, spread over the time that the order leaves open.
std::vector<Time> points_of(std::span<const Operation> all, std::span<const std::size_t> order);

}  // namespace sim
