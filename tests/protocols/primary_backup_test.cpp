// Every combination of primary-backup's options survives a crash and a return when its assumptions hold.
#include <string>
#include <vector>

#include "sim/experiment/run.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

Scenario crash_with(const Json& options, const Json& clients = Json::object()) {
  Json document = load_scenario_document(std::string(REPSIM_SOURCE_DIR) +
                                         "/scenarios/lessons/primary_backup/primary_backup_crash.json");
  document.erase("expect");
  document["protocol"].update(options);
  document["clients"].update(clients);
  return read_scenario(document, "primary_backup_test");
}

// The old primary is back, everybody agrees, and clients saw one copy.
void check_recovered(const Scenario& scenario, bool may_lose = false) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    CAPTURE(scenario.canonical["protocol"].dump(), seed);
    const RunResult r = run_for_sweep(scenario, seed);
    CHECK_FALSE(r.divergence.diverged);
    CHECK(r.split_brain.harmful == 0);
    CHECK(r.failover.count == 1);
    CHECK(r.operations.ok > r.operations.invoked * 9 / 10);
    if (may_lose) continue;
    CHECK(r.linearizability.verdict == Verdict::linearizable);
    CHECK(r.lost_writes.count == 0);
  }
}

}  // namespace

TEST_CASE("primary-backup recovers from a crash with every way to acknowledge, succeed, fence and catch up") {
  for (const auto* acknowledge : {"before_backups", "after_one", "after_backups"}) {
    for (const auto* succession : {"fixed_order", "election"}) {
      for (const auto* catch_up : {"log", "state"}) {
        for (const bool fencing : {true, false}) {
          const bool early =
              std::string(acknowledge) != "after_backups";  // a fixed order may pick who has less
          check_recovered(crash_with({{"acknowledge", acknowledge},
                                      {"succession", succession},
                                      {"catch_up", catch_up},
                                      {"fencing", fencing}}),
                          early);
        }
      }
    }
  }
}

TEST_CASE("primary-backup recovers with every detector, by heartbeats and by pings") {
  const std::vector<Json> detectors{
      {{"kind", "timeout"}, {"timeout", "50ms"}},
      {{"kind", "chen"}, {"clocks", "synchronised"}, {"margin", "30ms"}, {"timeout", "60ms"}},
      {{"kind", "chen"}, {"clocks", "own"}, {"margin", "40ms"}, {"timeout", "60ms"}},
      {{"kind", "phi_accrual"}, {"threshold", 8}, {"deviation_min", "3ms"}, {"timeout", "60ms"}}};
  for (Json detector : detectors) {
    for (const auto* driver : {"heartbeats", "pings"}) {
      detector["driver"] = driver;
      detector["heartbeat"] = "10ms";
      check_recovered(crash_with({{"detector", detector}}));
    }
  }
}

TEST_CASE("primary-backup recovers with leases, batches, retransmission, and commands instead of states") {
  check_recovered(crash_with({{"lease", "30ms"}, {"succession", "election"}}));
  check_recovered(crash_with({{"batch", "5ms"}}));
  check_recovered(crash_with({{"retransmit", "5ms"}}));
  check_recovered(crash_with({{"ship", "command"}}));
}

TEST_CASE("a client that pings finds the new primary before it has an operation to lose") {
  const Json rare{{"rate", "2/s"}, {"retry", false}, {"timeout", "100ms"}};
  Json pinging = rare;
  pinging["ping"] = "10ms";
  std::uint64_t unanswered = 0, unanswered_pinging = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    unanswered += run_for_sweep(crash_with(Json::object(), rare), seed).operations.pending;
    unanswered_pinging += run_for_sweep(crash_with(Json::object(), pinging), seed).operations.pending;
  }
  CAPTURE(unanswered, unanswered_pinging);
  CHECK(unanswered_pinging * 2 < unanswered);
}

TEST_CASE("a returning primary whose disk was lost gets everything again") {
  Json document = load_scenario_document(std::string(REPSIM_SOURCE_DIR) +
                                         "/scenarios/lessons/primary_backup/primary_backup_crash.json");
  for (const auto* disk : {"kept", "tail_lost", "lost"}) {
    document["faults"] = Json::parse(R"([{"at": "4s", "crash": "primary"}, {"at": "4010ms", "restart": 0}])");
    document["faults"][1]["disk"] = disk;
    document.erase("expect");
    for (const auto* succession : {"fixed_order", "election"}) {
      if (std::string(disk) == "lost" && std::string(succession) == "election")
        continue;  // an amnesiac may not vote
      document["protocol"]["succession"] = succession;
      CAPTURE(disk, succession);
      const RunResult r = run_for_sweep(read_scenario(document, "primary_backup_test"), 1);
      CHECK_FALSE(r.divergence.diverged);
      CHECK(r.lost_writes.count == 0);
      CHECK(r.linearizability.verdict == Verdict::linearizable);
    }
  }
}
