// ABD: its cost, what it survives, what it does not, and its bug.
#include <string>

#include "sim/check/service_quality.hpp"
#include "sim/experiment/run.hpp"
#include "tests/fidelity/fidelity.hpp"

using namespace fidelity;

namespace {

const std::string kAbdScenarios = std::string(REPSIM_SOURCE_DIR) + "/scenarios/";

Scenario abd_at_work(const std::string& faults, const std::string& options = "",
                     const std::string& network = "") {
  return scenario_of(
      R"({"name": "abd", "duration": "3s", "settle": "1s", "replicas": 5, "protocol": {"name": "abd")" +
      options + R"(}, "service": {"name": "kv", "keys": 2},
    "clients": {"count": 5, "rate": "60/s", "reads": 0.5, "timeout": "300ms"},
    "network": {"delay": {"uniform": ["500us", "5ms"]})" +
      network + R"(}, "faults": [)" + faults + "]}");
}

void check_atomic(const Scenario& scenario, int seeds = 20) {
  for (int seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_for_sweep(scenario, static_cast<std::uint64_t>(seed));
    CHECK(r.linearizability.verdict == Verdict::linearizable);
    CHECK(r.lost_writes.count == 0);
    CHECK(r.operations.ok > 500);
  }
}

int abd_violations(const Scenario& scenario, int seeds) {
  int count = 0;
  for (int seed = 1; seed <= seeds; ++seed) {
    const RunResult r = run_for_sweep(scenario, static_cast<std::uint64_t>(seed));
    count += r.linearizability.verdict == Verdict::violation ? 1 : 0;
  }
  return count;
}

TEST_CASE("abd stays atomic when clients repeat what they asked because a replica didn't answer their ping") {
  const Scenario scenario = load_scenario(std::string(REPSIM_SOURCE_DIR) + "/tests/data/hard/abd_ping.json");
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    CHECK(run_for_sweep(scenario, seed).linearizability.verdict == Verdict::linearizable);
  }
}

}  // namespace

TEST_CASE("abd: a write and a read cost 4n messages and 4 delays if the client coordinates", "[fidelity]") {
  struct Case {
    const char* reads;
    const char* options;
    int (*messages)(int n);
    int delays;
  };
  const auto by_client = [](int n) { return 4 * n; };
  const auto by_replica = [](int n) { return 4 * n - 2; };
  const auto half = [](int n) { return 2 * n; };
  for (const Case& c : {Case{"0", R"(, "coordinator": "client")", by_client, 4},
                        Case{"1", R"(, "coordinator": "client")", by_client, 4},
                        Case{"1", R"(, "coordinator": "client", "bug": "no_write_back")", half, 2},
                        Case{"0", "", by_replica, 6}, Case{"1", "", by_replica, 6},
                        Case{"1", R"(, "bug": "no_write_back")", half, 4}}) {
    for (const int n : {3, 5, 7}) {
      CAPTURE(n, c.reads, c.options);
      const Scenario scenario = scenario_of(
          R"({"name": "abd", "duration": "1s", "settle": "100ms", "replicas": )" + std::to_string(n) +
          R"(, "protocol": {"name": "abd")" + c.options + R"(}, "service": {"name": "kv", "keys": 4},
          "clients": {"count": 2, "think": "1ms", "reads": )" +
          c.reads + R"(}, "network": {"delay": "1ms", "client": "same"}})");
      for_each_run(scenario, 3, [&](const Record& record) {
        const auto cost = judge_cost(record);
        REQUIRE(record.operations.size() > 200);
        CHECK(cost.messages_per_operation == c.messages(n));
        CHECK(cost.delays_per_operation == c.delays);
      });
    }
  }
}

TEST_CASE("abd: without faults all replicas end alike, and every operation is answered: 20 seeds") {
  const Scenario scenario = abd_at_work("");
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_for_sweep(scenario, seed);
    CHECK(r.linearizability.verdict == Verdict::linearizable);
    CHECK(r.lost_writes.count == 0);
    CHECK_FALSE(r.divergence.diverged);
    CHECK(r.operations.pending == 0);
  }
}

TEST_CASE("abd: atomic with a minority crashed, restarted, paused or cut off: 10 seeds each") {
  for (const char* faults : {
           R"({"at": "1s", "crash": 0}, {"at": "1s", "crash": 3})",
           R"({"at": "1s", "crash": 0}, {"at": "1500ms", "restart": 0},
              {"at": "1600ms", "crash": 1}, {"at": "2s", "restart": 1, "disk": "tail_lost"})",
           R"({"from": "1s", "to": "2s", "pause": 1}, {"from": "1500ms", "to": "2500ms", "pause": 2})",
           R"({"from": "1s", "to": "2s", "partition": [[0, 1], [2, 3, 4]]})",
           R"({"random": {"kind": "crash", "rate": "3/s", "mean": "100ms"}, "at_once": 2})",
       }) {
    for (const char* coordinator : {"replica", "client"}) {
      CAPTURE(faults, coordinator);
      check_atomic(scenario_at(abd_at_work(faults), {{"/protocol/coordinator", coordinator}}), 10);
    }
  }
}

