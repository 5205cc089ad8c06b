#include "sim/scenario/random_range_spec.hpp"

#include <cmath>  // tidy: allow absolute values, before any run
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/scenario/quantity.hpp"

namespace sim {
namespace {

constexpr double kLargest = 1e15;  // counts up to here are exact as a double, with room for one more
constexpr double kLongest = 365 * 86'400e9;  // a year

void read_range(RandomRange& range, const Json& json, const Place& place) {
  if (!json.is_array() || json.size() != 2) place.unexpected(json, "a list of two: from, to");
  const auto low = quantity(json[0]), high = quantity(json[1]);
  const auto is_number = [](const Quantity& q) {
    return q.kind == Measured::whole || q.kind == Measured::number;
  };
  if (!low || !high || (low->kind != high->kind && !(is_number(*low) && is_number(*high))))
    place.unexpected(json, "two numbers, two durations or two rates");
  for (const auto& [kind, size] : {*low, *high}) {
    const bool duration = kind == Measured::duration;
    if (std::abs(size) > (duration ? kLongest : kLargest))
      place.unexpected(json, duration ? "durations of at most a year" : "numbers from -1e15 to 1e15");
  }
  if (!(low->size < high->size)) place.unexpected(json, "the smaller value first");
  if (range.log && !(low->size > 0)) place.unexpected(json, "values above 0, as their logarithm is drawn");
  range.low = json[0];
  range.high = json[1];
}

}  // namespace

void JsonValue<RandomRange>::read(RandomRange& value, const Json& json, const Place& place) {
  const std::vector<std::string> forms{"uniform", "log_uniform", "choice"};
  const std::string expected = R"({"uniform": [a, b]}, {"log_uniform": [a, b]} or {"choice": [...]})";
  if (!json.is_object() || json.size() != 1) place.unexpected(json, expected);
  const std::string form = json.begin().key();
  const Place inside = place / form;
  value = RandomRange{.log = form == "log_uniform"};
  if (form == "choice") {
    if (!json.front().is_array() || json.front().empty()) inside.unexpected(json.front(), "a list of values");
    value.choices = json.front().get<std::vector<Json>>();
  } else if (form == "uniform" || value.log) {
    read_range(value, json.front(), inside);
  } else {
    inside.fail(fmt::format("unknown key {}", shown(form)), expected, nearest(form, forms));
  }
}

Json JsonValue<RandomRange>::write(const RandomRange& value, Context&) {
  if (!value.choices.empty()) return {{"choice", value.choices}};
  return {{value.log ? "log_uniform" : "uniform", {value.low, value.high}}};
}

Json JsonValue<RandomRange>::schema() {
  const Json list{{"type", "array"}, {"minItems", 1}};
  return {{"type", "object"},
          {"properties", {{"uniform", list}, {"log_uniform", list}, {"choice", list}}},
          {"minProperties", 1},
          {"maxProperties", 1},
          {"additionalProperties", false}};
}

}  // namespace sim
