#include "sim/report/expectation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "sim/report/result_json.hpp"

namespace sim {
namespace {

using Kind = ResultPlace::Kind;

// One expectation, which knows where it stands in the file.
class Checked {
 public:
  Checked(const Scenario& scenario, const Expectation& expectation)
      : file_(scenario.file),
        scenario_(scenario.name),
        expectation_(expectation),
        at_("/expect/" + escaped(expectation.pointer)) {}

  void check() const {
    const ResultPlace place = find_place();
    check_value(place, expectation_.expected, at_);
  }

 private:
  [[noreturn]] void refuse(const std::string& at, std::string found, std::string expected = {},
                           std::string near = {}) const {
    throw InputError({.file = file_,
                      .pointer = at,
                      .found = std::move(found),
                      .expected = std::move(expected),
                      .nearest = std::move(near)});
  }

  ResultPlace find_place() const {
    const std::string& pointer = expectation_.pointer;
    try {
      if (Json::json_pointer(pointer).empty())
        refuse(at_, "found a pointer to the whole result", "a pointer to one of its values");
    } catch (const Json::exception&) {
      refuse(at_, fmt::format("found {}", shown(pointer)),
             "a JSON pointer into the result, such as \"/operations/ok\" (\"~\" is written \"~0\")");
    }
    const auto places = result_places();
    const auto known = std::ranges::find(places, pointer, &ResultPlace::pointer);
    if (known != places.end()) return *known;
    if (const auto element = element_of(places)) return *element;
    std::vector<std::string> names, inside;
    for (const ResultPlace& place : places) {
      names.push_back(place.pointer);
      if (place.pointer.starts_with(pointer + "/")) inside.push_back(place.pointer);
    }
    if (!inside.empty()) refuse(at_, "no single value", fmt::format("one of {}", fmt::join(inside, ", ")));
    refuse(at_, "no such value in a result", {}, nearest(pointer, names));
  }

  // An element of a list may be missing, but then the expectation isn't met.
  std::optional<ResultPlace> element_of(const std::vector<ResultPlace>& places) const {
    const std::string& pointer = expectation_.pointer;
    const auto slash = pointer.rfind('/');
    const std::string index = pointer.substr(slash + 1);
    const bool digits = !index.empty() && index.size() < 10 &&
                        std::ranges::all_of(index, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits || (index.size() > 1 && index[0] == '0')) return std::nullopt;
    const auto list = std::ranges::find(places, pointer.substr(0, slash), &ResultPlace::pointer);
    if (list == places.end() || list->kind != Kind::list) return std::nullopt;
    if (std::stoul(index) >= list->elements)
      refuse(at_, fmt::format("found element {}", index),
             fmt::format("one from 0 to {}", list->elements - 1));
    return element_at(*list, pointer);
  }

  static ResultPlace element_at(const ResultPlace& list, const std::string& pointer) {
    return {.pointer = pointer, .kind = list.element, .most = list.most, .whole = list.whole};
  }

  void check_value(const ResultPlace& place, const Json& expected, const std::string& at) const {
    if (expected.is_array()) return check_alternatives(place, expected, at);
    if (expected.is_null() && place.may_be_null) return;
    if (expected.is_object() && place.kind == Kind::number) return check_range(place, expected, at);
    if (place.kind == Kind::number && expected.is_number()) return check_number(place, expected, at);
    if (place.kind == Kind::truth && expected.is_boolean()) return;
    if (place.kind == Kind::text && expected.is_string()) return check_choice(place, expected, at);
    refuse(at, "found " + shown(expected), wanted(place));
  }

  // For a list: one list, or several of which it must be one.
  void check_alternatives(const ResultPlace& place, const Json& expected, const std::string& at) const {
    if (expected.empty() && place.kind != Kind::list) refuse(at, "found []", "at least one value");
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const bool in_list = place.kind == Kind::list && !expected[i].is_array();
      check_value(in_list ? element_at(place, place.pointer) : place, expected[i],
                  fmt::format("{}/{}", at, i));
    }
  }

