// Results as JSON. One description of the keys serves two writers: a tree for those who look into a result,
// and text straight into a buffer for sweeps, which write a million rows. Both give the same bytes.
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

/// Reads back what a row says, its expectations included; stories and point left out. Throws nlohmann's
/// exceptions for anything that to_json didn't write.
RunResult result_from_json(const Json& row);

/// Holds `actual` against what a scenario expects: a value that must be equal, a list of which one must be,
/// or
/// {"min": x, "max": y}, either of which may be missing.
bool meets(const Json& actual, const Json& expected);

/// Looks up `path` in `result` (null when nothing is there) and holds it against `expected`.
ExpectationResult hold_against(const Json& result, const std::string& path, const Json& expected);

}  // namespace sim
