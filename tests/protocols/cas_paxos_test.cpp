// CASPaxos: what its runs must keep when proposers meet, messages are lost, disks are slow and replicas crash.
#include <string>

#include <fmt/format.h>

#include "sim/experiment/run.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

struct Tally {
  std::uint64_t called = 0, answered = 0;
};

// Runs with these keys in place of the usual ones; nothing may be wrong in any.
Tally runs(const Json& changes, std::uint64_t seeds = 10) {
  Json document = Json::parse(R"({"name": "cas", "duration": "2s", "settle": "1s", "replicas": 5,
    "protocol": {"name": "cas_paxos"}, "service": {"name": "kv", "keys": 2},
    "clients": {"count": 4, "rate": "30/s", "reads": 0.4, "timeout": "900ms", "retry": "60ms",
                "writes": {"write": 1, "cas": 2, "append": 1}},
    "network": {"delay": {"uniform": ["500us", "1500us"]}}})");
  document.merge_patch(changes);
  const Scenario scenario = read_scenario(document, "cas.json");
  Tally tally;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const RunResult r = run_for_sweep(scenario, seed);
    INFO(changes.dump() << " seed " << seed << ": " << r.progress.story);
    CHECK(r.error.empty());
    CHECK(r.linearizability.verdict == Verdict::linearizable);
    CHECK(r.lost_writes.count == 0);
    CHECK(r.progress.verdict != ProgressJudgement::Verdict::stopped);
    tally.called += r.operations.invoked;
    tally.answered += r.operations.ok;
  }
  return tally;
}

}  // namespace

TEST_CASE("cas_paxos answers all requests, whatever is lost and whoever is asked again: 10 seeds each") {
  for (const char* network : {R"({"loss": 0})", R"({"loss": 0.1, "duplicate": 0.1})",
                              R"({"reorder": {"probability": 0.2, "hold": "10ms"}})"}) {
    const Tally tally = runs({{"network", Json::parse(network)}});
    INFO(network);
    CHECK(tally.called > 2'000);
    CHECK(tally.answered > tally.called * 98 / 100);
  }
}

TEST_CASE("cas_paxos: six proposers for one register duel, but not for ever: 10 seeds") {
  const Tally tally = runs({{"replicas", 6},
                            {"service", {{"keys", 1}}},
                            {"protocol", {{"backoff", "5ms"}}},
                            {"clients", {{"count", 6}, {"rate", "5/s"}}},
                            {"network", {{"delay", {{"uniform", {"1ms", "6ms"}}}}}}});
  CHECK(tally.answered > tally.called * 95 / 100);
}

TEST_CASE("cas_paxos waits for disks that are slower than its repetitions: 5 seeds") {
  const Tally tally = runs({{"protocol", {{"retransmit", "20ms"}}},
                            {"service", {{"keys", 40}}},
                            {"clients", {{"rate", "1/s"}, {"retry", "850ms"}}},
                            {"faults", Json::parse(R"([{"from": "0s", "disk": "*", "delay": "50ms"}])")}},
                           5);
  CHECK(tally.answered > tally.called * 95 / 100);
}

TEST_CASE("cas_paxos forgets nothing in crashes of a minority that lose unsynced writes: 20 seeds") {
  const Tally tally = runs({{"network", {{"loss", 0.03}}}, {"faults", Json::parse(R"([
                              {"at": "500ms", "crash": 0}, {"at": "700ms", "restart": 0, "disk": "tail_lost"},
                              {"at": "600ms", "crash": 1}, {"at": "900ms", "restart": 1, "disk": "tail_lost"},
                              {"at": "1200ms", "crash": 2}, {"at": "1300ms", "crash": 3},
                              {"at": "1500ms", "restart": 2, "disk": "tail_lost"}])")}},
                           20);
  CHECK(tally.answered > tally.called * 80 / 100);
}