  void check_bound(const ResultPlace& place, const Json& bound, const std::string& at) const {
    const double value = bound.get<double>();
    if (value >= 0 && value <= place.most) return;
    const bool bounded = place.most < std::numeric_limits<double>::infinity();
    refuse(at, "found " + shown(bound),
           bounded ? fmt::format("a number from 0 to {}", place.most) : "a number from 0 on");
  }

  void check_number(const ResultPlace& place, const Json& expected, const std::string& at) const {
    check_bound(place, expected, at);
    const double value = expected.get<double>();
    if (place.whole && value != std::floor(value)) refuse(at, "found " + shown(expected), "a whole number");
  }

  void check_range(const ResultPlace& place, const Json& range, const std::string& at) const {
    const std::vector<std::string> keys{"min", "max"};
    if (range.empty()) refuse(at, "found {}", "\"min\", \"max\" or both");
    for (const auto& [key, bound] : range.items()) {
      const std::string inside = at + "/" + escaped(key);
      if (std::ranges::find(keys, key) == keys.end())
        refuse(inside, "unknown key " + shown(key), "\"min\" or \"max\"", nearest(key, keys));
      if (!bound.is_number()) refuse(inside, "found " + shown(bound), "a number");
      check_bound(place, bound, inside);
    }
    if (range.contains("min") && range.contains("max") && range["min"] > range["max"])
      refuse(at, "found " + shown(range), "a minimum that isn't above the maximum");
  }

  void check_choice(const ResultPlace& place, const Json& expected, const std::string& at) const {
    const auto& text = expected.get_ref<const std::string&>();
    const auto& choices = place.choices;
    if (place.pointer == "/scenario" && text != scenario_)
      refuse(at, "found " + shown(expected), "the scenario's name, " + shown(Json(scenario_)));
    if (place.pointer == "/digest" && !is_digest(text))
      refuse(at, "found " + shown(expected), "16 hexadecimal digits, small letters");
    if (choices.empty() || std::ranges::find(choices, text) != choices.end()) return;
    refuse(at, "found " + shown(expected), fmt::format("one of {}", fmt::join(choices, ", ")),
           nearest(text, choices));
  }

  static bool is_digest(std::string_view text) {
    return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  }

  static std::string wanted(const ResultPlace& place) {
    const std::string_view or_null = place.may_be_null ? ", or null" : "";
    switch (place.kind) {
      case Kind::truth: return fmt::format("true or false{}", or_null);
      case Kind::number: return fmt::format(R"(a number or {{"min": a, "max": b}}{})", or_null);
      case Kind::text: return fmt::format("a text{}", or_null);
      case Kind::list: break;
    }
    return "a list";
  }

  const std::string& file_;
  const std::string& scenario_;
  const Expectation& expectation_;
  const std::string at_;
};

bool meets_range(double value, const Json& range) {
  const auto bound = [&](const char* key, double otherwise) {
    const auto found = range.find(key);
    return found != range.end() && found->is_number() ? found->get<double>() : otherwise;
  };
  return value >= bound("min", value) && value <= bound("max", value);
}

}  // namespace

void check_expectations(const Scenario& scenario) {
  for (const auto& expectation : scenario.expectations) Checked(scenario, expectation).check();
}

bool meets(const Json& actual, const Json& expected) {
  if (actual == expected) return true;
  if (expected.is_array()) {
    return std::ranges::any_of(expected, [&](const Json& one) { return meets(actual, one); });
  }
  return expected.is_object() && !expected.empty() && actual.is_number() &&
         meets_range(actual.get<double>(), expected);
}

ExpectationResult hold_against(const Json& result, const std::string& path, const Json& expected) {
  const Json::json_pointer pointer(path);
  ExpectationResult e{.path = path, .expected = expected, .actual = nullptr};
  if (result.contains(pointer)) e.actual = result.at(pointer);
  e.held = meets(e.actual, expected);
  return e;
}

}  // namespace sim
