// Every shipped scenario shows what its "about" says, and gives the digest that it has always given.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "sim/experiment/run.hpp"
#include "sim/experiment/sweep/sweep.hpp"
#include "sim/report/result_json.hpp"
#include "sim/world/world.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

const std::string kRoot = REPSIM_SOURCE_DIR;
const std::string kGoldens = kRoot + "/tests/goldens/digests.txt";

std::vector<std::string> scenarios_in(const std::string& folder) {
  std::vector<std::string> files;
  const std::filesystem::path all = kRoot + "/scenarios";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(all / folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path().lexically_relative(all).string());
  }
  std::ranges::sort(files);
  return files;
}

Scenario load(const std::string& name) { return load_scenario(kRoot + "/scenarios/" + name); }

std::string digest_of(const std::string& name) {
  const Scenario scenario = load(name);
  World world(scenario.setup, scenario.seed, scenario.plan->make_host(scenario.setup.replicas));
  world.run();
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(world.digest()));
  return text;
}

}  // namespace

TEST_CASE("each lesson, bug and incident meets its expectations") {
  for (const auto* folder : {"lessons", "bugs", "incidents"}) {
    for (const auto& name : scenarios_in(folder)) {
      CAPTURE(name);
      const Scenario scenario = load(name);
      REQUIRE_FALSE(scenario.about.empty());
      REQUIRE_FALSE(scenario.expectations.empty());
      const RunResult result = run_once(scenario, scenario.seed);
      const Json json = to_json(result);
      const auto& m = result.messages;
      CHECK(m.delivered + m.lost + m.in_flight == m.sent + m.duplicated);
      for (const auto& expectation : json["expectations"]) {
        CAPTURE(expectation.dump());
        CHECK(expectation["held"].get<bool>());
      }
    }
  }
}

TEST_CASE("each point of each shipped sweep is a scenario") {
  auto names = scenarios_in("sweeps");
  names.insert(names.end(), {"ladder/services.json", "ladder/consensus.json"});
  for (const auto& name : names) {
    CAPTURE(name);
    const Scenario scenario = load(name);
    REQUIRE(scenario.sweep);
    for (const auto& point : points_of(*scenario.sweep)) {
      CAPTURE(point.label);
      CHECK_NOTHROW(scenario_at_point(scenario, point));
    }
  }
}

// To accept new digests, and say in the commit why they changed: REPSIM_REWRITE_GOLDENS=1.
TEST_CASE("the digest of each shipped scenario is its golden value") {
  std::map<std::string, std::string> golden;
  std::ifstream in(kGoldens);
  for (std::string name, digest; in >> name >> digest;) golden[name] = digest;
  std::map<std::string, std::string> now;
  for (const auto* folder : {"bugs", "incidents", "lessons", "sweeps"}) {
    for (const auto& name : scenarios_in(folder)) now[name] = digest_of(name);
  }
  if (std::getenv("REPSIM_REWRITE_GOLDENS") != nullptr) {
    std::ofstream out(kGoldens);
    for (const auto& [name, digest] : now) out << name << ' ' << digest << '\n';
    return;
  }
  CHECK(now.size() > 100);
  CHECK(now == golden);
}

TEST_CASE("a run of random faults, written down, replays to the same digest") {
  const Scenario random = load("incidents/random_faults.json");
  for (const std::uint64_t seed : {1, 2, 3}) {
    CAPTURE(seed);
    const Scenario written = read_scenario(explicit_scenario(random, seed, random.file), random.file);
    CHECK(written.setup.random_faults.empty());
    CHECK(written.setup.faults.size() > 5);
    CHECK(run_for_sweep(written, seed).digest == run_for_sweep(random, seed).digest);
  }
}
