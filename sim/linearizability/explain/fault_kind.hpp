// One word for a violation: what kind of fault would explain it?
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sim/history/operation.hpp"
#include "sim/linearizability/verdict.hpp"

namespace sim {

/// The kind of fault that explains a violation, for registers and key-value stores without appends.
///
/// * Stale reads: the history is linearizable once reads and failed cas may be answered from any state that
///   their object had before (a read that isn't among the k latest is what k-atomicity counts: Aiyer, Alvisi
///   and Bazzi, DISC 2005; Golab, Li and Shah, PODC 2011).
/// * Lost updates: it is once acknowledged writes and successful cas may have had no effect (P4 of Berenson
///   et al., SIGMOD 1995).
///
/// If both would do, each key takes the kind that needs fewer faulty operations, and the history takes the
/// kind of most of its broken keys; stale reads at a tie.
enum class FaultKind : std::uint8_t {
  stale_reads,
  lost_updates,
  neither,    ///< Not even all of one kind together explain it.
  undecided,  ///< The budget was spent first.
};

/// "stale-reads", "lost-updates", "neither" or "undecided".
std::string_view fault_kind_name(FaultKind kind);

/// The kind of fault that explains this history, which isn't linearizable. `witness`, if not empty: places of
/// operations of one key that contradict each other. Adds its steps to `steps`.
FaultKind classify_violation(std::span<const Operation> operations, Model model, const Value& initial,
                             std::span<const std::size_t> witness = {},
                             const LinearizabilityBudget& budget = {.steps = 4'000'000},
                             std::uint64_t* steps = nullptr);

}  // namespace sim
