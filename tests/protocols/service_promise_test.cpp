// Protocols serve again, as promised, once all faults are over; if they don't, the judge of progress reports
// it.
#include <string>
#include <utility>
#include <vector>

#include "sim/check/progress.hpp"
#include "sim/experiment/run.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

using Outcome_ = ProgressJudgement::Verdict;
using Changes = std::vector<std::pair<std::string, Json>>;

Scenario stuck_once(const std::string& name, const Changes& changes = {}) {
  const std::string file = std::string(REPSIM_SOURCE_DIR) + "/tests/data/progress/" + name + ".json";
  return scenario_at(load_scenario(file), changes);
}

Scenario three(const std::string& protocol, const std::string& faults) {
  return read_scenario(Json::parse(R"({"name": "promise", "duration": "12s", "settle": "1s", "replicas": 3,
    "protocol": )" + protocol + R"(, "service": {"name": "kv", "keys": 2},
    "clients": {"count": 3, "rate": "20/s", "reads": 0.5, "timeout": "500ms", "retry": "60ms"},
    "network": {"delay": {"uniform": ["500us", "1500us"]}, "fifo": true}, "faults": [)" +
                                   faults + "]}"),
                       "service_promise_test");
}

// What is promised there, of a quick network that loses nothing.
ProgressRules rules_of(const Scenario& scenario) {
  const Calm calm{.members = 3, .delay = 2ms, .loss = 0, .client_timeout = 500ms, .client_retry = 60ms};
  const auto promise = scenario.plan->promise(calm);
  REQUIRE(promise);
  return {.client_timeout = 500ms,
          .within = promise->within,
          .running = promise->running,
          .despite_liars = promise->despite_liars,
          .untold = promise->untold,
          .on_disk = promise->memory == ServicePromise::Memory::on_disk};
}

const std::string kPartition = R"({"from": "1s", "to": "2s", "partition": [[0], [1, 2]]})";
const std::string kTold = R"({"at": "1s", "crash": 0, "told_within": "5ms"})";
const std::string kRestart = R"({"at": "1s", "crash": 0}, {"at": "2s", "restart": 0})";

const std::string kNaive = R"({"name": "naive_broadcast", "catch_up": "log"})";
const std::string kAbd = R"({"name": "abd"})";
const std::string kAbdByClients = R"({"name": "abd", "coordinator": "client"})";
const std::string kFixedOrder = R"({"name": "primary_backup"})";
const std::string kLogicalClocks = R"({"name": "schneider", "order": "logical_clocks"})";
const std::string kRealClocks = R"({"name": "schneider", "order": "synchronised_clocks"})";
const std::string kLocalWrite = R"({"name": "local_write", "retransmit": "40ms"})";
const std::string kReadsAtOwner = R"({"name": "local_write", "retransmit": "40ms", "reads": "owner"})";

}  // namespace

TEST_CASE("runs that once stopped for ever go on, and their judge says so: 5 seeds each") {
  const Changes patience{{"/protocol/request_timeout", "200ms"}};
  for (const auto& scenario :
       {stuck_once("raft_removed_leader_stuck"), stuck_once("pbft_macs_wedge"),
        stuck_once("pbft_dead_after_bad_period", patience), stuck_once("pbft_left_behind_min")}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      CAPTURE(scenario.name, seed);
      const RunResult r = run_for_sweep(scenario, seed);
      INFO(r.progress.story);
      CHECK(r.progress.verdict == Outcome_::held);
      CHECK(r.operations.ok > r.operations.invoked * 4 / 5);
    }
  }
}

TEST_CASE("with the bug that stopped them, they stop") {
  const Scenario sits = stuck_once("raft_removed_leader_stuck", {{"/protocol/bug", "outsider_sits_still"}});
  CHECK(run_for_sweep(sits, 1).progress.verdict == Outcome_::stopped);
  const Scenario anew =
      load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/bugs/pbft_clock_starts_anew.json");
  CHECK(run_for_sweep(anew, 1).progress.verdict == Outcome_::stopped);
}

