// Verdicts on whole runs: scenarios on which a judge once gave a false verdict, or none.
#include <string>

#include "sim/experiment/run.hpp"
#include "sim/experiment/sweep/sweep.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

Scenario load(const std::string& name) { return load_scenario(std::string(REPSIM_SOURCE_DIR) + "/" + name); }
RunResult run(const Scenario& scenario) { return run_once(scenario, scenario.seed); }

}  // namespace

TEST_CASE("writes that the survivors' logs hold are not lost, and an election without end counts") {
  const RunResult r = run(load("tests/data/judges/held_but_not_applied.json"));
  CHECK(r.lost_writes.count == 0);
  CHECK(r.lost_writes.held > 0);
  CHECK(r.failover.count == 0);
  CHECK(r.failover.unfinished == 1);
  CHECK(r.failover.vain_terms > 20);
  CHECK(r.primary.without_s.value() > 9);
}

TEST_CASE("replicas that are no members, yet or any more, neither diverge nor are undecided") {
  const RunResult replaced = run(load("tests/data/judges/replaced_member.json"));
  CHECK_FALSE(replaced.divergence.diverged);
  CHECK(replaced.divergence.seconds == 0);
  CHECK(replaced.consensus.termination == true);
  CHECK(replaced.orders.given == 1);
  CHECK(replaced.orders.carried_out == 1);
  const RunResult without = run(load("tests/data/judges/raft_nonmember_diverged.json"));
  CHECK_FALSE(without.divergence.diverged);
  CHECK(without.consensus.termination == true);
}

TEST_CASE("two leaders that answer in the order of one log do no harm") {
  const RunResult r = run(load("tests/data/judges/harmful_multi_paxos.json"));
  CHECK(r.split_brain.episodes > 0);
  CHECK(r.split_brain.harmful == 0);
}

TEST_CASE("the headline sweep's split brains do harm") {
  const Scenario sweep = load("scenarios/sweeps/primary_backup_timeout.json");
  const auto points = points_of(*sweep.sweep);
  std::uint64_t harmful = 0;
  for (const auto& point : points) {
    const Scenario scenario = scenario_at_point(sweep, point);
    if (scenario.setup.duration == Duration{} || point.values.front().second != Json("15ms")) continue;
    for (std::uint64_t seed = 1; seed <= 60; ++seed)
      harmful += run_for_sweep(scenario, seed).split_brain.harmful > 0 ? 1u : 0u;
  }
  CHECK(harmful > 8);  // 28 % of 1,000 runs
  CHECK(harmful < 32);
}

TEST_CASE("replicas that need not become alike are not called diverged") {
  const Scenario abd = load("tests/data/judges/abd_may_differ.json");
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const RunResult r = run_for_sweep(abd, seed);
    CHECK_FALSE(r.divergence.diverged);
    CHECK(r.divergence.compared == 0);
  }
}

TEST_CASE("of a run that was cut short nobody says that replicas differ or that writes are lost for good") {
  Scenario cut = load("tests/data/judges/cut_short.json");
  const RunResult r = run(cut);
  REQUIRE_FALSE(r.error.empty());
  CHECK_FALSE(r.divergence.diverged);
  CHECK(r.lost_writes.count == 0);
  CHECK_FALSE(r.consensus.termination.has_value());
}

TEST_CASE("an action that a protocol doesn't have is refused before the run") {
  try {
    load("tests/data/judges/unsupported_action.json");
    FAIL("it was taken");
  } catch (const InputError& e) {
    CHECK(std::string(e.what()).find("\"abd\" has no action \"cas\"") != std::string::npos);
  }
}

TEST_CASE("each message is delivered, lost or on its way, whatever crashes") {
  const RunResult r = run(load("tests/data/judges/lost_counts_self_message.json"));
  const auto& m = r.messages;
  CHECK(m.lost > 0);
  CHECK(m.delivered + m.lost + m.in_flight == m.sent + m.duplicated);
  CHECK(m.in_flight == r.record.messages_in_flight);
}

TEST_CASE("a restart of a running node is said to have done nothing") {
  const Scenario scenario = read_scenario(parse_json(R"({"name": "idle", "duration": "1s", "replicas": 3,
    "protocol": {"name": "raft"}, "faults": [{"at": "500ms", "restart": 1}]})",
                                                     "idle.json"),
                                          "idle.json");
  const RunResult r = run(scenario);
  CHECK(r.orders.without_effect == 1);
  REQUIRE(r.orders.notes.size() == 1);
  CHECK(r.orders.notes.front().find("replica 1") != std::string::npos);
}

