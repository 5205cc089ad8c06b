// Practical Byzantine fault tolerance without signatures: nobody can prove what another said, and yet all
// that holds with signatures holds, at the same cost.
#include <string>
#include <utility>
#include <vector>

#include "sim/experiment/run.hpp"
#include "tests/catch.hpp"

using namespace sim;

namespace {

Scenario macs_scenario(const std::string& file, std::vector<std::pair<std::string, Json>> changes = {}) {
  changes.emplace_back("/protocol/authentication", "macs");
  return scenario_at(load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/" + file), changes);
}

RunResult run_macs(const Scenario& scenario, int seed) {
  return run_for_sweep(scenario, static_cast<std::uint64_t>(seed));
}

void require_safe_macs(const RunResult& r) {
  INFO(r.consensus.story);
  REQUIRE(r.error.empty());
  REQUIRE(r.linearizability.verdict == Verdict::linearizable);
  REQUIRE(r.lost_writes.count == 0);
  REQUIRE(r.consensus.agreement == true);
  REQUIRE(r.consensus.validity == true);
  REQUIRE(r.consensus.election_safety == true);
  REQUIRE(r.consensus.leader_completeness == true);
}

void require_good_macs(const RunResult& r) {
  require_safe_macs(r);
  REQUIRE_FALSE(r.divergence.diverged);
  REQUIRE(r.consensus.termination == true);
  REQUIRE(r.operations.ok > r.operations.invoked / 2);
}

// A network that loses, copies and reorders, timing that nobody can rely on, and short logs.
Scenario macs_storm(const std::string& faults, int replicas = 4, const std::string& options = "") {
  return read_scenario(Json::parse(R"({"name": "macs", "duration": "8s", "settle": "3s", "replicas": )" +
                                   std::to_string(replicas) + R"(,
    "protocol": {"name": "pbft", "authentication": "macs", "checkpoint_every": 8, "log_window": 16)" +
                                   options + R"(},
    "service": {"name": "kv", "keys": 4},
    "clients": {"count": 3, "rate": "20/s", "reads": 0.5, "timeout": "1s", "retry": "40ms"},
    "network": {"delay": {"lognormal": {"median": "1ms", "sigma": 0.6}}, "loss": 0.02, "duplicate": 0.01},
    "faults": [{"random": {"kind": "pause", "rate": "12/min", "mean": "300ms"}},
               {"random": {"kind": "partition", "rate": "12/min", "mean": "800ms"}})" +
                                   faults + "]}"),
                       "pbft_macs_test");
}

std::string traitors(const std::string& nodes, const std::string& what) {
  return R"(, {"from": "500ms", "to": "8s", "byzantine": )" + nodes + ", " + what + "}";
}

void require_good_storms(const Scenario& scenario, int seeds) {
  for (int seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    require_good_macs(run_macs(scenario, seed));
  }
}

const std::string kMacsCrashes =
    R"(, {"random": {"kind": "crash", "rate": "12/min", "mean": "1s", "disk": "tail_lost"}})";

}  // namespace

TEST_CASE("pbft with macs: an operation costs what it costs with signatures: 2n^2 - n + 1 messages, 5 delays",
          "[fidelity]") {
  for (const int n : {4, 7, 10}) {
    CAPTURE(n);
    const RunResult r =
        run_macs(macs_scenario("lessons/pbft_cost.json", {{"/replicas", n}, {"/expect", Json::object()}}), 1);
    CHECK(r.cost.messages_per_operation.value() == 2 * n * n - n + 1);
    CHECK(r.cost.delays_per_operation.value() == 5);
  }
}

TEST_CASE("pbft with macs: when the primary crashes the next one takes over, and knows what was answered") {
  for (const int n : {4, 7}) {
    const Scenario scenario = macs_scenario("lessons/pbft_primary_crash.json", {{"/replicas", n}});
    for (int seed = 1; seed <= 20; ++seed) {
      CAPTURE(n, seed);
      const RunResult r = run_macs(scenario, seed);
      require_good_macs(r);
      CHECK(r.failover.count == 1);
      CHECK(r.operations.pending == 0);
    }
  }
}

TEST_CASE("pbft with macs: crashes, pauses, partitions and losses break nothing: 320 seeds") {
  require_good_storms(macs_storm(kMacsCrashes), 320);
  require_good_storms(macs_storm(kMacsCrashes, 7, R"(, "tentative": true, "read_only": true)"), 10);
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
      require_good_storms(macs_storm(traitors(node, what)), 10);
    }
  }
}

TEST_CASE("pbft with macs: nor do two of seven that collude: 10 seeds each") {
  const std::string together = R"("collude": true, "attack": )";
  require_good_storms(macs_storm(traitors("[0, 1]", together + "\"equivocating_primary\""), 7), 10);
  require_good_storms(macs_storm(traitors("[1, 2]", together + "\"bad_new_view\""), 7), 10);
  require_good_storms(macs_storm(traitors("[1, 2]", together + "\"false_claims\""), 7), 10);
}

TEST_CASE("pbft with macs: 3f + 1 withstand an equivocating primary, 3f do not, nor f + 1 that collude") {
  const Scenario enough = macs_scenario("lessons/pbft_equivocating_primary.json");
  const Scenario few = macs_scenario("lessons/pbft_three_replicas.json");
  const Scenario many = macs_scenario("lessons/pbft_two_traitors.json");
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    require_good_macs(run_macs(enough, seed));
    CHECK(run_macs(few, seed).consensus.agreement == false);
    CHECK(run_macs(many, seed).consensus.agreement == false);
  }
}

TEST_CASE("pbft with macs: who believes one replica's claims is deceived by one: caught in 5 of 20 seeds") {
  const Scenario bug = macs_scenario("bugs/pbft_claims_not_backed.json");
  const Scenario cured = macs_scenario("bugs/pbft_claims_not_backed.json", {{"/protocol/bug", "none"}});
  const Scenario proven = macs_scenario("bugs/pbft_new_view_not_checked.json", {{"/protocol/bug", "none"}});
  int caught = 0;
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    caught += run_macs(bug, seed).consensus.agreement == false ? 1 : 0;
    require_good_macs(run_macs(cured, seed));
    require_good_macs(run_macs(proven, seed));
  }
  CHECK(caught >= 5);
}

TEST_CASE("pbft with macs: the bugs of the protocol with signatures are caught in 10 of 20 seeds, too") {
  for (const char* name : {"new_view_not_checked", "no_commit_phase"}) {
    CAPTURE(name);
    const Scenario bug = macs_scenario("bugs/pbft_" + std::string(name) + ".json");
    int caught = 0;
    for (int seed = 1; seed <= 20; ++seed) caught += run_macs(bug, seed).consensus.agreement == false ? 1 : 0;
    CHECK(caught >= 10);
  }
}
