// State that must survive a crash: promises made to others, the lease that depends on them, and the service
// from its first state on.
#include <string>

#include "sim/experiment/run.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

Scenario bug(const std::string& name) {
  return load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/bugs/" + name + ".json");
}

Verdict verdict(const Scenario& scenario, std::uint64_t seed) {
  return run_for_sweep(scenario, seed).linearizability.verdict;
}

}  // namespace

TEST_CASE(
    "a voter that forgets a lease in a crash makes reads stale, but one that sits still doesn't: 200 seeds") {
  for (const char* protocol : {"raft", "multi_paxos"}) {
    const Scenario forgets = bug(std::string(protocol) + "_lease_forgotten");
    const Scenario cured = scenario_at(forgets, {{"/protocol/bug", "none"}});
    int caught = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
      CAPTURE(protocol, seed);
      if (seed <= 20) caught += verdict(forgets, seed) == Verdict::violation ? 1 : 0;
      CHECK(verdict(cured, seed) == Verdict::linearizable);
    }
    CHECK(caught >= 5);
  }
}

TEST_CASE("abd: what is told before it is on disk makes two values share a timestamp: 50 of 3,000 seeds") {
  const Scenario early = bug("abd_early_answer");
  const Scenario cured = scenario_at(early, {{"/protocol/bug", "none"}});
  for (const std::uint64_t seed : {1u, 56u, 110u, 134u, 179u, 216u, 312u}) {
    CAPTURE(seed);
    CHECK(verdict(early, seed) == Verdict::violation);
    CHECK(verdict(cured, seed) == Verdict::linearizable);
  }
}

// A default state has no keys, and a counter that it doesn't know reads nil.
TEST_CASE("a replica that restarts goes on from its service's first state: 10 seeds each") {
  for (const auto* protocol : {"naive_broadcast", "abd", "primary_backup"}) {
    for (const auto* service : {"counter", "log", "register", "kv"}) {
      if (protocol == std::string("abd") && (service[0] == 'c' || service[0] == 'l')) continue;
      Json document = Json::parse(R"({"name": "restart", "duration": "1s", "settle": "1s", "replicas": 3,
        "clients": {"count": 1, "think": "10ms", "reads": 0.9, "retry": "40ms"},
        "faults": [{"at": "100ms", "crash": 0}, {"at": "100ms", "crash": 1}, {"at": "100ms", "crash": 2},
                   {"at": "110ms", "restart": 0}, {"at": "110ms", "restart": 1},
                   {"at": "110ms", "restart": 2}]})");
      document["protocol"] = {{"name", protocol}};
      if (protocol == std::string("primary_backup")) document["protocol"]["succession"] = "election";
      document["service"] = {{"name", service}};
      const Scenario scenario = read_scenario(document, "restart_test");
      for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        CAPTURE(protocol, service, seed);
        const RunResult r = run_for_sweep(scenario, seed);
        CHECK(r.linearizability.verdict == Verdict::linearizable);
        CHECK_FALSE(r.divergence.diverged);
      }
    }
  }
}
