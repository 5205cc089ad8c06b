// Raft: what an operation costs, that nothing goes wrong whatever fails, and that its bugs are caught.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sim/experiment/run.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

using Changes = std::vector<std::pair<std::string, Json>>;

Scenario raft_scenario(const std::string& file, const Changes& changes = {}) {
  const Scenario scenario = load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/" + file);
  return scenario_at(scenario, changes);
}

RunResult run_raft(const Scenario& scenario, int seed) {
  return run_for_sweep(scenario, static_cast<std::uint64_t>(seed));
}

void require_safe(const RunResult& r) {
  INFO(r.consensus.story);
  REQUIRE(r.error.empty());
  REQUIRE(r.linearizability.verdict == Verdict::linearizable);
  REQUIRE(r.lost_writes.count == 0);
  REQUIRE_FALSE(r.divergence.diverged);
  REQUIRE(r.split_brain.harmful == 0);
  REQUIRE(r.consensus.agreement == true);
  REQUIRE(r.consensus.validity == true);
  REQUIRE(r.consensus.election_safety == true);
  REQUIRE(r.consensus.leader_completeness == true);
}

// Crashes, pauses and partitions at random, on a network that loses, copies and reorders.
Scenario random_faults(const std::string& options, int replicas = 3) {
  return read_scenario(Json::parse(R"({"name": "raft", "duration": "15s", "settle": "3s", "replicas": )" +
                                   std::to_string(replicas) + R"(,
    "protocol": {"name": "raft", "election_timeout_min": "100ms", "election_timeout_max": "200ms",
                 "heartbeat": "20ms")" +
                                   options + R"(},
    "service": {"name": "kv", "keys": 4},
    "clients": {"count": 3, "rate": "20/s", "reads": 0.5, "timeout": "1s", "retry": "40ms"},
    "network": {"delay": {"lognormal": {"median": "1ms", "sigma": 0.6}}, "loss": 0.02, "duplicate": 0.01},
    "faults": [{"random": {"kind": "crash", "rate": "12/min", "mean": "1s", "disk": "tail_lost"}},
               {"random": {"kind": "pause", "rate": "12/min", "mean": "300ms"}},
               {"random": {"kind": "partition", "rate": "12/min", "mean": "1s"}}]})"),
                       "raft_test");
}

void require_safe_runs(const Scenario& scenario, int seeds) {
  for (int seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_raft(scenario, seed);
    require_safe(r);
    REQUIRE(r.consensus.termination == true);
    REQUIRE(r.operations.ok > r.operations.invoked / 2);
  }
}

}  // namespace

TEST_CASE("a follower without its disk catches up by log or snapshot: 100 seeds each") {
  for (const int compact_after : {0, 20}) {
    for (const char* reads : {"log", "read_index"}) {
      const Scenario scenario =
          raft_scenario("lessons/raft/raft_disk_lost.json", {{"/protocol/compact_after", compact_after},
                                                             {"/protocol/reads", reads},
                                                             {"/network/duplicate", 0.05}});
      for (int seed = 1; seed <= 100; ++seed) {
        CAPTURE(compact_after, reads, seed);
        const RunResult r = run_raft(scenario, seed);
        require_safe(r);
        REQUIRE(r.consensus.termination == true);
      }
    }
  }
}

TEST_CASE("an operation costs 2n messages and 4 delays, and with a lease a read costs 2 and 2") {
  for (const int n : {3, 5, 7}) {
    const auto cost_of = [n](const char* reads, double share) {
      CAPTURE(n, reads);
      const Json json = {{"name", "cost"},
                         {"duration", "1s"},
                         {"settle", "100ms"},
                         {"replicas", n},
                         {"protocol", {{"name", "raft"}, {"reads", reads}}},
                         {"service", {{"name", "kv"}, {"keys", 4}}},
                         {"clients", {{"count", 2}, {"think", "1ms"}, {"reads", share}}},
                         {"network", {{"delay", "1ms"}, {"client", "same"}}}};
      const RunResult r = run_raft(read_scenario(json, "raft_test"), 1);
      CHECK(r.operations.ok > 200);
      return std::pair{r.cost.messages_per_operation.value(), r.cost.delays_per_operation.value()};
    };
    CHECK(cost_of("log", 0) == std::pair{2.0 * n, 4.0});
    CHECK(cost_of("log", 1) == std::pair{2.0 * n, 4.0});
    CHECK(cost_of("read_index", 1) == std::pair{2.0 * n, 4.0});
    const auto [messages, delays] = cost_of("lease", 1);  // all but those before the first heartbeat's answer
    CHECK(messages < 2.1);
    CHECK(delays < 2.1);
  }
}

TEST_CASE("when the leader crashes another takes over, and every history is linearizable: 20 seeds") {
  const Scenario scenario = raft_scenario("lessons/raft/raft_leader_crash.json");
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_raft(scenario, seed);
    require_safe(r);
    CHECK(r.failover.count == 1);
    CHECK(r.consensus.termination == true);
    CHECK(r.availability.longest_outage_s < 1);
  }
}

