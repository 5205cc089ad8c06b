// Multi-Paxos: what an operation costs, gaps, pipelining, catching up, duels, and that its bugs are caught.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sim/check/service_quality.hpp"
#include "sim/experiment/run.hpp"
#include "tests/fidelity/fidelity.hpp"

using namespace fidelity;

namespace {

using Changes = std::vector<std::pair<std::string, Json>>;

Scenario paxos_scenario(const std::string& file, const Changes& changes = {}) {
  return scenario_at(load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/" + file), changes);
}

RunResult run_paxos(const Scenario& scenario, int seed) {
  return run_for_sweep(scenario, static_cast<std::uint64_t>(seed));
}

void require_paxos_safe(const RunResult& r) {
  INFO(r.consensus.story);
  REQUIRE(r.error.empty());
  REQUIRE(r.linearizability.verdict == Verdict::linearizable);
  REQUIRE(r.lost_writes.count == 0);
  REQUIRE_FALSE(r.divergence.diverged);
  REQUIRE(r.consensus.agreement == true);
  REQUIRE(r.consensus.validity == true);
  REQUIRE(r.consensus.election_safety == true);
  REQUIRE(r.consensus.leader_completeness == true);
}

// Crashes, pauses and partitions at random, on a network that loses, copies and reorders, with a disk that
// takes its time.
Scenario paxos_under_faults(const std::string& options, int replicas = 3) {
  return scenario_of(R"({"name": "paxos", "duration": "15s", "settle": "3s", "replicas": )" +
                     std::to_string(replicas) + R"(,
    "protocol": {"name": "multi_paxos", "election_timeout_min": "100ms", "election_timeout_max": "200ms",
                 "heartbeat": "20ms")" +
                     options + R"(},
    "service": {"name": "kv", "keys": 4},
    "clients": {"count": 3, "rate": "20/s", "reads": 0.5, "timeout": "1s", "retry": "40ms"},
    "network": {"delay": {"lognormal": {"median": "1ms", "sigma": 0.6}}, "loss": 0.02, "duplicate": 0.01},
    "faults": [{"from": "5s", "to": "10s", "disk": 1, "delay": "2ms"},
               {"random": {"kind": "crash", "rate": "12/min", "mean": "1s", "disk": "tail_lost"}},
               {"random": {"kind": "pause", "rate": "12/min", "mean": "300ms"}},
               {"random": {"kind": "partition", "rate": "12/min", "mean": "1s"}}]})");
}

void require_safe_paxos_runs(const Scenario& scenario, int seeds) {
  for (int seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_paxos(scenario, seed);
    require_paxos_safe(r);
    REQUIRE(r.consensus.termination == true);
    REQUIRE(r.operations.ok > r.operations.invoked / 2);
  }
}

int paxos_disagreements(const Scenario& scenario, int seeds) {
  int count = 0;
  for (int seed = 1; seed <= seeds; ++seed) {
    count += run_paxos(scenario, seed).consensus.agreement == false ? 1 : 0;
  }
  return count;
}

}  // namespace

TEST_CASE("multi-paxos: an operation costs exactly 2n messages and 4 delays, and n - 1 notices",
          "[fidelity]") {
  for (const int n : {3, 5, 7}) {
    for (const char* reads : {"0", "1"}) {
      CAPTURE(n, reads);
      const Scenario scenario = scenario_of(
          R"({"name": "cost", "duration": "1s", "settle": "100ms", "replicas": )" + std::to_string(n) +
          R"(, "protocol": {"name": "multi_paxos", "heartbeat": "1h", "election_timeout_min": "2h",
                            "election_timeout_max": "2h"},
          "service": {"name": "kv", "keys": 4},
          "clients": {"count": 2, "think": "1ms", "reads": )" +
          reads + R"(}, "network": {"delay": "1ms", "client": "same"}})");
      for_each_run(scenario, 3, [&](const Record& record) {
        const auto cost = judge_cost(record);
        const auto operations = static_cast<std::uint64_t>(record.operations.size());
        const auto others = static_cast<std::uint64_t>(n - 1);
        REQUIRE(operations > 200);
        CHECK(cost.messages_per_operation == 2 * n);
        CHECK(cost.delays_per_operation == 4);
        const auto upkeep = record.messages_sent - record.messages_for_operations;
        CHECK(upkeep == others * (operations + 1));  // and one heartbeat, with which the leader begins
      });
    }
  }
}

TEST_CASE("multi-paxos: when the leader crashes another takes over, and nothing is lost: 20 seeds") {
  const Scenario scenario = paxos_scenario("lessons/paxos/multi_paxos_leader_crash.json");
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_paxos(scenario, seed);
    require_paxos_safe(r);
    CHECK(r.failover.count == 1);
    CHECK(r.consensus.termination == true);
    CHECK(r.availability.longest_outage_s < 1);
  }
}

TEST_CASE("multi-paxos: crashes, pauses, partitions and losses never break anything: 80 seeds") {
  require_safe_paxos_runs(paxos_under_faults(""), 80);
}

TEST_CASE("multi-paxos: nor with five replicas, one slot at a time, and snapshots: 40 seeds") {
  require_safe_paxos_runs(paxos_under_faults(R"(, "window": 1, "compact_after": 20)", 5), 40);
}

