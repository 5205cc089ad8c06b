// Changes values of a document, named by JSON pointers, for --set and the points of a sweep. All changes are
// made first, and the result is validated once: a document may well be wrong without its settings.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "sim/scenario/scenario.hpp"

namespace sim {
namespace {

using Pointer = Json::json_pointer;

// Every path of a document, shallow ones first within each branch.
void collect_paths(const Json& json, const std::string& path, std::vector<std::string>& paths) {
  if (!path.empty()) paths.push_back(path);
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) collect_paths(value, path + "/" + escaped(key), paths);
  } else if (json.is_array()) {
    for (std::size_t i = 0; i < json.size(); ++i)
      collect_paths(json[i], fmt::format("{}/{}", path, i), paths);
  }
}

// The document with every default, if it is right as it is.
Json canonical_or_same(const Json& document, const std::string& file) {
  try {
    return read_scenario(document, file).canonical;
  } catch (const InputError&) {
    return document;
  }
}

[[noreturn]] void no_such_path(const Json& document, const std::string& pointer, const std::string& file,
                               const std::string& or_else = {}) {
  std::vector<std::string> paths;
  collect_paths(canonical_or_same(document, file), "", paths);
  std::string near = nearest(pointer, paths);
  if (near.empty()) near = or_else;
  throw InputError({.file = file, .pointer = pointer, .found = std::string(kNoSuchPath), .nearest = near});
}

std::vector<std::string> tokens_of(const std::string& pointer, const std::string& file) {
  try {
    std::vector<std::string> all;
    for (Pointer rest(pointer); !rest.empty(); rest.pop_back()) all.insert(all.begin(), rest.back());
    if (!all.empty()) return all;
  } catch (const Json::exception&) {
    // said below
  }
  throw InputError({.file = file,
                    .found = "found " + shown(pointer),
                    .expected = "a JSON pointer such as \"/clients/count\""});
}

// The element of a list that a token names: "-" is a new one behind the last. nullptr if there is none.
Json* element(Json& list, const std::string& token) {
  if (token == "-") return &list.emplace_back();
  std::size_t index = 0;
  const char* const last = token.data() + token.size();
  const bool number = std::from_chars(token.data(), last, index) == std::from_chars_result{last, std::errc{}};
  const bool leading_zero = token.size() > 1 && token[0] == '0';
  return number && !leading_zero && index < list.size() ? &list[index] : nullptr;
}

// A short form, such as "2ms" for a delay law, becomes the long one, if there is one.
void lengthen(Json& at, const Json& document, const Pointer& place, const std::string& file) {
  const Json canonical = canonical_or_same(document, file);
  if (canonical.contains(place) && canonical.at(place).is_structured()) at = canonical.at(place);
}

// Whether `inner` names the place that `outer` names, or one inside it.
bool lies_within(std::string_view inner, std::string_view outer) {
  return inner.starts_with(outer) && (inner.size() == outer.size() || inner[outer.size()] == '/');
}

bool is_index(std::string_view token) {
  return !token.empty() && token.find_first_not_of("0123456789") == std::string_view::npos;
}

// An element is named that a list doesn't have.
[[noreturn]] void no_such_element(const std::string& list, std::size_t size, const std::string& pointer,
                                  const std::string& file) {
  const std::string found = size == 0 ? fmt::format("the scenario has no {}", list)
                                      : fmt::format("{} ends with element {}", list, size - 1);
  throw InputError({.file = file,
                    .pointer = pointer,
                    .found = found,
                    .expected = fmt::format("{}{}/-, which adds one",
                                            size == 0 ? "" : "an element that is there, or ", list)});
}

// Where nothing stands yet, the element of a list can't be told from the key of an object; the reader can.
void rethrow_as_element(const InputError& e, const Point& changes, const std::string& file) {
  const auto& d = e.details;
  if (d.file != file || d.expected != "a list") return;
  for (const auto& [pointer, value] : changes) {
    if (!lies_within(pointer, d.pointer) || pointer.size() == d.pointer.size()) continue;
    const std::string rest = pointer.substr(d.pointer.size() + 1);
    if (is_index(rest.substr(0, rest.find('/')))) no_such_element(d.pointer, 0, pointer, file);
  }
}

