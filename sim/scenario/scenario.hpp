// A scenario: everything that decides what a run does, read from one JSON document. Code that runs it needs
// no JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/protocol/plan.hpp"
#include "sim/scenario/expectation.hpp"
#include "sim/scenario/json.hpp"
#include "sim/scenario/sweep_plan.hpp"
#include "sim/workload/service.hpp"
#include "sim/world/setup.hpp"

namespace sim {

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

/// Both, with changes, all of which are made before anything is validated: values at the points of its sweep
/// with these labels, then settings of the form "/json/pointer=VALUE" in turn. VALUE is JSON if it parses as
/// such, else a text: /protocol/detector/timeout=80ms needs no quotes.
Scenario load_scenario(const std::string& file, const std::vector<std::string>& settings = {},
                       const std::vector<std::string>& labels = {});

/// Settings taken apart; throws InputError for one of another form.
Point parsed_settings(const std::vector<std::string>& settings);

/// Sets one value, without checking what may stand there. Missing parts are made: objects, and elements of a
/// list named "-", which stands behind its last. Throws InputError with the nearest path when the pointer
/// leads through something else.
void set_value(Json& document, const std::string& pointer, Json value, const std::string& file);

constexpr std::string_view kNoSuchPath = "no such path in the scenario";

/// The scenario of a document after changes in turn. Throws InputError with the nearest path for a pointer
/// that leads nowhere.
Scenario changed_scenario(const Json& document, const Point& changes, const std::string& file);

/// The sweep of a document, whatever else it holds; empty if it has none.
SweepPlan read_sweep(const Json& document, const std::string& file);

/// The scenario at one point of a sweep: the same document with other values, and no sweep.
Scenario scenario_at(const Scenario& scenario, const Point& point);
/// The same; errors there name the point's label.
Scenario scenario_at_point(const Scenario& scenario, const SweepPoint& point);
/// The same complaint, with the point's label.
InputError at_point(const InputError& error, const SweepPoint& point);

/// Joins two points: both labels, the values of both in turn.
SweepPoint joined(SweepPoint one, const SweepPoint& other);

/// The point that takes each of these labels from the list that has it, or from the values that vary: "20ms",
/// or "/network/delay=20ms" where several vary over such a value. Axes that no label names are left out.
/// Throws InputError, with the nearest label, if there is none of that name, or two are of one list.
SweepPoint chosen_point(const SweepPlan& plan, const std::vector<std::string>& labels,
                        const std::string& file);
SweepPoint listed_point(const Scenario& scenario, const std::vector<std::string>& labels);

/// Leaves in each list, and of the values of each pointer, only those with these labels; a list or pointer
/// with none of them stays as it is. Throws InputError on a label that none has.
void keep_points(Scenario& scenario, const std::vector<std::string>& labels);

/// The scenario of a single seed's run: random faults replaced by the timeline generated from them, the seed
/// fixed, no sweep. It replays to the same digest. Its files are named as seen from `destination`, the file
/// that it will be written to.
Json explicit_scenario(const Scenario& scenario, std::uint64_t seed, const std::string& destination);

/// JSON Schema (draft 2020-12) of scenarios.
Json scenario_schema();

}  // namespace sim