TEST_CASE(
    "multi-paxos: a majority that crashes stops it, and breaks nothing, but a minority does not stop it") {
  const auto crashed = [](const char* faults) {
    return run_paxos(
        paxos_scenario("lessons/paxos/multi_paxos_leader_crash.json", {{"/faults", Json::parse(faults)}}), 1);
  };
  const RunResult two = crashed(R"([{"at": "2s", "crash": 0}, {"at": "3s", "crash": 1}])");
  require_paxos_safe(two);
  CHECK(two.operations.pending == 0);
  const RunResult three =
      crashed(R"([{"at": "2s", "crash": 0}, {"at": "3s", "crash": 1}, {"at": "4s", "crash": 2}])");
  require_paxos_safe(three);
  CHECK(three.operations.pending > 500);
}

TEST_CASE("multi-paxos: a window lets slots overtake one another, not what is applied") {
  const auto run = [](int window) {
    const Scenario scenario = scenario_of(
        R"({"name": "window", "duration": "2s", "settle": "100ms", "replicas": 3,
        "protocol": {"name": "multi_paxos", "heartbeat": "30ms", "window": )" +
        std::to_string(window) + R"(}, "service": {"name": "kv", "keys": 4},
        "clients": {"count": 8, "think": "0ms", "reads": 0.5},
        "network": {"delay": {"uniform": ["500us", "1500us"]}}})");
    return run_once(scenario, 1);
  };
  const RunResult one = run(1), many = run(64);
  require_paxos_safe(one);
  require_paxos_safe(many);
  CHECK(many.operations.ok > 4 * one.operations.ok);
  // Slots that were decided before one of their predecessors.
  const auto overtaking = [](const RunResult& r) {
    const auto& firsts = r.record.decisions.firsts();
    return std::ranges::adjacent_find(firsts, std::ranges::greater{}, &Decision::slot) != firsts.end();
  };
  CHECK_FALSE(overtaking(one));
  CHECK(overtaking(many));
}

TEST_CASE("multi-paxos: a new leader fills gaps with no-ops, behind which the log goes on: 20 seeds") {
  const Scenario scenario = paxos_scenario("bugs/multi_paxos_gaps_skipped.json", {{"/protocol/bug", "none"}});
  int with_gaps = 0;
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_once(scenario, static_cast<std::uint64_t>(seed));
    require_paxos_safe(r);
    CHECK(r.operations.pending == 0);
    CHECK(r.consensus.termination == true);
    with_gaps += std::ranges::count(r.record.decisions.firsts(), 0u, &Decision::value) > 0 ? 1 : 0;
  }
  CHECK(with_gaps >= 15);
}

TEST_CASE("multi-paxos: a learner that lags asks for what was decided, or gets a snapshot: 10 seeds each") {
  for (const int compact_after : {0, 10}) {
    const Scenario scenario = paxos_scenario(
        "lessons/paxos/multi_paxos_leader_crash.json",
        {{"/protocol/compact_after", compact_after},
         {"/faults", Json::parse(R"([{"at": "2s", "crash": 4}, {"at": "6s", "restart": 4}])")}});
    for (int seed = 1; seed <= 10; ++seed) {
      CAPTURE(compact_after, seed);
      const RunResult r = run_once(scenario, static_cast<std::uint64_t>(seed));
      require_paxos_safe(r);
      CHECK(r.consensus.termination == true);
      // It applies what it missed one by one, or not at all.
      const auto moves = std::ranges::count(r.record.moves, NodeId{4}, &Record::Moved::node);
      const auto of_others = std::ranges::count(r.record.moves, NodeId{3}, &Record::Moved::node);
      CHECK((moves > of_others) == (compact_after == 0));
    }
  }
}

TEST_CASE("multi-paxos: leaders that wait a fixed time duel for ever, a random time ends it: 20 seeds") {
  const Scenario fixed = paxos_scenario("lessons/paxos/multi_paxos_duel.json");
  const Scenario random = paxos_scenario("lessons/paxos/multi_paxos_duel_random.json");
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult duel = run_paxos(fixed, seed), ended = run_paxos(random, seed);
    require_paxos_safe(duel);
    require_paxos_safe(ended);
    CHECK(duel.availability.longest_outage_s > 3.9);
    CHECK(ended.availability.longest_outage_s < 0.4);
  }
}

TEST_CASE("multi-paxos: its bugs break agreement, and without them the same seeds pass: 20 seeds each") {
  const std::vector<std::pair<std::string, int>> caught_at_least{
      {"promise_not_persisted", 18}, {"ignores_accepted", 20}, {"first_accepted", 2}, {"gaps_skipped", 12}};
  for (const auto& [bug, least] : caught_at_least) {
    CAPTURE(bug);
    const std::string file = "bugs/multi_paxos_" + bug + ".json";
    CHECK(paxos_disagreements(paxos_scenario(file), 20) >= least);
    const Scenario cured = paxos_scenario(file, {{"/protocol/bug", "none"}});
    for (int seed = 1; seed <= 20; ++seed) {
      CAPTURE(seed);
      require_paxos_safe(run_paxos(cured, seed));
    }
  }
}