// An unknown key that is part of a change's pointer is a missing path.
void rethrow_as_path(const InputError& e, const Json& original, const Point& changes,
                     const std::string& file) {
  const auto& d = e.details;
  if (d.file != file || !d.found.starts_with("unknown key")) return;
  const std::string beside = d.pointer.substr(0, d.pointer.rfind('/') + 1);
  for (const auto& [pointer, value] : changes) {
    if (lies_within(pointer, d.pointer))
      no_such_path(original, pointer, file, d.nearest.empty() ? "" : beside + escaped(d.nearest));
  }
}

}  // namespace

void set_value(Json& document, const std::string& pointer, Json value, const std::string& file) {
  const auto tokens = tokens_of(pointer, file);
  if (document.is_null()) document = Json::object();
  Json* at = &document;
  Pointer so_far;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!at->is_structured()) lengthen(*at, document, so_far, file);
    so_far.push_back(tokens[i]);
    if (!at->is_structured()) no_such_path(document, pointer, file);
    Json* const next = at->is_object() ? &(*at)[tokens[i]] : element(*at, tokens[i]);
    const bool beyond = next == nullptr && is_index(tokens[i]);
    if (beyond) no_such_element(so_far.parent_pointer().to_string(), at->size(), pointer, file);
    if (next == nullptr) no_such_path(document, pointer, file);
    // Missing parts begin empty: the document's defaults fill in the rest.
    const bool last = i + 1 == tokens.size();
    if (!last && next->is_null()) *next = tokens[i + 1] == "-" ? Json::array() : Json::object();
    at = next;
  }
  *at = std::move(value);
}

Scenario changed_scenario(const Json& document, const Point& changes, const std::string& file) {
  Json changed = document;
  for (const auto& [pointer, value] : changes) set_value(changed, pointer, value, file);
  try {
    return read_scenario(std::move(changed), file);
  } catch (const InputError& e) {
    rethrow_as_element(e, changes, file);
    rethrow_as_path(e, document, changes, file);
    throw;
  }
}

Point parsed_settings(const std::vector<std::string>& settings) {
  Point changes;
  for (const auto& setting : settings) {
    const auto equals = setting.find('=');
    if (!setting.starts_with('/') || equals == std::string::npos)
      throw InputError({.found = "found --set " + setting, .expected = "--set /json/pointer=VALUE"});
    const std::string text = setting.substr(equals + 1);
    Json value = Json::accept(text) ? parse_json(text, "--set " + setting) : Json(text);
    changes.emplace_back(setting.substr(0, equals), std::move(value));
  }
  return changes;
}

Scenario load_scenario(const std::string& file, const std::vector<std::string>& settings,
                       const std::vector<std::string>& labels) {
  Json document = load_scenario_document(file);
  Point changes = parsed_settings(settings);
  if (labels.empty()) return changed_scenario(document, changes, file);
  // Settings of the sweep count before a point of it is chosen, the rest after it.
  const auto of_sweep = [](const auto& change) { return lies_within(change.first, "/sweep"); };
  const auto others = std::stable_partition(changes.begin(), changes.end(), of_sweep);  // for clang 14
  for (auto it = changes.begin(); it != others; ++it) set_value(document, it->first, it->second, file);
  const SweepPoint point = chosen_point(read_sweep(document, file), labels, file);
  Point all = point.values;
  all.insert(all.end(), others, changes.end());
  document.erase("sweep");
  try {
    return changed_scenario(document, all, file);
  } catch (const InputError& e) {
    throw at_point(e, point);
  }
}

Scenario scenario_at(const Scenario& scenario, const Point& point) {
  Json document = scenario.document;
  document.erase("sweep");
  return changed_scenario(document, point, scenario.file);
}

InputError at_point(const InputError& e, const SweepPoint& point) {
  auto details = e.details;
  if (!point.label.empty()) details.found = fmt::format("at point {}: {}", shown(point.label), details.found);
  return InputError(details);
}

Scenario scenario_at_point(const Scenario& scenario, const SweepPoint& point) {
  try {
    return scenario_at(scenario, point.values);
  } catch (const InputError& e) {
    throw at_point(e, point);
  }
}

}  // namespace sim
