// Is a history linearizable (Herlihy and Wing 1990)? That is: could each operation have taken effect at one
// instant between its call and its return, so that all answers agree with one object that nobody shared? The
// judge looks at histories only, never at protocols, and would rather say "unknown" than guess.
#pragma once

#include <cstdint>
#include <span>

#include "sim/history/operation.hpp"
#include "sim/linearizability/verdict.hpp"

namespace sim {

/// Judges `operations` (in any order) against one object of `model` for each key, each starting at `initial`.
///
/// precedes() tells which operations come before others: at equal times they are concurrent. Pending
/// operations take effect at any time after their call or never; failed ones never. A pending stamp or draw
/// wrote some integer. Throws std::invalid_argument for an action that the model doesn't have or an initial
/// value that it can't hold.
///
/// For a violation, `witness` and `prefix_end` are by-products of the verdict; explanation.hpp says more.
LinearizabilityResult judge_linearizability(std::span<const Operation> operations, Model model,
                                            const Value& initial, const LinearizabilityBudget& budget = {});

/// The verdict alone, which sweeps ask of every run. Adds its steps to `steps`.
Verdict linearizability_verdict(std::span<const Operation> operations, Model model, const Value& initial,
                                const LinearizabilityBudget& budget = {}, std::uint64_t* steps = nullptr);

}  // namespace sim
