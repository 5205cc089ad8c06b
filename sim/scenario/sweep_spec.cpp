#include "sim/scenario/sweep_spec.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/scenario/random_range_spec.hpp"

namespace sim {

using Axes = std::vector<std::pair<std::string, std::vector<Json>>>;
template <> struct JsonValue<Axes> {
  static void read(Axes& value, const Json& json, const Place& place) {
    if (!json.is_object()) place.unexpected(json, "an object from JSON pointer to a list of values");
    for (const auto& [pointer, values] : json.items()) {
      if (!values.is_array() || values.empty()) (place / pointer).unexpected(values, "a list of values");
      value.emplace_back(pointer, values.get<std::vector<Json>>());
    }
  }
  static Json write(const Axes& value, Context&) {
    Json json = Json::object();
    for (const auto& [pointer, values] : value) json[pointer] = values;
    return json;
  }
  static Json schema() {
    const Json list{{"type", "array"}, {"minItems", 1}};
    return {{"type", "object"}, {"propertyNames", {{"pattern", "^/"}}}, {"additionalProperties", list}};
  }
};

template <> struct JsonValue<SweepPoint> {
  static void read(SweepPoint& value, const Json& json, const Place& place) {
    if (!json.is_object() || !json.contains("label"))
      place.unexpected(json, "an object with a \"label\", and values by JSON pointer");
    for (const auto& [key, one] : json.items()) {
      if (key == "label") {
        JsonValue<std::string>::read(value.label, one, place / key);
        if (value.label.empty() || value.label.find(kLabelJoint) != std::string::npos)
          (place / key).unexpected(one, fmt::format("a short name without \"{}\"", kLabelJoint));
      } else if (key.starts_with('/')) {
        value.values.emplace_back(key, one);
      } else {
        (place / key).fail(fmt::format("unknown key {}", shown(key)), "\"label\" or a JSON pointer");
      }
    }
  }
  static Json write(const SweepPoint& value, Context&) {
    Json json{{"label", value.label}};
    for (const auto& [pointer, one] : value.values) json[pointer] = one;
    return json;
  }
  static Json schema() {
    return {{"type", "object"},
            {"required", {"label"}},
            {"properties", {{"label", {{"type", "string"}, {"minLength", 1}}}}},
            {"patternProperties", {{"^/", true}}},
            {"additionalProperties", false}};
  }
};

namespace {

/// One list of points, written out or in a file of that name, which other scenarios may share.
struct PointList {
  std::vector<SweepPoint>& points;
};

/// A list, or several, each of which gives a part of a point.
struct PointLists {
  std::vector<std::vector<SweepPoint>>& lists;
};

}  // namespace

template <> struct JsonValue<PointList> {
  static void read(const PointList& value, const Json& json, const Place& place) {
    if (json.is_string()) return read_file(value, json.get_ref<const std::string&>(), place);
    JsonValue<std::vector<SweepPoint>>::read(value.points, json, place);
    if (value.points.empty()) place.unexpected(json, "at least one point");
  }
  static void read_file(const PointList& value, const std::string& name, const Place& place) {
    const auto path = (std::filesystem::path(place.context().file).parent_path() / name).lexically_normal();
    if (!std::filesystem::is_regular_file(path))
      place.fail(fmt::format("{}: no such file", path.string()), "the name of a file with a list of points");
    Context context{.file = path.string()};
    const Json json = parse_json(read_text_file(path), context.file);
    std::string about;
    read_object(json, Place(context), [&](DocumentFields& f) {
      f.value("about", about, "what the points have in common");
      f.required().value("points", value.points, "the points");
    });
    if (value.points.empty()) (Place(context) / "points").fail("found []", "at least one point");
  }
  static Json write(const PointList& value, Context& context) {
    return JsonValue<std::vector<SweepPoint>>::write(value.points, context);
  }
  static Json schema() {
    Json list = JsonValue<std::vector<SweepPoint>>::schema();
    list["minItems"] = 1;
    return {{"anyOf", {list, {{"type", "string"}}}}};
  }
};

template <> struct JsonValue<PointLists> {
  static bool is_list_of_lists(const Json& json) {
    return json.is_array() && !json.empty() && (json.front().is_array() || json.front().is_string());
  }
  static void read(const PointLists& value, const Json& json, const Place& place) {
    if (is_list_of_lists(json)) {
      value.lists.resize(json.size());
      for (std::size_t i = 0; i < json.size(); ++i)
        JsonValue<PointList>::read({value.lists[i]}, json[i], place / i);
    } else {
      value.lists.resize(1);
      JsonValue<PointList>::read({value.lists[0]}, json, place);
    }
    check_labels(value.lists, place);
  }
  // A label must identify its point by itself.
  static void check_labels(const std::vector<std::vector<SweepPoint>>& lists, const Place& place) {
    std::vector<std::string> seen;
    for (std::size_t l = 0; l < lists.size(); ++l) {
      const Place list = lists.size() == 1 ? place : place / l;
      for (std::size_t i = 0; i < lists[l].size(); ++i) {
        const auto& label = lists[l][i].label;
        if (std::ranges::find(seen, label) != seen.end())
          (list / i / "label").unexpected(label, "a label that no other point has");
        seen.push_back(label);
      }
    }
  }
  static Json write(const PointLists& value, Context& context) {
    Json all = Json::array();
    for (auto& list : value.lists) all.push_back(JsonValue<PointList>::write({list}, context));
    return all.size() == 1 ? all.front() : all;
  }
  static Json schema() {
    const Json one = JsonValue<PointList>::schema();
    const Json many{{"type", "array"}, {"items", one}, {"minItems", 1}};
    return {{"anyOf", {one, many}}};
  }
};

using Ranges = std::vector<std::pair<std::string, RandomRange>>;
template <> struct JsonValue<Ranges> {
  static void read(Ranges& value, const Json& json, const Place& place) {
    if (!json.is_object() || json.empty()) place.unexpected(json, "an object from JSON pointer to a range");
    value.clear();
    for (const auto& [pointer, range] : json.items())
      JsonValue<RandomRange>::read(value.emplace_back(pointer, RandomRange{}).second, range, place / pointer);
  }
  static Json write(const Ranges& value, Context& context) {
    Json json = Json::object();
    for (const auto& [pointer, range] : value) json[pointer] = JsonValue<RandomRange>::write(range, context);
    return json;
  }
  static Json schema() {
    return {{"type", "object"},
            {"minProperties", 1},
            {"propertyNames", {{"pattern", "^/"}}},
            {"additionalProperties", JsonValue<RandomRange>::schema()}};
  }
};

template <> struct JsonValue<RandomDesign> {
  static void describe(RandomDesign& design, DocumentFields& f) {
    f.whole("samples", design.samples, {1, 1'000'000}, "number of points to draw");
    f.whole("seed", design.seed, {0, INT64_MAX}, "seed of the draw");
    f.required().value("values", design.values, "JSON pointers into the scenario, each with its range");
  }
  static void read(RandomDesign& value, const Json& json, const Place& place) {
    read_object(json, place, [&](DocumentFields& f) { describe(value, f); });
  }
  static Json write(const RandomDesign& value, Context& context) {
    RandomDesign copy = value;
    return write_object(context, [&](DocumentFields& f) { describe(copy, f); });
  }
  static Json schema() {
    RandomDesign design;
    return schema_of_object([&](DocumentFields& f) { describe(design, f); });
  }
};

// "±10%" is a part of the mean, "±0.01" or 0.01 a value.
template <> struct JsonValue<std::vector<Precision>> {
  static constexpr std::string_view kSign = "±";
  static constexpr double kLargest = 1e15;
  static constexpr double kCoarsest = 0.5;  // beyond that an interval of a mean tells little
  static void read(std::vector<Precision>& value, const Json& json, const Place& place) {
    if (!json.is_object()) place.unexpected(json, "an object from JSON pointer to precision");
    value.clear();
    for (const auto& [pointer, wanted] : json.items()) {
      Precision& one = value.emplace_back(Precision{.pointer = pointer, .relative = false});
      if (wanted.is_number()) one.amount = wanted.get<double>();
      if (wanted.is_string()) parse(one, wanted.get_ref<const std::string&>());
      if (!(one.amount > 0 && one.amount <= kLargest) || (one.relative && one.amount > kCoarsest))
        (place / pointer).unexpected(wanted, "a precision such as \"±10%\" (at most 50%) or \"±0.01\"");
    }
  }
  static void parse(Precision& one, std::string_view text) {
    if (text.starts_with(kSign)) text.remove_prefix(kSign.size());
    one.relative = text.ends_with('%');
    if (one.relative) text.remove_suffix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), one.amount);
    if (error != std::errc{} || end != text.data() + text.size()) one.amount = 0;
    if (one.relative) one.amount /= 100;
  }
  static std::string text(const Precision& one) {
    return one.relative ? fmt::format("{}{}%", kSign, 100 * one.amount)
                        : fmt::format("{}{}", kSign, one.amount);
  }
  static Json write(const std::vector<Precision>& value, Context&) {
    Json json = Json::object();
    for (const Precision& one : value) json[one.pointer] = text(one);
    return json;
  }
  static Json schema() { return {{"type", "object"}, {"propertyNames", {{"pattern", "^/"}}}}; }
};

