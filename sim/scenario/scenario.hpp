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

#include "sim/protocol/plan.hpp"
#include "sim/scenario/json.hpp"
#include "sim/scenario/random_design.hpp"
#include "sim/workload/service.hpp"
#include "sim/world/setup.hpp"

namespace sim {

/// What the author says the result will be: the value at a JSON pointer into the result.
struct Expectation {
  std::string pointer;
  Json expected;
};

/// Values to set, by JSON pointer into the scenario: one combination of a sweep's axes.
using Point = std::vector<std::pair<std::string, Json>>;

/// A point with what pictures and commands call it. One that only `vary` made has no label; one from several
/// lists has that of each, joined by kLabelJoint.
struct SweepPoint {
  std::string label{};
  Point values{};
};
constexpr std::string_view kLabelJoint = " / ";

/// How well a sweep wants to know the mean of a value of its runs.
struct Precision {
  std::string pointer{};  ///< Into the result of a run.
  bool relative = true;   ///< `amount` is a part of the mean, not a value.
  double amount = 0;      ///< Half the width of the interval, at most.
};

/// What a sweep goes through: every choice of one point from each of `lists`, with all combinations of
/// `vary`, with each of the samples drawn at random, each with `seeds` seeds, or fewer at points that are
/// known as well as `until` says. No two points have the same label.
struct SweepPlan {
  std::vector<std::vector<SweepPoint>> lists{};
  std::vector<std::pair<std::string, std::vector<Json>>> vary{};
  std::optional<RandomDesign> random{};
  std::uint64_t seeds = 1000;
  std::vector<Precision> until{};
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

/// The same scenario after settings as in load_scenario().
Scenario with_settings(Scenario scenario, const std::vector<std::string>& settings);

/// The scenario at one point of a sweep: the same document with other values, and no sweep.
Scenario scenario_at(const Scenario& scenario, const Point& point);
/// The same; what is wrong there is said with the point's label.
Scenario scenario_at_point(const Scenario& scenario, const SweepPoint& point);

/// What `other` adds to `one`: both labels, the values of both in turn.
SweepPoint joined(SweepPoint one, const SweepPoint& other);

/// The point that takes each of these labels from the list that has it. Lists without one of them are left
/// out. Throws InputError, with the nearest label, if there is none of that name, or two are of one list.
SweepPoint listed_point(const Scenario& scenario, const std::vector<std::string>& labels);

/// Leaves in each list only the points with these labels; a list that has none of them stays as it is. Throws
/// InputError on a label that no list has.
void keep_points(Scenario& scenario, const std::vector<std::string>& labels);

/// The scenario that one seed's run was: random faults replaced by the timeline generated from them, the seed
/// fixed, no sweep. It replays to the same digest. Files that it names are named as seen from `destination`,
/// the file that it will be written to.
Json explicit_scenario(const Scenario& scenario, std::uint64_t seed, const std::string& destination);

/// JSON Schema (draft 2020-12) of scenarios.
Json scenario_schema();

}  // namespace sim
