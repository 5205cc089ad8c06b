// Decides one key's history by two searches that take turns: each is quick where the other is slow.
#pragma once

#include "sim/linearizability/search/budget.hpp"
#include "sim/linearizability/search/key_history.hpp"
#include "sim/linearizability/search/key_verdict.hpp"

namespace sim {

/// The just-in-time search keeps all configurations along the history, and is at its best if they are few.
/// The depth-first search follows one order, and is at its best if many orders do. They take turns, of
/// lengths that follow from the steps spent alone, so that the same budget of steps always gives the same
/// verdict. A decision of either counts. If the just-in-time search runs out of memory, the other one may
/// spend as much again as it had.
///
/// Operations in `history` that aren't owed must never return.
KeyVerdict search_key(const KeyHistory& history, Budget& spending);

}  // namespace sim