namespace {

void describe(SweepPlan& plan, DocumentFields& f) {
  PointLists points{plan.lists};
  if (f.wants("points", !plan.lists.empty())) {
    f.value(
        "points", points,
        "named points, each with values by JSON pointer into the scenario; or a file with such a list; or "
        "several lists, which are combined");
  }
  f.value("vary", plan.vary, "JSON pointers into the scenario, each with the values to try");
  f.optional("random", plan.random, "randomly drawn points, combined with those of `vary`");
  f.whole("seeds", plan.seeds, {1, 1'000'000'000}, "number of runs at each point; with `until` the most");
  f.value(
      "until", plan.until,
      "JSON pointers into the result, each with the precision wanted of its mean; a point stops when it has "
      "reached all of them");
}

}  // namespace

void JsonValue<SweepPlan>::read(SweepPlan& value, const Json& json, const Place& place) {
  read_object(json, place, [&](DocumentFields& f) { describe(value, f); });
}

Json JsonValue<SweepPlan>::write(const SweepPlan& value, Context& context) {
  SweepPlan copy = value;
  return write_object(context, [&](DocumentFields& f) { describe(copy, f); });
}

Json JsonValue<SweepPlan>::schema() {
  SweepPlan plan;
  return schema_of_object([&](DocumentFields& f) { describe(plan, f); });
}

}  // namespace sim
