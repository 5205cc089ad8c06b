// A scenario's expectations of its result: refused before a run if no result can have such a value, and
// checked after it.
#pragma once

#include <string>

#include "sim/report/run_result.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {

/// Throws InputError, with the nearest place, for an expectation of a place that no result has, or that none
/// can meet because it is of another kind: a text where a number stands, null where there is always
/// something.
void check_expectations(const Scenario& scenario);

/// Compares `actual` with a scenario's expectation: a value that must be equal, a list of which one must be,
/// or {"min": x, "max": y}, either of which may be missing.
bool meets(const Json& actual, const Json& expected);

/// Looks up `path` in `result` (null when nothing is there) and compares it with `expected`.
ExpectationResult hold_against(const Json& result, const std::string& path, const Json& expected);

}  // namespace sim
