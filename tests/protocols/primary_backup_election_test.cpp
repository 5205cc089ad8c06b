// What an elected primary-backup promises under any partition, loss, crash and slow disk; and each of the
// bugs that it once had, caught by a judge.
#include <string>
#include <utility>
#include <vector>

#include "sim/experiment/run.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

using Changes = std::vector<std::pair<std::string, Json>>;

Scenario bug_with(const std::string& name, const Changes& changes = {}) {
  const std::string file = std::string(REPSIM_SOURCE_DIR) + "/scenarios/bugs/primary_backup_" + name;
  return scenario_at(load_scenario(file + ".json"), changes);
}

Scenario elected(const char* text) {
  return read_scenario(Json::parse(text), "primary_backup_election_test");
}

bool lost_or_stale(const RunResult& r) {
  return r.lost_writes.count > 0 || r.linearizability.verdict == Verdict::violation;
}

// In how many of the first `seeds` runs clients were deceived or robbed.
int runs_caught(const Scenario& scenario, std::uint64_t seeds) {
  int caught = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    caught += lost_or_stale(run_for_sweep(scenario, seed)) ? 1 : 0;
  }
  return caught;
}

void check_safe(const Scenario& scenario, std::uint64_t seeds) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(scenario.canonical["protocol"].dump(), seed);
    const RunResult r = run_for_sweep(scenario, seed);
    CHECK_FALSE(lost_or_stale(r));
    CHECK_FALSE(r.divergence.diverged);
    CHECK(r.operations.ok > 0);
  }
}

// Slow disks, and one crash at a time that takes what they had not completed.
const char* kSlowDisks = R"({"name": "slow-disks", "seed": 1, "duration": "5s", "settle": "2s", "replicas": 3,
  "protocol": {"name": "primary_backup", "succession": "election", "lease": "40ms",
               "detector": {"kind": "timeout", "heartbeat": "10ms", "timeout": "50ms"}},
  "service": {"name": "kv", "keys": 1},
  "clients": {"count": 3, "rate": "10/s", "reads": 0.5, "timeout": "800ms", "retry": "40ms"},
  "network": {"delay": "1ms"},
  "faults": [{"from": "0s", "to": "5s", "disk": 0, "delay": "20ms"},
             {"from": "0s", "to": "5s", "disk": 1, "delay": "20ms"},
             {"from": "0s", "to": "5s", "disk": 2, "delay": "20ms"},
             {"random": {"kind": "crash", "rate": "20/s", "mean": "3ms", "disk": "tail_lost"}}]})";

// Lost, late and moving: what makes logs differ.
const char* kRoughNetwork = R"({"name": "rough", "seed": 1, "duration": "3s", "settle": "6s", "replicas": 3,
  "protocol": {"name": "primary_backup", "succession": "election", "lease": "90ms", "retransmit": "30ms",
               "detector": {"kind": "timeout", "heartbeat": "20ms", "timeout": "100ms"}},
  "clients": {"count": 6, "writes": {"append": 1}, "every": "20ms"},
  "network": {"loss": 0.3, "reorder": {"probability": 0.05, "hold": "100ms"}},
  "faults": [{"random": {"kind": "crash", "rate": "1/s", "mean": "200ms", "disk": "tail_lost"}},
             {"random": {"kind": "partition", "rate": "1/s", "mean": "200ms"}}]})";

}  // namespace

TEST_CASE(
    "a vote that is no promise loses writes when the partition moves, but if it is kept the same seeds lose "
    "none") {
  CHECK(runs_caught(bug_with("vote_is_no_promise"), 10) == 10);
  for (int moved = 1096; moved <= 1140; moved += 4) {  // whenever the partition moves
    Json faults = bug_with("vote_is_no_promise").canonical["faults"];
    faults[1]["to"] = faults[2]["from"] = std::to_string(moved) + "ms";
    CAPTURE(moved);
    check_safe(bug_with("vote_is_no_promise", {{"/protocol/bug", "none"}, {"/faults", faults}}), 3);
  }
}

TEST_CASE(
    "a state that comes late takes back what was stored, but if it is ignored the same seeds lose none") {
  CHECK(runs_caught(bug_with("late_state"), 40) >= 4);
  check_safe(bug_with("late_state", {{"/protocol/bug", "none"}, {"/settle", "10s"}}), 40);
}

TEST_CASE(
    "what an elected primary acknowledges is on a majority's disks, but written behind, it may be on none") {
  check_safe(elected(kSlowDisks), 20);
  check_safe(scenario_at(elected(kSlowDisks), {{"/protocol/acknowledge", "after_one"}}), 20);
  CHECK(runs_caught(scenario_at(elected(kSlowDisks), {{"/protocol/write_behind", true}}), 20) >= 10);
}

