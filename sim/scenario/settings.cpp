// Setting one value in a document, named by a JSON pointer: what --set does, and every point of a sweep.
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

[[noreturn]] void no_such_path(const Json& canonical, const std::string& pointer, const std::string& file) {
  std::vector<std::string> paths;
  collect_paths(canonical, "", paths);
  throw InputError({.file = file,
                    .pointer = pointer,
                    .found = "no such path in the scenario",
                    .nearest = nearest(pointer, paths)});
}

bool exists(const Json& json, const Pointer& pointer) {
  try {
    return json.contains(pointer);
  } catch (const Json::exception&) {
    return false;  // such as "/faults/-" or "/faults/01"
  }
}

// The element that a token names, or nullptr.
Json* child(Json& json, const std::string& token) {
  if (json.is_object()) {
    const auto found = json.find(token);
    return found == json.end() ? nullptr : &*found;
  }
  if (!json.is_array()) return nullptr;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc{} || end != token.data() + token.size() || index >= json.size()) return nullptr;
  return &json[index];
}

std::vector<std::string> tokens(Pointer pointer) {
  std::vector<std::string> all;
  for (; !pointer.empty(); pointer.pop_back()) all.insert(all.begin(), pointer.back());
  return all;
}

}  // namespace

void set_value(Json& document, const Json& canonical, const std::string& pointer, Json value,
               const std::string& file) {
  Pointer parsed;
  try {
    parsed = Pointer(pointer);
  } catch (const Json::exception&) {
    throw InputError({.file = file,
                      .found = "found " + shown(pointer),
                      .expected = "a JSON pointer such as \"/clients/count\""});
  }
  const bool known = !pointer.empty() && (exists(canonical, parsed) || exists(document, parsed));
  if (!known) no_such_path(canonical, pointer, file);

  // Follow the document as far as it goes; where it says less than its canonical form, that fills the gap.
  Json* at = &document;
  Pointer so_far;
  for (const auto& token : tokens(parsed)) {
    so_far.push_back(token);
    Json* next = child(*at, token);
    if (next == nullptr) {
      if (!at->is_object()) *at = canonical.at(so_far.parent_pointer());  // a short form, such as "2ms"
      if (at->is_object()) (*at)[token] = canonical.at(so_far);
      next = child(*at, token);
    }
    at = next;
  }
  *at = std::move(value);
}

}  // namespace sim
