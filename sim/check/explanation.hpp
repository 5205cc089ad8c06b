// Why is a history no linearizable one? From where on, which few operations contradict each other, what kind
// of fault would explain it, and how far an order gets. Starts from a verdict and never changes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/check/fault_kind.hpp"
#include "sim/check/linearizability.hpp"

namespace sim {

/// An operation that the order goes through, and an instant at which it may have taken effect.
struct OrderedOperation {
  std::size_t index;
  Time at;
  bool operator==(const OrderedOperation&) const = default;
};

struct Explanation {
  /// At the return of this operation the contradiction is complete: what was called until then can't be
  /// linearized, if what was open then may take effect at any time or never.
  std::size_t prefix_end = 0;
  std::size_t prefix_operations = 0;  ///< Called until then.
  bool prefix_is_shortest = false;    ///< Proved: until any earlier return it could.
  /// Operations that contradict each other whatever the others were answered. Ascending.
  std::vector<std::size_t> witness{};
  bool witness_is_smallest = false;  ///< Proved: no fewer do, within this prefix.
  std::string story{};
  std::optional<FaultKind> kind{};  ///< Only of registers and key-value stores without appends.
};

/// Explains a violation that check_linearizability found. Spends at most some `steps` on each of its parts,
/// and stops looking for better when `out_of_time`, if given, says so.
Explanation explain_violation(std::span<const Operation> operations, Model model, const Value& initial,
                              const LinearizabilityResult& found, TimeUnit unit = TimeUnit::nanoseconds,
                              std::uint64_t steps = 6'000'000, const std::function<bool()>& out_of_time = {});

/// An order of all answered operations; of a violation, of its prefix without its last answer, which is the
/// most that can be ordered. Less if `steps` don't suffice.
std::vector<OrderedOperation> find_linearization(std::span<const Operation> operations, Model model,
                                                 const Value& initial, std::optional<std::size_t> prefix_end,
                                                 std::uint64_t steps = 3'000'000,
                                                 const std::function<bool()>& out_of_time = {});

}  // namespace sim
