// Practical Byzantine fault tolerance without signatures: nobody can prove what another said, and yet all
// that holds with signatures holds, at the same cost.
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/pbft_runs.hpp"

using namespace sim;
using namespace pbft_runs;

namespace {

Scenario macs_scenario(const std::string& file, Changes changes = {}) {
  changes.emplace_back("/protocol/authentication", "macs");
  return pbft_runs::scenario(file, changes);
}

// A storm of bad timing and of these faults besides.
Scenario macs_storm(const std::string& faults, int replicas = 4, const std::string& options = "") {
  return stormy(R"(, "authentication": "macs")" + options, kTiming + ", " + faults, replicas);
}

}  // namespace

TEST_CASE("pbft with macs: an operation costs what it costs with signatures: 2n^2 - n + 1 messages, 5 delays",
          "[fidelity]") {
  for (const int n : {4, 7, 10}) {
    CAPTURE(n);
    const RunResult r = pbft_runs::run(
        macs_scenario("lessons/pbft/pbft_cost.json", {{"/replicas", n}, {"/expect", Json::object()}}), 1);
    CHECK(r.cost.messages_per_operation.value() == 2 * n * n - n + 1);
    CHECK(r.cost.delays_per_operation.value() == 5);
  }
}

TEST_CASE("pbft with macs: when the primary crashes the next one takes over, and knows what was answered") {
  for (const int n : {4, 7}) {
    const Scenario scenario = macs_scenario("lessons/pbft/pbft_primary_crash.json", {{"/replicas", n}});
    for (int seed = 1; seed <= 20; ++seed) {
      CAPTURE(n, seed);
      const RunResult r = pbft_runs::run(scenario, seed);
      require_good(r);
      CHECK(r.failover.count == 1);
      CHECK(r.operations.pending == 0);
    }
  }
}

TEST_CASE("pbft with macs: crashes, pauses, partitions and losses break nothing: 320 seeds") {
  require_good_runs(macs_storm(kCrashes), 320);
  require_good_runs(macs_storm(kCrashes, 7, R"(, "tentative": true, "read_only": true)"), 10);
}

TEST_CASE("pbft with macs: one Byzantine replica of four changes nothing: 20 seeds of each behaviour") {
  const std::vector<std::string> behaviours{R"("attack": "equivocating_primary")",
                                            R"("attack": "bad_new_view")",
                                            R"("attack": "withheld_commit")",
                                            R"("attack": "early_answer")",
                                            R"("attack": "false_claims")",
                                            R"("silent": [1, 2])",
                                            R"("equivocate": [2])",
                                            R"("mutate": 0.3)",
                                            R"("replay": 0.3)",
                                            R"("delay": "90ms")",
                                            R"("lie": true)",
                                            R"("twin": [1, 2])",
                                            R"("mutate": 0.3, "wild": true)",
                                            R"("equivocate": [1], "wild": true, "replay": 0.3)"};
  for (const auto& what : behaviours) {
    for (const char* node : {"0", "3"}) {
      CAPTURE(what, node);
      require_good_runs(macs_storm(attack(node, what)), 10);
    }
  }
}

TEST_CASE("pbft with macs: nor do two of seven that collude: 10 seeds each") {
  const std::string together = R"("collude": true, "attack": )";
  require_good_runs(macs_storm(attack("[0, 1]", together + "\"equivocating_primary\""), 7), 10);
  require_good_runs(macs_storm(attack("[1, 2]", together + "\"bad_new_view\""), 7), 10);
  require_good_runs(macs_storm(attack("[1, 2]", together + "\"false_claims\""), 7), 10);
}

TEST_CASE("pbft with macs: 3f + 1 withstand an equivocating primary, 3f do not, nor f + 1 that collude") {
  const Scenario enough = macs_scenario("lessons/pbft/pbft_equivocating_primary.json");
  const Scenario few = macs_scenario("lessons/pbft/pbft_three_replicas.json");
  const Scenario many = macs_scenario("lessons/pbft/pbft_two_traitors.json");
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    require_good(pbft_runs::run(enough, seed));
    CHECK(pbft_runs::run(few, seed).consensus.agreement == false);
    CHECK(pbft_runs::run(many, seed).consensus.agreement == false);
  }
}

TEST_CASE("pbft with macs: who believes one replica's claims is deceived by one: caught in 5 of 20 seeds") {
  const Scenario bug = macs_scenario("bugs/pbft_claims_not_backed.json");
  const Scenario cured = macs_scenario("bugs/pbft_claims_not_backed.json", {{"/protocol/bug", "none"}});
  const Scenario proven = macs_scenario("bugs/pbft_new_view_not_checked.json", {{"/protocol/bug", "none"}});
  int caught = 0;
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    caught += pbft_runs::run(bug, seed).consensus.agreement == false ? 1 : 0;
    require_good(pbft_runs::run(cured, seed));
    require_good(pbft_runs::run(proven, seed));
  }
  CHECK(caught >= 5);
}

TEST_CASE("pbft with macs: the bugs of the protocol with signatures are caught in 10 of 20 seeds, too") {
  for (const char* name : {"new_view_not_checked", "no_commit_phase"}) {
    CAPTURE(name);
    const Scenario bug = macs_scenario("bugs/pbft_" + std::string(name) + ".json");
    int caught = 0;
    for (int seed = 1; seed <= 20; ++seed)
      caught += pbft_runs::run(bug, seed).consensus.agreement == false ? 1 : 0;
    CHECK(caught >= 10);
  }
}