TEST_CASE("abd: a power failure that takes unfinished writes from slow disks breaks nothing: 20 seeds") {
  check_atomic(abd_at_work(
      R"({"at": "0s", "disk": 0, "delay": "5ms"}, {"at": "0s", "disk": 1, "delay": "3ms"},
         {"random": {"kind": "crash", "rate": "5/s", "mean": "50ms", "disk": "tail_lost"}, "at_once": 5})"));
}

TEST_CASE("abd: losses and copies of messages do no harm: 10 seeds each") {
  const Scenario scenario =
      abd_at_work("", R"(, "retransmit": "15ms")", R"(, "loss": 0.05, "duplicate": 0.05)");
  check_atomic(scenario, 10);
  // On channels like those between replicas a client that coordinates asks again and again, and is safe.
  const Json client{{"delay", {{"uniform", {"500us", "5ms"}}}}, {"loss", 0.05}, {"duplicate", 0.05}};
  check_atomic(scenario_at(scenario, {{"/protocol/coordinator", "client"},
                                      {"/network/client", client},
                                      {"/clients/retry", "15ms"}}),
               10);
}

TEST_CASE("abd: a majority down means silence, not mistakes") {
  const RunResult r =
      run_for_sweep(load_scenario(kAbdScenarios + "lessons/quorums/abd_majority_down.json"), 1);
  CHECK(r.linearizability.verdict == Verdict::linearizable);
  CHECK(r.availability.longest_outage_s > 1.9);
}

TEST_CASE("abd: quorums that need not intersect give stale reads in 20 of 20 seeds, majorities in none") {
  const Scenario partial = load_scenario(kAbdScenarios + "lessons/quorums/abd_partial_quorum.json");
  CHECK(abd_violations(partial, 20) == 20);
  const Scenario by_client = scenario_at(
      partial,
      {{"/protocol/coordinator", "client"}, {"/protocol/contact", "quorum"}, {"/network/client", "same"}});
  CHECK(abd_violations(by_client, 20) == 20);
  const Scenario whole = scenario_at(partial, {{"/protocol/read_quorum", 3}, {"/protocol/write_quorum", 3}});
  CHECK(abd_violations(whole, 20) == 0);
}

TEST_CASE("abd: reads without write-back are caught in at least 18 of 20 seeds, but with it the seeds pass") {
  const Scenario bug = load_scenario(kAbdScenarios + "bugs/abd_no_write_back.json");
  CHECK(abd_violations(bug, 20) >= 18);
  CHECK(abd_violations(scenario_at(bug, {{"/protocol/bug", "none"}}), 20) == 0);
}

TEST_CASE("abd: repeated requests are never written twice: 20 seeds") {
  const Scenario busy =
      abd_at_work(R"({"random": {"kind": "crash", "rate": "5/s", "mean": "50ms"}, "at_once": 2})");
  check_atomic(scenario_at(busy, {{"/clients/retry", "15ms"}}));
}

TEST_CASE("abd: a lost request costs its client one more try, not its patience: 20 seeds") {
  const Json lossy{{"delay", "1ms"}, {"loss", 0.2}};
  const Scenario scenario = scenario_at(abd_at_work(""), {{"/network/client", lossy},
                                                          {"/clients/timeout", "2s"},
                                                          {"/clients/retry", "30ms"},
                                                          {"/clients/rate", "10/s"}});
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_for_sweep(scenario, seed);
    CHECK(r.linearizability.verdict == Verdict::linearizable);
    CHECK(r.operations.pending == 0);
    CHECK(r.latency_ms.max < 500);
  }
}

TEST_CASE("abd: a coordinator that returns from a crash finishes what its client asks again: 20 seeds") {
  const Scenario scenario = scenario_at(
      abd_at_work(R"({"random": {"kind": "crash", "rate": "20/s", "mean": "5ms", "disk": "tail_lost"},
                      "at_once": 2}, {"at": "0s", "disk": 0, "delay": "3ms"})"),
      {{"/clients/timeout", "2s"}, {"/clients/retry", "20ms"}, {"/clients/reads", 0.3}});
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_for_sweep(scenario, seed);
    CHECK(r.linearizability.verdict == Verdict::linearizable);
    CHECK(r.lost_writes.count == 0);
    CHECK(r.operations.pending == 0);
  }
}

TEST_CASE("abd: where messages are never sent again, its clients' repeats repair a loss: 10 seeds") {
  const Scenario scenario = scenario_at(
      abd_at_work("", R"(, "retransmit": false)", R"(, "loss": 0.2)"),
      {{"/clients/timeout", "3s"}, {"/clients/retry", "40ms"}, {"/clients/rate", "10/s"}, {"/settle", "4s"}});
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_for_sweep(scenario, seed);
    CHECK(r.linearizability.verdict == Verdict::linearizable);
    CHECK(r.operations.pending == 0);
  }
}

TEST_CASE("abd: what a register without consensus can't do is refused before the run") {
  CHECK_THROWS_AS(scenario_of(R"({"name": "abd", "duration": "1s", "replicas": 3,
    "protocol": {"name": "abd"}, "service": {"name": "counter"},
    "clients": {"count": 2, "rate": "50/s", "reads": 0, "timeout": "100ms"}, "network": {"delay": "1ms"}})"),
                  InputError);
}

TEST_CASE("abd: a quorum larger than the cluster, or sampled by a replica, is refused") {
  CHECK_THROWS(abd_at_work("", R"(, "write_quorum": 6)"));
  CHECK_THROWS(abd_at_work("", R"(, "contact": "quorum")"));
}

TEST_CASE("abd: disks that forget lose writes, disks that are kept don't") {
  const Scenario lost = load_scenario(kAbdScenarios + "lessons/quorums/abd_disk_lost.json");
  Json kept = lost.canonical;
  for (auto& fault : kept["faults"]) {
    if (fault.contains("restart")) fault["disk"] = "kept";
  }
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    CHECK(run_for_sweep(lost, seed).lost_writes.count > 0);
    const RunResult r = run_for_sweep(read_scenario(kept, "abd"), seed);
    CHECK(r.lost_writes.count == 0);
    CHECK(r.linearizability.verdict == Verdict::linearizable);
  }
}