TEST_CASE("elected replicas agree after loss, reordering, crashes and partitions, however they catch up") {
  for (const auto* catch_up : {"log", "state"}) {
    for (const Json& batch : {Json(false), Json("2ms")}) {
      for (const auto* acknowledge : {"after_one", "after_backups"}) {
        check_safe(scenario_at(elected(kRoughNetwork), {{"/protocol/catch_up", catch_up},
                                                        {"/protocol/batch", batch},
                                                        {"/protocol/acknowledge", acknowledge}}),
                   12);
      }
    }
  }
}

TEST_CASE("a restarted replica begins from its service's first state: a counter reads 0, not nothing") {
  for (const auto* service : {"counter", "log", "register", "kv"}) {
    Json document = Json::parse(R"({"name": "restart", "duration": "3s", "settle": "1s", "replicas": 3,
      "protocol": {"name": "primary_backup", "succession": "election"},
      "clients": {"count": 1, "rate": "50/s", "reads": 0.9, "retry": "40ms"},
      "faults": [{"at": "100ms", "crash": 0}, {"at": "1s", "crash": 1}, {"at": "1010ms", "restart": 1},
                 {"at": "1500ms", "crash": 2}, {"at": "1510ms", "restart": 2}]})");
    document["service"] = {{"name", service}};
    for (const auto* disk : {"kept", "tail_lost"}) {
      for (const int i : {2, 4}) document["faults"][static_cast<std::size_t>(i)]["disk"] = disk;
      check_safe(read_scenario(document, "primary_backup_election_test"), 10);
      document["clients"]["reads"] = 1;
      check_safe(read_scenario(document, "primary_backup_election_test"), 5);
    }
  }
}

TEST_CASE("one replica that misses heartbeats deposes nobody: it asks before it stands") {
  Json document = Json::parse(kRoughNetwork);
  document["network"] = Json::parse(R"({"delay": "1ms", "links": [{"from": 0, "to": 2, "loss": 0.7}]})");
  document["faults"] = Json::array();
  document["protocol"]["acknowledge"] = "after_one";
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_for_sweep(read_scenario(document, "primary_backup_election_test"), seed);
    CHECK(r.detector.false_suspicions > 0);
    CHECK(r.split_brain.episodes == 0);
    CHECK(r.operations.ok == r.operations.invoked);
  }
}

namespace {

// Replica 0, the primary, crashes after a second.
Scenario primary_crashes(int replicas, const std::string& more_faults = "") {
  return elected((R"({"name": "primary-crashes", "duration": "3s", "settle": "1s", "replicas": )" +
                  std::to_string(replicas) + R"(,
    "protocol": {"name": "primary_backup", "succession": "election", "lease": "90ms",
                 "detector": {"kind": "timeout", "heartbeat": "20ms", "timeout": "100ms"}},
    "clients": {"count": 3, "rate": "30/s", "timeout": "600ms", "retry": "40ms"}, "network": {"delay": "1ms"},
    "faults": [{"at": "1s", "crash": 0})" +
                  more_faults + "]}")
                     .c_str());
}

}  // namespace

TEST_CASE("backups that suspect at one moment don't split the vote: nobody stands in vain") {
  for (const int replicas : {3, 4, 5, 7}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      CAPTURE(replicas, seed);
      const RunResult r = run_for_sweep(primary_crashes(replicas), seed);
      CHECK(r.failover.vain_terms == 0);
      CHECK(r.failover.max_s < 0.11);  // the timeout, and a trial and a vote of two delays each
    }
  }
}

TEST_CASE("who would go first but reaches no majority gives way to one that does") {
  // Of those that are left 1 and 3 hear only 2, which needs both.
  const Scenario s = primary_crashes(5, R"(, {"at": "1s", "crash": 4},
                             {"from": "1s", "to": "3s", "overlap": [[1, 2, "others"], [2, 3, "others"]]})");
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_for_sweep(s, seed);
    CHECK(r.failover.count == 1);
    CHECK(r.failover.max_s < 0.8);
  }
}

TEST_CASE(
    "a read asked again while backups confirm it is logged once, but if it is logged again slow disks fall "
    "behind") {
  const Scenario bug = bug_with("read_logged_again");
  const Scenario cured = bug_with("read_logged_again", {{"/protocol/bug", "none"}});
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    const RunResult wrong = run_for_sweep(bug, seed);
    CHECK(2 * wrong.operations.ok < wrong.operations.invoked);
    CHECK_FALSE(lost_or_stale(wrong));
    const RunResult right = run_for_sweep(cured, seed);
    CHECK(right.operations.ok == right.operations.invoked);
    CHECK(right.latency_ms.p99 < 200);
  }
}
