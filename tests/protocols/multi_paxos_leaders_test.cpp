// Multi-Paxos: what a new leader costs, reads from its own state, and batches.
#include <string>
#include <utility>
#include <vector>

#include "sim/experiment/run.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

using Changes = std::vector<std::pair<std::string, Json>>;

// Three replicas; `more` are further options of the protocol.
Scenario three(const std::string& more, const std::string& clients, const std::string& faults,
               const Changes& changes = {}) {
  const Scenario scenario =
      read_scenario(Json::parse(R"({"name": "leaders", "duration": "5s", "settle": "3s", "replicas": 3,
    "protocol": {"name": "multi_paxos", "heartbeat": "10ms", "election_timeout_min": "40ms",
                 "election_timeout_max": "80ms")" +
                                more + R"(}, "service": {"name": "kv", "keys": 2},
    "clients": {)" + clients + R"(},
    "network": {"delay": {"uniform": ["500us", "1500us"]}, "client": "same"}, "faults": [)" +
                                faults + "]}"),
                    "multi_paxos_leaders_test");
  return scenario_at(scenario, changes);
}

const std::string kOpenLoop =
    R"("count": 4, "rate": "40/s", "reads": 0.5, "timeout": "800ms", "retry": "40ms")";

RunResult run_safely(const Scenario& scenario, int seed) {
  RunResult r = run_once(scenario, static_cast<std::uint64_t>(seed));
  INFO(r.consensus.story);
  REQUIRE(r.error.empty());
  REQUIRE(r.linearizability.verdict == Verdict::linearizable);
  REQUIRE(r.lost_writes.count == 0);
  REQUIRE_FALSE(r.divergence.diverged);
  REQUIRE_FALSE(r.consensus_broken());
  return r;
}

}  // namespace

TEST_CASE(
    "multi-paxos: leaders that crash all the time, slow disks: all is answered, for a few messages more") {
  const std::string faults =
      R"({"from": "0s", "disk": 0, "delay": "3ms"}, {"from": "0s", "disk": 1, "delay": "8ms"},
      {"from": "0s", "disk": 2, "delay": "1ms"},
      {"random": {"kind": "crash", "rate": "5/s", "mean": "60ms", "disk": "tail_lost"}, "at_once": 1})";
  for (const int compact_after : {0, 10000}) {
    const Scenario scenario = three(
        "", kOpenLoop, faults,
        {{"/network/loss", 0.05}, {"/network/duplicate", 0.1}, {"/protocol/compact_after", compact_after}});
    double messages = 0;
    for (int seed = 1; seed <= 10; ++seed) {
      CAPTURE(compact_after, seed);
      const RunResult r = run_safely(scenario, seed);
      CHECK(100 * r.operations.ok >= 99 * r.operations.invoked);
      messages += r.cost.messages_per_operation.value() / 10;
    }
    CHECK(messages < 25);  // 141 when each new leader had its whole history voted on again
  }
}

TEST_CASE("multi-paxos: when all restart at once, the whole log is voted on again in one message to each") {
  const std::string faults = R"({"at": "4s", "crash": 0}, {"at": "4s", "crash": 1}, {"at": "4s", "crash": 2},
      {"at": "4010ms", "restart": 0}, {"at": "4010ms", "restart": 1}, {"at": "4010ms", "restart": 2})";
  const Scenario scenario = three(R"(, "compact_after": 0)", kOpenLoop, faults);
  for (int seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_safely(scenario, seed);
    CHECK(r.operations.pending == 0);
    CHECK(r.cost.messages_per_operation.value() < 7);
  }
}

TEST_CASE("multi-paxos: a read costs 2n messages and 4 delays by index, 2 and 2 under a lease") {
  const auto cost_of = [](const char* reads, double share) {
    const Scenario scenario =
        three("", R"("count": 2, "think": "1ms")", "",
              {{"/protocol/reads", reads}, {"/protocol/lease", "30ms"}, {"/clients/reads", share}});
    const RunResult r = run_safely(scenario, 1);
    CHECK(r.operations.ok > 200);
    return std::pair{r.cost.messages_per_operation.value(), r.cost.delays_per_operation.value()};
  };
  CHECK(cost_of("read_index", 1) == std::pair{6.0, 4.0});
  CHECK(cost_of("read_index", 0) == std::pair{6.0, 4.0});
  const auto [messages, delays] = cost_of("lease", 1);  // all but those before the first heartbeat's answer
  CHECK(messages < 2.1);
  CHECK(delays < 2.1);
}

TEST_CASE("multi-paxos: requests that wait for the window share messages with `batch`") {
  const auto run = [](int window, int batch) {
    return run_safely(three("", R"("count": 16, "think": "0ms", "reads": 0.5)", "",
                            {{"/protocol/window", window}, {"/protocol/batch", batch}, {"/duration", "1s"}}),
                      1);
  };
  const RunResult alone = run(1, 1), together = run(1, 16);
  CHECK(alone.cost.messages_per_operation.value() > 5.9);
  CHECK(together.cost.messages_per_operation.value() < 3);
  CHECK(together.operations.ok > 4 * alone.operations.ok);
}

TEST_CASE("multi-paxos: neither reads by the leader alone nor batches break anything: 40 seeds each") {
  const std::string faults = R"({"from": "1s", "to": "3s", "disk": 1, "delay": "2ms"},
      {"random": {"kind": "crash", "rate": "1/s", "mean": "300ms", "disk": "tail_lost"}},
      {"random": {"kind": "pause", "rate": "1/s", "mean": "100ms"}},
      {"random": {"kind": "partition", "rate": "1/s", "mean": "300ms"}})";
  for (const char* more : {R"(, "reads": "read_index", "window": 3, "batch": 4, "compact_after": 10)",
                           R"(, "reads": "lease", "lease": "35ms", "window": 1, "batch": 16)",
                           R"(, "reads": "lease", "lease": "20ms")"}) {
    const Scenario scenario =
        three(more, kOpenLoop, faults, {{"/network/loss", 0.02}, {"/network/duplicate", 0.02}});
    for (int seed = 1; seed <= 40; ++seed) {
      CAPTURE(more, seed);
      const RunResult r = run_safely(scenario, seed);
      CHECK(r.operations.ok > r.operations.invoked / 2);
    }
  }
}

TEST_CASE("multi-paxos: who promises a higher ballot in spite of a lease makes reads stale: 20 seeds") {
  const Scenario bug =
      load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/bugs/multi_paxos_promises_under_lease.json");
  const Scenario cured = scenario_at(bug, {{"/protocol/bug", "none"}});
  int caught = 0;
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_once(bug, static_cast<std::uint64_t>(seed));
    caught += r.linearizability.verdict == Verdict::violation ? 1 : 0;
    CHECK_FALSE(r.consensus_broken());
    run_safely(cured, seed);
  }
  CHECK(caught >= 5);
}

TEST_CASE("multi-paxos: what clients have given up takes no slot from what they still wait for") {
  // 160 slots a second for 200 requests: in the order of their coming each would be too late in the end.
  const Scenario scenario = three(
      R"(, "window": 1)", R"("count": 5, "rate": "40/s", "reads": 0.5, "timeout": "100ms", "retry": "20ms")",
      "", {{"/network/delay", "3ms"}, {"/network/client", Json::parse(R"({"delay": "0ms"})")}});
  const RunResult r = run_safely(scenario, 1);
  CHECK(r.operations.ok > r.operations.invoked / 3);
}
