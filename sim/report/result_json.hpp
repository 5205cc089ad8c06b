// Results as JSON. One description of the keys serves two writers and a reader: a tree for those who look
// into a result, and text straight into a buffer and back for sweeps, which write and merge millions of rows.
// Both writers give the same bytes.
#pragma once

#include <string>
#include <string_view>

#include "sim/report/run_result.hpp"

namespace sim {

/// The result as `run --json` prints it. `point`, if given, becomes the second key.
Json to_json(const RunResult& result, const Json* point = nullptr);

/// Appends what `to_json(result, &point).dump()` gives, without a line break. `point_text` is the point as
/// JSON text; empty for none.
void append_row(std::string& out, const RunResult& result, std::string_view point_text);

/// Reads back what append_row wrote, all but the point. Throws an exception for anything else, be it the same
/// JSON with its keys in another order.
RunResult result_from_row(std::string_view row);

/// Holds `actual` against what a scenario expects: a value that must be equal, a list of which one must be,
/// or
/// {"min": x, "max": y}, either of which may be missing.
bool meets(const Json& actual, const Json& expected);

/// Looks up `path` in `result` (null when nothing is there) and holds it against `expected`.
ExpectationResult hold_against(const Json& result, const std::string& path, const Json& expected);

}  // namespace sim
