// Raft's operator: members come and go, the lead changes hands, and nothing is lost whatever fails meanwhile.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sim/experiment/run.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

using Changes = std::vector<std::pair<std::string, Json>>;

Scenario shipped(const std::string& file, const Changes& changes = {}) {
  return scenario_at(load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/" + file), changes);
}

RunResult run_seed(const Scenario& scenario, int seed) {
  return run_for_sweep(scenario, static_cast<std::uint64_t>(seed));
}

// Replicas that are no members at the end are behind.
void require_safe_members(const RunResult& r) {
  INFO(r.consensus.story);
  REQUIRE(r.error.empty());
  REQUIRE(r.linearizability.verdict == Verdict::linearizable);
  REQUIRE(r.lost_writes.count == 0);
  REQUIRE_FALSE(r.consensus_broken());
}

void require_safe(const RunResult& r) {
  require_safe_members(r);
  REQUIRE_FALSE(r.divergence.diverged);
}

std::vector<std::uint16_t> leaders(const Record& record) {
  std::vector<std::uint16_t> nodes;
  for (const auto& change : record.roles) {
    if (change.role == Role::primary) nodes.push_back(change.node.value);
  }
  return nodes;
}

// Every two seconds other members; crashes, pauses, partitions and losses all along. All are members at the
// end.
Scenario restless(const std::string& options) {
  return read_scenario(Json::parse(R"({"name": "raft", "duration": "16s", "settle": "4s", "replicas": 5,
    "protocol": {"name": "raft", "members": 3, "pre_vote": true, "check_quorum": true,
                 "election_timeout_min": "100ms", "election_timeout_max": "200ms", "heartbeat": "20ms")" +
                                   options + R"(},
    "service": {"name": "kv", "keys": 4},
    "clients": {"count": 3, "rate": "20/s", "reads": 0.5, "timeout": "1s", "retry": "40ms"},
    "network": {"delay": {"lognormal": {"median": "1ms", "sigma": 0.6}}, "loss": 0.02, "duplicate": 0.01},
    "faults": [{"at": "2s", "reconfigure": [2, 3, 4]}, {"at": "4s", "reconfigure": [0, 1, 2, 3]},
               {"at": "6s", "transfer": 1}, {"at": "7s", "reconfigure": [1, 4]}, {"at": "9s", "transfer": 4},
               {"at": "10s", "reconfigure": [0, 2, 3]}, {"at": "12s", "reconfigure": [0, 1, 2, 3, 4]},
               {"at": "13s", "reconfigure": [0, 1, 2, 3, 4]}, {"at": "15900ms", "reconfigure": [0, 1, 2, 3, 4]},
               {"random": {"kind": "crash", "rate": "12/min", "mean": "500ms", "disk": "tail_lost"}},
               {"random": {"kind": "pause", "rate": "12/min", "mean": "200ms"}},
               {"random": {"kind": "partition", "rate": "12/min", "mean": "500ms"}}]})"),
                       "raft_membership_test");
}

}  // namespace

TEST_CASE("members change one by one under crashes, pauses, partitions and losses: 40 seeds") {
  const Scenario scenario = restless(R"(, "membership": "single")");
  for (int seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_seed(scenario, seed);
    require_safe(r);
    REQUIRE(r.operations.ok > r.operations.invoked / 2);
  }
}

TEST_CASE("and so they do at once, by a joint configuration, with snapshots: 40 seeds") {
  const Scenario scenario =
      restless(R"(, "membership": "joint", "compact_after": 20, "reads": "read_index")");
  for (int seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_seed(scenario, seed);
    require_safe(r);
    REQUIRE(r.operations.ok > r.operations.invoked / 2);
  }
}

TEST_CASE("a leader that is removed leads until that is committed, and one of those who stay follows it") {
  for (const char* how : {"single", "joint"}) {
    const Scenario scenario =
        shipped("lessons/raft/raft_membership.json", {{"/protocol/membership", how}, {"/faults/1/at", "7s"}});
    for (int seed = 1; seed <= 10; ++seed) {
      CAPTURE(how, seed);
      const RunResult r = run_once(scenario, static_cast<std::uint64_t>(seed));
      require_safe(r);
      const auto nodes = leaders(r.record);
      REQUIRE(nodes.size() >= 2);
      CHECK(nodes.front() == 0);
      CHECK(std::all_of(nodes.begin() + 1, nodes.end(), [](std::uint16_t n) { return n >= 2; }));
    }
  }
}