TEST_CASE("protocols without elections keep their promise of service, too: 5 seeds of each fault") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases{
      {kNaive, {"", kPartition, kRestart}},
      {kAbd, {"", kPartition, kRestart, R"({"at": "1s", "crash": 0})"}},
      {kAbdByClients, {"", kPartition, kRestart, R"({"at": "1s", "crash": 0})"}},
      {kFixedOrder, {"", kPartition, kRestart, R"({"at": "1s", "crash": 0}, {"at": "1s", "crash": 1})"}},
      {kLogicalClocks, {"", kPartition, kTold}},
      {kRealClocks, {"", kPartition, kTold}},
      {kLocalWrite, {"", kPartition, kTold}},
      {kReadsAtOwner, {"", kPartition, kTold}}};
  for (const auto& [protocol, all] : cases) {
    for (const auto& faults : all) {
      for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        CAPTURE(protocol, faults, seed);
        const RunResult r = run_for_sweep(three(protocol, faults), seed);
        INFO(r.progress.story);
        CHECK(r.progress.verdict == Outcome_::held);
      }
    }
  }
}

TEST_CASE("nothing is promised where a protocol's assumptions fail") {
  const std::string untold = R"({"at": "1s", "crash": 0})";
  const std::string majority = R"({"at": "1s", "crash": 0}, {"at": "1s", "crash": 1})";
  for (const auto& [protocol, faults] :
       {std::pair{kAbd, majority},
        {kAbdByClients, majority},
        {kLogicalClocks, untold},
        {kLocalWrite, untold},
        {std::string(R"({"name": "local_write"})"), kPartition},
        {std::string(R"({"name": "schneider", "order": "replica_ids"})"), kPartition}}) {
    CAPTURE(protocol, faults);
    CHECK(run_for_sweep(three(protocol, faults), 1).progress.verdict == Outcome_::unknown);
  }
}

// Each stops for good, as its own head says; the promise is that of a variant that goes on.
TEST_CASE("a promise that is not kept is seen: a run that stops is no progress") {
  const std::string forgets = R"({"name": "local_write", "reads": "owner"})";
  const std::string by_identifiers = R"({"name": "schneider", "order": "replica_ids"})";
  const std::string never_suspects = R"({"name": "primary_backup", "detector": {"timeout": "1h"}})";
  for (const auto& [promised, run, faults] :
       {std::tuple{kReadsAtOwner, forgets, kPartition},
        {kLogicalClocks, by_identifiers, kPartition},
        {kFixedOrder, never_suspects, std::string(R"({"at": "1s", "crash": 0})")}}) {
    CAPTURE(run, faults);
    const RunResult r = run_once(three(run, faults), 1);
    const auto judgement = judge_progress(r.record, rules_of(three(promised, "")));
    INFO(judgement.why);
    CHECK(judgement.verdict == Outcome_::stopped);
  }
  ProgressRules too_bold = rules_of(three(kAbd, ""));
  too_bold.running = 1;  // of three
  const RunResult r = run_once(three(kAbd, R"({"at": "1s", "crash": 0}, {"at": "1s", "crash": 1})"), 1);
  CHECK(judge_progress(r.record, too_bold).verdict == Outcome_::stopped);
}

// A client whose provisional answers, or reads at once, don't agree asks again for what is final.
TEST_CASE("pbft answers tentatively and reads at once for clients that never repeat anything: 5 seeds each") {
  for (const char* option : {"tentative", "read_only"}) {
    for (const char* authentication : {"signatures", "macs"}) {
      const Scenario scenario =
          stuck_once("pbft_left_behind_min", {{"/protocol/" + std::string(option), true},
                                              {"/protocol/authentication", authentication},
                                              {"/clients/timeout", "2s"}});
      for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        CAPTURE(option, authentication, seed);
        const RunResult r = run_for_sweep(scenario, seed);
        CHECK(r.progress.verdict == Outcome_::held);
        CHECK(r.linearizability.verdict == Verdict::linearizable);
        CHECK(r.operations.pending == 0);
      }
    }
  }
}
