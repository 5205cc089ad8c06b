// Bugs that must be caught, each by a judge that the others could not replace; and the same seeds without the
// bug.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sim/experiment/run.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

using Changes = std::vector<std::pair<std::string, Json>>;

Scenario scenario_with(const std::string& file, const Changes& changes = {}) {
  Scenario scenario = load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/" + file);
  return scenario_at(scenario, changes);
}

// In how many of `seeds` runs `caught` says yes.
int runs_caught(const Scenario& scenario, int seeds, const std::function<bool(const RunResult&)>& caught) {
  int count = 0;
  for (int seed = 1; seed <= seeds; ++seed)
    count += caught(run_for_sweep(scenario, static_cast<std::uint64_t>(seed))) ? 1 : 0;
  return count;
}

bool linearizable(const RunResult& r) { return r.linearizability.verdict == Verdict::linearizable; }
bool loses_writes(const RunResult& r) { return r.lost_writes.count > 0; }
bool splits(const RunResult& r) { return r.split_brain.episodes > 0; }
bool harmful(const RunResult& r) { return r.split_brain.harmful > 0; }

// What a reader of the result would call a fault in the protocol.
bool healthy(const RunResult& r) {
  return linearizable(r) && !loses_writes(r) && !harmful(r) && !r.divergence.diverged;
}

}  // namespace

TEST_CASE("no fencing and a paused primary: caught in 20 of 20 seeds, but with fencing the same seeds pass") {
  const auto with_bug = scenario_with("bugs/no_fencing.json");
  CHECK(runs_caught(with_bug, 20, [](const RunResult& r) { return splits(r) && loses_writes(r); }) == 20);
  const auto without =
      scenario_with("bugs/no_fencing.json", {{"/protocol/fencing", true}, {"/clients/reads", 0.0}});
  CHECK(runs_caught(without, 20, healthy) == 20);
}

TEST_CASE(
    "a reply before the update: caught in at least 15 of 20 seeds, but without the bug the same seeds pass") {
  const auto with_bug = scenario_with("bugs/reply_before_update.json");
  CHECK(runs_caught(with_bug, 20, loses_writes) >= 15);
  const auto without = scenario_with("bugs/reply_before_update.json", {{"/protocol/bug", "none"}});
  CHECK(runs_caught(without, 20, healthy) == 20);
}

TEST_CASE(
    "logs cut to the high watermark: caught in at least 15 of 20 seeds, but cut by epoch the same seeds "
    "pass") {
  const std::string file = "bugs/watermark_truncation.json";
  const auto differ = [](const RunResult& r) { return !linearizable(r) && r.divergence.diverged; };
  CHECK(runs_caught(scenario_with(file), 20, differ) >= 15);
  CHECK(runs_caught(scenario_with(file, {{"/protocol/truncate", "epoch"}}), 20, healthy) == 20);
  // If the old primary does not come back, nobody has the write any more.
  const auto gone = Json::parse(R"([{"at": "1009ms", "crash": 1}, {"at": "1010ms", "restart": 1},
                                    {"at": "1012ms", "crash": 0}])");
  CHECK(runs_caught(scenario_with(file, {{"/faults", gone}}), 20, loses_writes) >= 15);
  const auto cured = scenario_with(file, {{"/faults", gone}, {"/protocol/truncate", "epoch"}});
  CHECK(runs_caught(cured, 20, healthy) == 20);
}

TEST_CASE("only the linearizability judge sees a stale read") {
  const auto stale = scenario_with("lessons/primary_backup/primary_backup_stale_read.json");
  CHECK(runs_caught(stale, 20, [](const RunResult& r) {
          return !linearizable(r) && !loses_writes(r) && !r.divergence.diverged;
        }) >= 3);
  const auto leased =
      scenario_with("lessons/primary_backup/primary_backup_stale_read.json", {{"/protocol/lease", "30ms"}});
  CHECK(runs_caught(leased, 20, linearizable) == 20);
}

TEST_CASE("only the divergence judge sees backups that draw numbers of their own") {
  const auto drawn = scenario_with("lessons/primary_backup/primary_backup_ship_command.json");
  CHECK(runs_caught(drawn, 5, [](const RunResult& r) {
          return r.divergence.diverged && linearizable(r) && !loses_writes(r) && !splits(r);
        }) == 5);
}

TEST_CASE("only the split-brain judge sees two primaries between which no client came") {
  const auto quiet =
      scenario_with("lessons/primary_backup/primary_backup_lossy_period.json", {{"/clients/rate", "1/h"}});
  CHECK(runs_caught(quiet, 5, [](const RunResult& r) { return splits(r) && healthy(r); }) == 5);
}

TEST_CASE("only the judge of lost writes sees early answers that nobody reads again") {
  const auto unread =
      scenario_with("lessons/primary_backup/primary_backup_early_answer.json", {{"/clients/reads", 0.0}});
  CHECK(runs_caught(unread, 5, [](const RunResult& r) {
          return loses_writes(r) && linearizable(r) && !splits(r) && !r.divergence.diverged;
        }) == 5);
}

TEST_CASE("only availability and failover tell a slow detector from a fast one") {
  const auto run = [](const char* timeout) {
    return run_for_sweep(scenario_with("lessons/primary_backup/primary_backup_crash.json",
                                       {{"/protocol/detector/timeout", timeout}}),
                         1);
  };
  const RunResult fast = run("50ms"), slow = run("500ms");
  CHECK(healthy(fast));
  CHECK(healthy(slow));
  CHECK(fast.availability.longest_outage_s < 0.1);
  CHECK(slow.availability.longest_outage_s > 0.4);
  CHECK(slow.availability.fraction < fast.availability.fraction);
}

TEST_CASE("only the detector's judge sees suspicions between backups, which cost nothing but sleep") {
  const auto nervous =
      scenario_with("lessons/primary_backup/primary_backup_crash.json",
                    {{"/faults", Json::parse(R"([{"from": "2s", "to": "4s", "cut": [1, 2]}])")}});
  CHECK(runs_caught(nervous, 5, [](const RunResult& r) {
          return r.detector.false_suspicions > 0 && healthy(r) && !splits(r);
        }) == 5);
}

TEST_CASE(
    "election with leases survives 150 random plans of crashes, pauses and partitions without a violation") {
  const auto soak = scenario_with("incidents/random_faults.json", {{"/duration", "20s"}});
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_for_sweep(soak, seed);
    REQUIRE(linearizable(r));
    REQUIRE_FALSE(loses_writes(r));
    REQUIRE_FALSE(r.divergence.diverged);
  }
}
