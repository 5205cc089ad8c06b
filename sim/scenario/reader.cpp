// Reads a struct's fields from a JSON object and complains about whatever doesn't fit.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/scenario/document_fields.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

class JsonReader final : public DocumentFields {
 public:
  JsonReader(const Json& object, const Place& place) : DocumentFields(place.context()) {
    enter(object, place);
  }

  void flag(std::string_view name, bool& value, std::string_view) override {
    const Json* json = find(name);
    if (json == nullptr) return;
    if (!json->is_boolean()) at(name).unexpected(*json, "true or false");
    value = json->get<bool>();
  }
  void number(std::string_view name, double& value, NumberRange range, std::string_view) override {
    const Json* json = find(name);
    if (json == nullptr) return;
    if (!json->is_number()) at(name).unexpected(*json, within("a number", range));
    const auto number = json->get<double>();
    if (!(number >= range.min && number <= range.max)) at(name).unexpected(*json, within("a number", range));
    value = number;
  }
  void count(std::string_view name, std::int64_t& value, CountRange range, std::string_view) override {
    const Json* json = find(name);
    if (json == nullptr) return;
    const bool whole = json->is_number_integer();
    const bool huge = json->is_number_unsigned() && json->get<std::uint64_t>() > INT64_MAX;
    if (!whole || huge || json->get<std::int64_t>() < range.min || json->get<std::int64_t>() > range.max) {
      at(name).unexpected(*json, fmt::format("a whole number from {} to {}", range.min, range.max));
    }
    value = json->get<std::int64_t>();
  }
  void duration(std::string_view name, Duration& value, DurationRange range, std::string_view) override {
    const Json* json = find(name);
    if (json != nullptr) value = read_duration(*json, at(name), range);
  }
  void switchable(std::string_view name, std::optional<Duration>& value, DurationRange range,
                  std::string_view) override {
    const Json* json = find(name);
    if (json == nullptr) return;
    if (json->is_boolean() && json->get<bool>()) at(name).unexpected(*json, "a duration, or false for none");
    value.reset();
    if (!json->is_boolean()) value = read_duration(*json, at(name), range);
  }
  bool wants(std::string_view name, bool) override {
    levels_.back().known.emplace_back(name);
    return levels_.back().object->contains(name);
  }
  void require(bool held, std::string_view name, std::string_view expected) override {
    if (held) return;
    const Json& object = *levels_.back().object;
    const auto found = object.find(name);
    if (found != object.end()) at(name).unexpected(*found, std::string(expected));
    levels_.back().place.fail(fmt::format("missing key \"{}\"", name), std::string(expected));
  }

  void finish() { leave(); }

 protected:
  void begin_group(std::string_view name, std::string_view) override {
    static const Json empty = Json::object();
    const Json* json = find(name);
    enter(json == nullptr ? empty : *json, at(name));
  }
  void end_group() override { leave(); }
  void choose(std::string_view name, std::size_t& chosen, const std::vector<std::string_view>& labels,
              std::string_view) override {
    const Json* json = find(name);
    if (json == nullptr) return;
    const auto found = std::ranges::find_if(labels, [&](std::string_view label) { return *json == label; });
    if (found == labels.end()) {
      const std::vector<std::string> names(labels.begin(), labels.end());
      const auto expected = fmt::format("one of \"{}\"", fmt::join(names, "\", \""));
      at(name).unexpected(*json, expected, json->is_string() ? nearest(json->get<std::string>(), names) : "");
    }
    chosen = static_cast<std::size_t>(found - labels.begin());
  }
  void take(std::string_view name, Slot& slot, std::string_view) override {
    const Json* json = find(name);
    if (json != nullptr) slot.read(*json, at(name));
  }

 private:
  struct Level {
    const Json* object;
    Place place;
    std::vector<std::string> known;
  };

  Place at(std::string_view name) const { return levels_.back().place / name; }

  void enter(const Json& object, const Place& place) {
    if (!object.is_object()) place.unexpected(object, "an object { ... }");
    levels_.push_back({&object, place, {}});
  }

  void leave() {
    const Level& level = levels_.back();
    for (const auto& [key, value] : level.object->items()) {
      if (std::ranges::find(level.known, key) == level.known.end()) unknown(key, level);
    }
    levels_.pop_back();
  }

  static std::vector<std::string> each_once(const std::vector<std::string>& names) {
    std::vector<std::string> all;
    for (const std::string& name : names) {
      if (std::ranges::find(all, name) == all.end()) all.push_back(name);
    }
    return all;
  }
  [[noreturn]] static void unknown(const std::string& key, const Level& level) {
    const std::string near = nearest(key, level.known);
    const auto expected =
        near.empty() ? fmt::format("one of {}", fmt::join(each_once(level.known), ", ")) : std::string{};
    (level.place / key).fail(fmt::format("unknown key {}", shown(key)), expected, near);
  }

  const Json* find(std::string_view name) {
    Level& level = levels_.back();
    level.known.emplace_back(name);
    const bool needed = take_required();
    const auto found = level.object->find(name);
    if (found != level.object->end()) return &*found;
    if (needed) missing(name);
    return nullptr;
  }

  // A missing key is most often there, but misspelt.
  [[noreturn]] void missing(std::string_view name) {
    const Level& level = levels_.back();
    for (const auto& [key, value] : level.object->items()) {
      const bool known = std::ranges::find(level.known, key) != level.known.end();
      if (!known && nearest(key, {std::string(name)}) == name) {
        (level.place / key).fail(fmt::format("unknown key {}", shown(key)), {}, std::string(name));
      }
    }
    level.place.fail(fmt::format("missing key \"{}\"", name));
  }

  static std::string within(std::string_view what, NumberRange range) {
    return fmt::format("{} from {} to {}", what, range.min, range.max);
  }

  std::vector<Level> levels_;
};

}  // namespace

void read_object(const Json& object, const Place& place, const Describe& describe) {
  JsonReader reader(object, place);
  describe(reader);
  reader.finish();
}

}  // namespace sim
