// One pass along the history of one key, with every configuration that the object could be in: the search
// behind the verdict.
#pragma once

#include "sim/linearizability/search/budget.hpp"
#include "sim/linearizability/search/key_history.hpp"
#include "sim/linearizability/search/key_verdict.hpp"

namespace sim {

/// Decides one key.
KeyVerdict search_just_in_time(const KeyHistory& history, Budget& spending);

}  // namespace sim
