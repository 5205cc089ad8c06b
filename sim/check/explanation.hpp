// Why is a history no linearizable one? From where on, which few operations contradict each other, what kind
// of fault would explain it, and how far an order gets. Starts from a verdict and never changes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/check/linearizability.hpp"

namespace sim {

/// What kind of fault explains a violation, for registers and key-value stores without appends.
///
/// * Stale reads: the history is linearizable once reads and failed cas may be answered from any state that
///   their object had before (a read that isn't among the k latest is what k-atomicity counts: Aiyer, Alvisi
///   and Bazzi, DISC 2005; Golab, Li and Shah, PODC 2011).
/// * Lost updates: it is once acknowledged writes and successful cas may have had no effect (P4 of Berenson
///   et al., SIGMOD 1995).
///
/// Where both would do: for each key the one that needs fewer faulty operations, and for the history what
/// most of its broken keys say; stale reads if as many.
enum class FaultKind : std::uint8_t {
  stale_reads,
  lost_updates,
  neither,    ///< Not even all of one kind together explain it.
  undecided,  ///< The budget was spent first.
};

/// "stale-reads", "lost-updates", "neither" or "undecided".
std::string_view fault_kind_name(FaultKind kind);

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

/// What kind of fault explains this history, which isn't linearizable.
FaultKind classify_violation(std::span<const Operation> operations, Model model, const Value& initial,
                             std::uint64_t steps = 4'000'000, const std::function<bool()>& out_of_time = {});

/// An order of all answered operations; of a violation, of its prefix without its last answer, which is the
/// most that can be ordered. Less if `steps` don't suffice.
std::vector<OrderedOperation> find_linearization(std::span<const Operation> operations, Model model,
                                                 const Value& initial, std::optional<std::size_t> prefix_end,
                                                 std::uint64_t steps = 3'000'000,
                                                 const std::function<bool()>& out_of_time = {});

}  // namespace sim
