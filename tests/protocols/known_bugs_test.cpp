// Bugs of real systems, each as a switch: with it the judges report the harm, without it nothing.
#include <string>
#include <utility>

#include "sim/experiment/run.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

struct KnownBug {
  std::string file;
  int shown;  ///< In at least so many of 100 seeds.
  bool (*shows)(const RunResult&);
  bool breaks_consensus = false;
  std::pair<std::string, Json> cure{"/protocol/bug", "none"};
};

bool is_stale(const RunResult& r) {
  return r.linearizability.verdict == Verdict::violation && r.lost_writes.count == 0;
}
bool loses_writes(const RunResult& r) { return r.lost_writes.count > 0; }  // perhaps nobody reads again
bool stops_for_good(const RunResult& r) {
  return r.availability.longest_outage_s > 8 && r.linearizability.verdict == Verdict::linearizable;
}
bool is_well(const RunResult& r) {
  return r.linearizability.verdict == Verdict::linearizable && r.lost_writes.count == 0 &&
         !r.consensus_broken() && !r.divergence.diverged && r.availability.longest_outage_s < 3;
}

void check_known_bug(const KnownBug& known) {
  const Scenario bug =
      load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/bugs/" + known.file + ".json");
  const Scenario cured = scenario_at(bug, {known.cure});
  int shown = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(known.file, seed);
    const RunResult r = run_for_sweep(bug, seed);
    shown += known.shows(r) ? 1 : 0;
    if (!known.breaks_consensus) CHECK_FALSE(r.consensus_broken());
    CHECK(is_well(run_for_sweep(cured, seed)));
  }
  CAPTURE(known.file);
  CHECK(shown >= known.shown);
}

}  // namespace

TEST_CASE("a lease that outlives what it rests on gives stale reads, and without the bug none: 100 seeds") {
  check_known_bug({"raft_transfer_ignores_lease", 30, is_stale});
  check_known_bug({"raft_coarse_quorum_check", 45, is_stale});
}

TEST_CASE("a new leader that reads before its first commit reads what others overwrote: 100 seeds") {
  check_known_bug({"raft_read_before_first_commit", 30, is_stale});
}

TEST_CASE("a new member that does not vote before it knows that it is one stops all: 100 seeds") {
  check_known_bug({"raft_learner_does_not_vote", 95, stops_for_good});
}

TEST_CASE("without sessions, requests that are asked again are executed twice: 100 seeds") {
  check_known_bug({"raft_no_sessions", 40, is_stale});
  check_known_bug({"multi_paxos_no_sessions", 95, is_stale});
}

TEST_CASE("answers before the disk are lost with the power: 100 seeds") {
  check_known_bug({"raft_early_answer", 95, loses_writes, true});
}

TEST_CASE("a voter whose disk is lost elects one without the writes, unless it waits for repair: 100 seeds") {
  check_known_bug({"raft_empty_voter", 95, loses_writes, true, {"/protocol/empty_may_vote", false}});
}

// Every replica may lose its disk, one after the other: each is repaired before the next.
TEST_CASE("replicas that lose their disks in turn, and wait for repair, lose nothing: 20 seeds") {
  Json document = Json::parse(R"({"name": "in turn", "duration": "8s", "settle": "2s", "replicas": 3,
    "protocol": {"name": "raft", "empty_may_vote": false}, "service": {"name": "kv", "keys": 4},
    "clients": {"count": 3, "rate": "50/s", "reads": 0.5, "timeout": "1s", "retry": "40ms"},
    "network": {"delay": {"uniform": ["500us", "1500us"]}}, "faults": []})");
  for (unsigned i = 0; i < 3; ++i) {
    const std::string crash = std::to_string(1 + 2 * i) + "s", restart = std::to_string(2 + 2 * i) + "s";
    document["faults"].push_back({{"at", crash}, {"crash", i}});
    document["faults"].push_back({{"at", restart}, {"restart", i}, {"disk", "lost"}});
  }
  const Scenario scenario = read_scenario(document, "known_bugs_test");
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    CHECK(is_well(run_for_sweep(scenario, seed)));
  }
}

TEST_CASE("a reborn primary that resumes with an empty disk wipes its backups: 100 seeds") {
  check_known_bug({"primary_backup_resumes_as_primary", 95, loses_writes});
}

TEST_CASE("demands for a view change that are made once never end a star of links: 100 seeds") {
  check_known_bug({"pbft_view_change_once", 95, stops_for_good});
}