TEST_CASE("a replica that is removed and not told deposes leaders, but not with pre-vote and check-quorum") {
  const auto leaderships = [](bool quiet) {
    const Scenario scenario = shipped(
        "lessons/raft/raft_membership.json",
        {{"/protocol/pre_vote", quiet},
         {"/protocol/check_quorum", quiet},
         {"/faults",
          Json::parse(R"([{"at": "2s", "reconfigure": [0, 1]}, {"at": "7s", "reconfigure": [0, 1, 2]}])")},
         {"/replicas", 3}});
    const RunResult r = run_once(scenario, 1);
    require_safe_members(r);
    return r.record.leaderships.size();
  };
  CHECK(leaderships(true) == 1);
  CHECK(leaderships(false) > 1);
}

TEST_CASE("replicas that are down are not made members, and stop nobody") {
  for (const char* how : {"single", "joint"}) {
    CAPTURE(how);
    const Scenario scenario = shipped(
        "lessons/raft/raft_membership.json",
        {{"/protocol/membership", how},
         {"/protocol/members", 2},
         {"/faults",
          Json::parse(R"([{"at": "1s", "crash": 2}, {"at": "1s", "crash": 3}, {"at": "1s", "crash": 4},
           {"at": "2s", "reconfigure": [0, 1, 2, 3, 4]}])")}});
    const RunResult r = run_seed(scenario, 1);
    require_safe(r);
    CHECK(r.operations.ok == r.operations.invoked);
    CHECK(r.availability.longest_outage_s < 0.1);
  }
}

TEST_CASE(
    "a change before an entry of the own term makes majorities that share nobody, on every seed of 10") {
  const std::string file = "bugs/raft_membership.json";
  const Scenario bug = shipped(file);
  const Scenario cured = shipped(file, {{"/protocol/bug", "none"}});
  const Scenario joint = shipped(file, {{"/protocol/bug", "none"}, {"/protocol/membership", "joint"}});
  for (int seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_seed(bug, seed);
    CHECK(r.consensus.agreement == false);
    CHECK(r.consensus.leader_completeness == false);
    require_safe_members(run_seed(cured, seed));
    require_safe_members(run_seed(joint, seed));
  }
}

TEST_CASE("a transfer leaves the cluster without a leader for a few delays only: 20 seeds") {
  const Scenario scenario = shipped("lessons/raft/raft_transfer.json");
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_once(scenario, static_cast<std::uint64_t>(seed));
    require_safe(r);
    CHECK(leaders(r.record) == std::vector<std::uint16_t>{0, 2});
    CHECK(r.record.leaderships.back().at < Time{2s} + 8ms);
    CHECK(r.operations.ok == r.operations.invoked);
  }
}

TEST_CASE("a leader whose successor is down goes on after an election timeout") {
  const Scenario scenario =
      shipped("lessons/raft/raft_transfer.json", {{"/faults", Json::parse(R"([{"at": "1990ms", "crash": 2},
                                        {"at": "2s", "transfer": 2}, {"at": "3s", "restart": 2}])")}});
  for (int seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_once(scenario, static_cast<std::uint64_t>(seed));
    require_safe(r);
    CHECK(leaders(r.record) == std::vector<std::uint16_t>{0});
    CHECK(r.availability.longest_outage_s < 0.4);
    CHECK(r.operations.ok == r.operations.invoked);
  }
}

TEST_CASE("under a lease, a transfer makes nobody read what is stale: 20 seeds") {
  const Scenario scenario = shipped(
      "lessons/raft/raft_transfer.json",
      {{"/protocol/reads", "lease"},
       {"/faults",
        Json::parse(
            R"([{"at": "1s", "transfer": 2}, {"at": "2s", "transfer": 0}, {"at": "3s", "transfer": 4}])")}});
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    require_safe(run_seed(scenario, seed));
  }
}
