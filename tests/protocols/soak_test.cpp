// A sample of the soak (scenarios/sweeps/soak.json): random faults within each protocol's assumptions.
#include <string>

#include "sim/experiment/run.hpp"
#include "sim/experiment/sweep/sweep.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

TEST_CASE("random faults within its assumptions break no protocol: 60 seeds each") {
  const Scenario soak = load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/sweeps/soak.json");
  const auto points = points_of(*soak.sweep);
  REQUIRE(points.size() > 20);
  for (const auto& point : points) {
    CAPTURE(point.label);
    const Scenario scenario = scenario_at_point(soak, point);
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
      CAPTURE(seed);
      const RunResult r = run_for_sweep(scenario, seed);
      INFO(r.consensus.story);
      REQUIRE(r.error.empty());
      REQUIRE(r.linearizability.verdict == Verdict::linearizable);
      REQUIRE(r.lost_writes.count == 0);
      REQUIRE(r.answers.deceived == 0);
      REQUIRE_FALSE(r.consensus_broken());
      REQUIRE(r.consensus.termination != false);
      if (scenario.protocol == "bully") REQUIRE(r.split_brain.episodes == 0);  // what synchrony buys
      if (scenario.protocol != "abd") REQUIRE_FALSE(r.divergence.diverged);  // its replicas need not be alike
    }
  }
}
