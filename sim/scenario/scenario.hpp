// A scenario: everything that decides what a run does, read from one JSON document. Who runs it needs no
// JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/protocol/registry.hpp"
#include "sim/scenario/json.hpp"
#include "sim/workload/service.hpp"
#include "sim/world/world.hpp"

namespace sim {

/// What the author says the result will be: the value at a JSON pointer into the result.
struct Expectation {
  std::string pointer;
  Json expected;
};

/// Values to set, by JSON pointer into the scenario: one combination of a sweep's axes.
using Point = std::vector<std::pair<std::string, Json>>;

/// What a sweep goes through: all combinations of `vary`, each with `seeds` seeds.
struct SweepPlan {
  std::vector<std::pair<std::string, std::vector<Json>>> vary{};
  std::uint64_t seeds = 1000;
};

struct Scenario {
  std::string name{};
  std::string about{};
  std::string file{};
  std::uint64_t seed = 1;
  std::string protocol{};
  std::unique_ptr<ProtocolPlan> plan{};
  const ServiceKind* service = nullptr;
  Setup setup{};
  std::vector<Expectation> expectations{};
  std::optional<SweepPlan> sweep{};
  Json document{};   ///< As it was given.
  Json canonical{};  ///< With every default written out; reading it gives the same scenario.
};

/// Reads a file into a document; throws InputError.
Json load_scenario_document(const std::string& file);

/// Turns a document into a scenario; throws InputError. `file` is for messages and for files named in it.
Scenario read_scenario(Json document, const std::string& file);

/// Both, after applying settings of the form "/json/pointer=VALUE" in turn. VALUE is JSON if it parses as
/// such, else a text: /protocol/detector/timeout=80ms needs no quotes.
Scenario load_scenario(const std::string& file, const std::vector<std::string>& settings = {});

/// Sets one value. What the document doesn't say, the pointer may name as long as `canonical`, the same
/// document with every default, has it; otherwise InputError with the nearest path that exists.
void set_value(Json& document, const Json& canonical, const std::string& pointer, Json value,
               const std::string& file);

/// The scenario at one point of a sweep: the same document with other values, and no sweep.
Scenario scenario_at(const Scenario& scenario, const Point& point);

/// The scenario that one seed's run was: random faults replaced by the timeline generated from them, the seed
/// fixed, no sweep. It replays to the same digest. Files that it names are named as seen from `destination`,
/// the file that it will be written to.
Json explicit_scenario(const Scenario& scenario, std::uint64_t seed, const std::string& destination);

/// JSON Schema (draft 2020-12) of scenarios.
Json scenario_schema();

}  // namespace sim