TEST_CASE("crashes, pauses, partitions and losses never break anything: 100 seeds") {
  require_safe_runs(random_faults(""), 100);
}

TEST_CASE("nor with five replicas, and with reads by index, pre-vote, check-quorum and snapshots: 50 seeds") {
  require_safe_runs(
      random_faults(R"(, "reads": "read_index", "pre_vote": true, "check_quorum": true, "compact_after": 20)",
                    5),
      50);
}

TEST_CASE("nor with reads under a lease: 50 seeds") {
  require_safe_runs(random_faults(R"(, "reads": "lease", "lease": "80ms", "compact_after": 50)"), 50);
}

TEST_CASE("a replica that was away for longer than the log reaches back gets a snapshot, and catches up") {
  const Scenario scenario =
      raft_scenario("lessons/raft/raft_leader_crash.json",
                    {{"/protocol/compact_after", 10},
                     {"/faults", Json::parse(R"([{"at": "2s", "crash": 4}, {"at": "6s", "restart": 4}])")}});
  for (int seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_raft(scenario, seed);
    require_safe(r);
    CHECK(r.consensus.termination == true);
  }
}

TEST_CASE("with pre-vote, a replica that was cut off comes back without deposing the leader") {
  const auto terms = [](bool pre_vote) {
    const Scenario scenario = raft_scenario(
        "lessons/raft/raft_leader_crash.json",
        {{"/protocol/pre_vote", pre_vote},
         {"/faults", Json::parse(R"([{"from": "2s", "to": "4s", "partition": [[0, 1, 2, 3], [4]]}])")}});
    const RunResult r = run_once(scenario, 1);
    require_safe(r);
    return r.record.leaderships.size();
  };
  CHECK(terms(true) == 1);
  CHECK(terms(false) > 1);
}

TEST_CASE("with check-quorum, a leader that is cut off resigns before the cut ends") {
  const auto resigns = [](bool check_quorum) {
    const Scenario scenario = raft_scenario(
        "lessons/raft/raft_leader_crash.json",
        {{"/protocol/check_quorum", check_quorum},
         {"/faults", Json::parse(R"([{"from": "2s", "to": "4s", "partition": [[0], [1, 2, 3, 4]]}])")}});
    const RunResult r = run_once(scenario, 1);
    require_safe(r);
    return std::ranges::any_of(r.record.roles, [](const Record::RoleChange& change) {
      return change.node == NodeId{0} && change.role == Role::backup && change.at < Time{3s};
    });
  };
  CHECK(resigns(true));
  CHECK_FALSE(resigns(false));
}

TEST_CASE(
    "a vote that is not persisted elects two leaders in one term, but the same seeds pass without the bug") {
  const Scenario bug = raft_scenario("bugs/raft_vote_not_persisted.json");
  const Scenario cured = raft_scenario("bugs/raft_vote_not_persisted.json", {{"/protocol/bug", "none"}});
  int caught = 0;
  for (int seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    caught += run_raft(bug, seed).consensus.election_safety == false ? 1 : 0;
    require_safe(run_raft(cured, seed));
  }
  CHECK(caught >= 3);
}

TEST_CASE("only the linearizability judge sees reads from a follower's state") {
  const Scenario bug = raft_scenario("bugs/raft_local_reads.json");
  const Scenario cured = raft_scenario("bugs/raft_local_reads.json", {{"/protocol/bug", "none"}});
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_raft(bug, seed);
    CHECK(r.linearizability.verdict == Verdict::violation);
    CHECK(r.lost_writes.count == 0);
    CHECK_FALSE(r.divergence.diverged);
    CHECK_FALSE(r.consensus_broken());
    require_safe(run_raft(cured, seed));
  }
}

TEST_CASE("counting replicas for an earlier term's entry loses it as in figure 8, on every seed of 10") {
  const Scenario bug = raft_scenario("bugs/raft_figure8.json");
  const Scenario cured = raft_scenario("bugs/raft_figure8.json", {{"/protocol/bug", "none"}});
  for (int seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_raft(bug, seed);
    CHECK(r.consensus.agreement == false);
    CHECK(r.consensus.leader_completeness == false);
    CHECK(r.consensus.election_safety == true);
    require_safe(run_raft(cured, seed));
  }
}

TEST_CASE("a lease on a slow clock gives stale reads in 15 of 20 seeds, but one cut for the drift in none") {
  const Scenario bug = raft_scenario("bugs/raft_lease_drift.json");
  const Scenario cured = raft_scenario("bugs/raft_lease_drift.json", {{"/protocol/lease_drift", 0.5}});
  int caught = 0;
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_raft(bug, seed);
    caught += r.linearizability.verdict == Verdict::violation ? 1 : 0;
    CHECK_FALSE(r.consensus_broken());
    require_safe(run_raft(cured, seed));
  }
  CHECK(caught >= 15);
}
