// Is a history sequentially consistent (Lamport 1979)? That is: is there one order of all operations, in
// which each client's own come as that client called them, so that all answers agree with objects that nobody
// shared? Unlike linearizability it lets an operation take effect long after its return, or before its call.
#pragma once

#include <span>

#include "sim/history/operation.hpp"
#include "sim/linearizability/verdict.hpp"

namespace sim {

/// Judges `operations` (in any order) on all keys together: sequential consistency isn't local. For small
/// histories: it tries orders, of which there are many; `unknown` when the budget is spent.
///
/// precedes() orders operations of one client only. Unanswered operations take effect after those that
/// precede them or never; they precede nothing. The witness contradicts itself whatever the other operations
/// were answered. It is smallest in that it needs each of its operations, as far as the budget allowed.
/// Throws std::invalid_argument for an action that the model doesn't have.
LinearizabilityResult check_sequential_consistency(std::span<const Operation> operations, Model model,
                                                   const Value& initial,
                                                   const LinearizabilityBudget& budget = {},
                                                   TimeUnit unit = TimeUnit::nanoseconds);

}  // namespace sim
