// Results as JSON. One description of the keys serves two writers and a reader: a tree, to look into a
// result; and text straight into a buffer and back, for sweeps, which write and merge millions of rows. Both
// writers give the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "sim/report/run_result.hpp"

namespace sim {

/// The result as `run --json` prints it. `point`, if given, becomes the second key.
Json to_json(const RunResult& result, const Json* point = nullptr);

/// Appends the text of `to_json(result, &point).dump()`, without a line break. `point_text` is the point as
/// JSON text; empty for none.
void append_row(std::string& out, const RunResult& result, std::string_view point_text);

/// Reads back what append_row wrote, except the point. Throws an exception for anything else, even for the
/// same JSON with its keys in another order.
RunResult result_from_row(std::string_view row);

/// A place of a result that holds a value, by JSON pointer.
struct ResultPlace {
  enum class Kind : std::uint8_t { truth, number, text, list };
  std::string pointer{};
  Kind kind = Kind::number;
  Kind element = Kind::number;                            ///< Of a list.
  bool may_be_null = false;                               ///< Null (or missing) where a run has no data.
  std::vector<std::string> choices{};                     ///< Of a text: its possible values; empty for any.
  double most = std::numeric_limits<double>::infinity();  ///< A number is 0 at least, and this at most.
  bool whole = false;                                     ///< A number is a count.
  std::size_t elements = std::numeric_limits<std::size_t>::max();  ///< A list has so many at most.
};
/// All places that a result can have, except the expectations.
std::vector<ResultPlace> result_places();

}  // namespace sim
