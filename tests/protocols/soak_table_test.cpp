// The table of assumptions, from which the soak draws its scenarios: it leaves nothing out without a reason.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/protocol/registry.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

// Values that an option takes; "*" stands for all of them.
using Values = std::map<std::string, std::set<std::string>>;

bool takes_any_value(const Json& schema) {
  return schema.contains("enum") || schema.value("type", "") == "boolean";
}

Json options_of(const std::string& protocol) {
  const Json schema = scenario_schema();
  for (const Json& one : schema["properties"]["protocol"]["anyOf"]) {
    if (one["properties"]["name"]["const"] == protocol) return one["properties"];
  }
  return Json::object();
}

// Options by their names as the table and `repsim list` spell them: "detector/kind".
void add_names(const Json& options, const std::string& before, std::map<std::string, Json>& names) {
  for (const auto& [name, schema] : options.items()) {
    if (before.empty() && (name == "name" || name == "bug")) continue;
    if (schema.contains("properties")) {
      add_names(schema["properties"], before + name + "/", names);
    } else {
      names[before + name] = schema;
    }
  }
}

void add_drawn(const Json& said, const Json& options, const std::string& before, Values& drawn) {
  for (const auto& [name, schema] : options.items()) {
    const bool is_said = said.contains(name);
    if (schema.contains("properties")) {
      if (is_said) add_drawn(said[name], schema["properties"], before + name + "/", drawn);
    } else if (is_said) {
      for (const Json& value : said[name]) drawn[before + name].insert(value.dump());
    } else if (before.empty() && takes_any_value(schema)) {
      drawn[before + name].insert("*");
    }
  }
}

// All values of a choice or a switch, two of a number or a time.
bool is_drawn(const std::set<std::string>& values, const Json& schema) {
  const std::size_t wanted = schema.contains("enum") ? schema["enum"].size() : 2;
  return values.contains("*") || values.size() >= wanted;
}

std::vector<Json> soaks_of(const Json& table, const std::string& protocol) {
  std::vector<Json> all;
  const auto take = [&](const Json& bounds) {
    if (bounds["protocol"] == protocol) all.push_back(bounds);
  };
  for (const Json& row : table["rows"]) {
    for (const Json& bounds : row.value("soak", Json::array())) take(bounds);
  }
  for (const Json& bounds : table["consensus"]) take(bounds);
  return all;
}

}  // namespace

TEST_CASE(
    "the soak draws every option of every protocol with all its choices, or the table says why it doesn't") {
  const Json table = load_scenario_document(std::string(REPSIM_SOURCE_DIR) + "/protocols/assumptions.json");
  for (const ProtocolEntry& entry : protocols()) {
    const std::string protocol(entry.name);
    CAPTURE(protocol);
    if (protocol == "echo") continue;  // of another test
    const auto soaks = soaks_of(table, protocol);
    REQUIRE_FALSE(soaks.empty());
    const Json options = options_of(protocol);
    std::map<std::string, Json> names;
    add_names(options, "", names);
    Values drawn;
    for (const Json& bounds : soaks) add_drawn(bounds.value("options", Json::object()), options, "", drawn);
    const Json left_out = table["left_out"].value(protocol, Json::object());
    for (const auto& [name, schema] : names) {
      CAPTURE(name, schema.dump());
      CHECK((is_drawn(drawn[name], schema) || !left_out.value(name, "").empty()));
    }
    for (const auto& [name, reason] : left_out.items()) {
      CAPTURE(name, reason.dump());
      CHECK(names.contains(name));
    }
  }
}

TEST_CASE("the table of assumptions names no option that a protocol doesn't have") {
  const Json table = load_scenario_document(std::string(REPSIM_SOURCE_DIR) + "/protocols/assumptions.json");
  for (const ProtocolEntry& entry : protocols()) {
    const std::string protocol(entry.name);
    const Json options = options_of(protocol);
    for (const Json& bounds : soaks_of(table, protocol)) {
      const Json said = bounds.value("options", Json::object());
      for (const auto& [name, values] : said.items()) {
        CAPTURE(protocol, name, values.dump());
        CHECK(options.contains(name));
      }
    }
  }
}
