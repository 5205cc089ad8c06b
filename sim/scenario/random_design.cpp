#include "sim/scenario/random_design.hpp"

#include <algorithm>
#include <cmath>  // tidy: allow floor of exact values, before any run
#include <optional>

#include <fmt/format.h>

#include "sim/kernel/math.hpp"
#include "sim/kernel/rng.hpp"
#include "sim/scenario/document_fields.hpp"
#include "sim/scenario/sweep_spec.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

enum class Measured : std::uint8_t { number, whole, duration, rate };

constexpr double kLargest = 1e15;  // counts up to here are exact as a double, with room for one more
constexpr double kLongest = 365 * 86'400e9;  // a year

// A value of a scenario as a number: ns, events per second, or itself.
struct Quantity {
  Measured kind;
  double size;
};

std::optional<Quantity> quantity(const Json& json) {
  if (json.is_number_integer()) return Quantity{Measured::whole, json.get<double>()};
  if (json.is_number()) return Quantity{Measured::number, json.get<double>()};
  if (!json.is_string()) return std::nullopt;
  const auto& text = json.get_ref<const std::string&>();
  if (const auto duration = parse_duration(text))
    return Quantity{Measured::duration, static_cast<double>(duration->count())};
  if (const auto rate = parse_rate(text)) return Quantity{Measured::rate, *rate};
  return std::nullopt;
}

// Whole numbers and others are one kind where they meet.
Measured common(const Quantity& a, const Quantity& b) { return a.kind == b.kind ? a.kind : Measured::number; }

double four_digits(double x) { return std::stod(fmt::format("{:.3e}", x)); }

Json json_of(Measured kind, double size) {
  switch (kind) {
    case Measured::whole: return static_cast<std::int64_t>(size);
    case Measured::duration: return short_text(Duration{static_cast<std::int64_t>(four_digits(size))});
    case Measured::rate: return rate_text(four_digits(size));
    case Measured::number: break;
  }
  return four_digits(size);
}

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
  if (!(low->size < high->size)) place.unexpected(json, "the smaller of the two first");
  if (range.log && !(low->size > 0)) place.unexpected(json, "values above 0, as their logarithm is drawn");
  range.low = json[0];
  range.high = json[1];
}

}  // namespace

Json value_at(const RandomRange& range, double place) {
  if (!range.choices.empty()) {
    const auto n = range.choices.size();
    return range.choices[std::min(n - 1, static_cast<std::size_t>(place * static_cast<double>(n)))];
  }
  const Quantity low = *quantity(range.low), high = *quantity(range.high);
  const Measured kind = common(low, high);
  // Of whole numbers each has the same part of the range, the last one too.
  const double end = kind == Measured::whole ? high.size + 1 : high.size;
  const double size =
      range.log ? low.size * exact_pow(end / low.size, place) : low.size + (end - low.size) * place;
  return json_of(kind, std::min(kind == Measured::whole ? std::floor(size) : size, high.size));
}

std::vector<std::vector<std::pair<std::string, Json>>> draw(const RandomDesign& design) {
  std::vector<std::vector<std::pair<std::string, Json>>> samples(design.samples);
  for (const auto& [pointer, range] : design.values) {
    Rng rng(design.seed, pointer);
    std::vector<std::size_t> strata(design.samples);
    for (std::size_t i = 0; i < strata.size(); ++i) strata[i] = i;
    for (std::size_t i = strata.size(); i > 1; --i) std::swap(strata[i - 1], strata[rng.below(i)]);
    for (std::size_t i = 0; i < strata.size(); ++i) {
      const double place = (static_cast<double>(strata[i]) + rng.unit()) / static_cast<double>(strata.size());
      samples[i].emplace_back(pointer, value_at(range, place));
    }
  }
  return samples;
}

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