TEST_CASE("an order to a replica that doesn't lead is said not to have been carried out") {
  const Scenario scenario = read_scenario(parse_json(R"({"name": "order", "duration": "1s", "replicas": 3,
    "protocol": {"name": "raft"}, "faults": [{"at": "500ms", "transfer": 2, "by": 1}]})",
                                                     "order.json"),
                                          "order.json");
  const RunResult r = run(scenario);
  CHECK(r.orders.given == 1);
  CHECK(r.orders.notes.size() == 1);
}

TEST_CASE("unless a scenario says what an outage is, it follows from the network") {
  const auto outage_after = [](const std::string& delay, const std::string& clients) {
    const std::string text = R"({"name": "o", "protocol": {"name": "abd"}, "clients": {)" + clients +
                             R"(}, "network": {"delay": )" + delay + "}}";
    return read_scenario(parse_json(text, "o.json"), "o.json").setup.clients.options.outage_after;
  };
  CHECK(outage_after(R"("500us")", "") == 10ms);
  CHECK(outage_after(R"("50ms")", "") == 500ms);
  CHECK(outage_after(R"("50ms")", R"("outage_after": "3ms")") == 3ms);
  CHECK(outage_after(R"("50ms")", R"("outage_after": false)") == 500ms);
}

TEST_CASE("what comes to a node that was slow queues behind what it still works off: channels stay FIFO") {
  const Scenario scenario = load("tests/data/judges/slow_keeps_fifo.json");
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_for_sweep(scenario, seed);
    CHECK(r.consensus.agreement == true);
    CHECK_FALSE(r.divergence.diverged);
  }
}

TEST_CASE("a primary that crashes in its first heartbeat interval, and is back at once, is missed") {
  const std::string file = std::string(REPSIM_SOURCE_DIR) + "/tests/data/judges/primary_crashes_at_once.json";
  for (const std::string at : {"500us", "2ms", "6ms", "9ms", "15ms"}) {
    CAPTURE(at);
    const Scenario scenario = load_scenario(file, {"/faults/0/at=" + at});
    CHECK(run_for_sweep(scenario, 1).operations.ok > 150);
  }
}

TEST_CASE("three lost requests of 396 are no outages of a service that answers all others") {
  const RunResult r = run(load("tests/data/judges/lost_requests_alone.json"));
  CHECK(r.operations.ok + 3 == r.operations.invoked);
  CHECK(r.availability.fraction > 0.97);
}

TEST_CASE("a replica that is behind because all messages to it are lost is behind by loss") {
  const RunResult r = run(load("tests/data/judges/left_behind_by_loss.json"));
  CHECK(r.divergence.diverged);
  CHECK(r.divergence.cause == "loss");
}

TEST_CASE("an old primary that takes the role again, without what the new one answered, does harm") {
  const RunResult r = run(load("tests/data/judges/harmful_retaken.json"));
  CHECK(r.lost_writes.count == 1);
  CHECK(r.split_brain.harmful == 1);
}

TEST_CASE("asking for the size of a queue or a set writes nothing that could be lost, or do harm") {
  CHECK(run(load("tests/data/judges/size_lost.json")).lost_writes.count == 0);
  const RunResult split = run(load("tests/data/judges/size_split.json"));
  CHECK(split.split_brain.episodes > 0);
  CHECK(split.split_brain.harmful == 0);
  CHECK(split.lost_writes.count == 0);
}

TEST_CASE("nothing is said of progress in a run that was cut short") {
  const Scenario scenario = load("tests/data/judges/cut_short_progress.json");
  const RunResult r = run(scenario);
  CHECK_FALSE(r.error.empty());
  CHECK(r.progress.verdict == ProgressJudgement::Verdict::unknown);
}

TEST_CASE("a replica isn't left behind before anybody could tell it what it lacks") {
  CHECK_FALSE(run(load("tests/data/judges/left_behind_heartbeat.json")).divergence.diverged);
  const RunResult early = run(load("tests/data/judges/left_behind_early.json"));
  CHECK_FALSE(early.divergence.diverged);
  CHECK(early.divergence.lagging > 0);
  CHECK(early.failover.unfinished == 1);
  CHECK(early.failover.waited_s.value() < 0.2);
}

TEST_CASE("what only a primary knew that crashed for good in a split brain is its harm") {
  const RunResult r = run(load("tests/data/judges/harm_crash.json"));
  CHECK(r.lost_writes.count == 4);
  CHECK(r.split_brain.harmful == 1);
}
