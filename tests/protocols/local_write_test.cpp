// Local-write: what a write costs at home and away, that items have one owner at a time, and what failures
// do.
#include <algorithm>
#include <string>
#include <vector>

#include "sim/experiment/run.hpp"
#include "tests/fidelity/fidelity.hpp"

using namespace fidelity;

namespace {

using Changes = std::vector<std::pair<std::string, Json>>;

Scenario local_write_scenario(const std::string& file, const Changes& changes = {}) {
  return scenario_at(load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/" + file), changes);
}

struct LocalWork {
  int replicas = 4;
  std::string options = R"(, "reads": "owner")";
  std::string faults{};
  std::string network = R"("delay": {"uniform": ["500us", "3ms"]}, "duplicate": 0.05)";
};

Scenario local_work(const LocalWork& w) {
  return scenario_of(R"({"name": "local", "duration": "3s", "settle": "1s", "replicas": )" +
                     std::to_string(w.replicas) + R"(, "protocol": {"name": "local_write")" + w.options +
                     R"(}, "service": {"name": "kv", "keys": 4},
    "clients": {"count": 4, "rate": "60/s", "reads": 0.5, "timeout": "500ms", "retry": "60ms"},
    "network": {)" + w.network +
                     R"(}, "faults": [)" + w.faults + "]}");
}

// Up to n - 1 replicas fail, soon one after the other or far apart, and others are paused.
std::string local_plan(std::uint64_t seed, int replicas) {
  Rng rng(seed, "local plan");
  std::vector<int> order;
  for (int i = 0; i < replicas; ++i) {
    order.insert(order.begin() + static_cast<std::ptrdiff_t>(rng.below(order.size() + 1)), i);
  }
  const auto ms = [](std::uint64_t t) { return "\"" + std::to_string(t) + "ms\""; };
  std::string plan;
  std::uint64_t at = 300;
  const auto failures = rng.below(static_cast<std::uint64_t>(replicas));
  for (std::size_t i = 0; i < failures; ++i) {
    at += rng.chance(0.5) ? rng.below(15) : rng.below(600);
    plan += (i > 0 ? ", " : "") + (R"({"at": )" + ms(at) + R"(, "fail_stop": )") + std::to_string(order[i]) +
            R"(, "within": )" + ms(rng.below(30)) + "}";
  }
  const std::uint64_t from = 200 + rng.below(2000);
  plan += (failures > 0 ? ", " : "") + (R"({"from": )" + ms(from) + R"(, "to": )") +
          ms(from + rng.below(300) + 1) + R"(, "pause": )" + std::to_string(order.back()) + "}";
  return plan;
}

void require_local_write_healthy(const RunResult& r) {
  INFO(r.linearizability.story);
  REQUIRE(r.linearizability.verdict == Verdict::linearizable);
  REQUIRE(r.lost_writes.count == 0);
  REQUIRE_FALSE(r.divergence.diverged);
  REQUIRE(r.operations.ok > r.operations.invoked * 9 / 10);
}

// What each operation must have cost, from who wrote before it: client i asks replica i, and the item begins
// at the directory, replica 0.
struct ExpectedCost {
  std::uint64_t messages = 0;
  std::int64_t delays = 0;
};
ExpectedCost local_cost(std::size_t replicas, bool early, bool reads, std::uint16_t at, std::uint16_t owner) {
  const int far = at == owner ? 0 : at == 0 || owner == 0 ? 1 : 2;  // replicas besides the two on the way
  if (reads) return {2u + static_cast<std::uint64_t>(far), 2 + far};
  const int fetch = far == 0 ? 0 : far + 1;
  const auto write = early ? replicas + 1 : 2 * replicas;
  return {write + static_cast<std::uint64_t>(fetch), (early ? 2 : 4) + fetch};
}

}  // namespace

TEST_CASE(
    "local-write: a write costs 2n and 4, or n + 1 and 2, and 3 more of both (2 by the directory) to fetch",
    "[fidelity]") {
  for (const int n : {3, 5, 7}) {
    for (const bool early : {false, true}) {
      CAPTURE(n, early);
      const Scenario scenario = scenario_of(
          R"({"name": "cost", "duration": "2000s", "settle": "1s", "replicas": )" + std::to_string(n) +
          R"(, "protocol": {"name": "local_write", "reads": "owner", "acknowledge": ")" +
          (early ? "before_backups" : "after_backups") +
          R"("}, "service": {"name": "register"}, "clients": {"count": )" + std::to_string(n) +
          R"(, "rate": "0.02/s", "reads": 0.3}, "network": {"delay": "100us", "client": "same"}})");
      for_each_run(scenario, 2, [&](const Record& record) {
        REQUIRE(record.operations.size() > 80);
        std::uint16_t owner = 0;
        std::uint64_t messages = 0;
        Time last_return{};
        for (const Operation& op : record.operations) {
          REQUIRE(op.call > last_return);  // otherwise another seed is needed: they must not overlap
          const bool reads = op.action == Action::read;
          const ExpectedCost cost =
              local_cost(static_cast<std::size_t>(n), early, reads, op.client.value, owner);
          CHECK(op.ret - op.call == cost.delays * 100us);
          messages += cost.messages;
          last_return = op.ret;
          if (!reads) owner = op.client.value;
        }
        CHECK(record.messages_for_operations == messages);
        CHECK(record.messages_sent == messages);
      });
    }
  }
}

TEST_CASE("local-write: whose keys are his own pays for the journey once, others each time") {
  const RunResult own = run_once(local_write_scenario("lessons/local_write/local_write_locality.json"), 1);
  const RunResult shared =
      run_once(local_write_scenario("lessons/local_write/local_write_ping_pong.json"), 1);
  CHECK(std::ranges::all_of(own.record.operations,
                            [](const Operation& op) { return op.key % 5 == op.client.value; }));
  CHECK(own.cost.delays_per_operation.value() < 4.1);
  CHECK(shared.cost.delays_per_operation.value() > 6);
  CHECK(own.latency_ms.p99.value() < shared.latency_ms.p50.value());
}

TEST_CASE("local-write: contended items on a network that copies and reorders stay linearizable: 100 seeds") {
  for (const char* acknowledge : {"after_backups", "before_backups"}) {
    const Scenario scenario =
        local_work({.options = R"(, "reads": "owner", "acknowledge": ")" + std::string(acknowledge) + "\"",
                    .network = R"("delay": {"exponential": "3ms"}, "duplicate": 0.1)"});
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      CAPTURE(acknowledge, seed);
      const RunResult r = run_for_sweep(scenario, seed);
      require_local_write_healthy(r);
      REQUIRE(r.operations.pending == 0);
    }
  }
}

TEST_CASE("local-write: failures of any owner, heir or directory, at any time, lose nothing: 150 seeds") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const int n = 2 + static_cast<int>(seed % 4);
    CAPTURE(seed, n);
    require_local_write_healthy(
        run_for_sweep(local_work({.replicas = n, .faults = local_plan(seed, n)}), seed));
  }
}

TEST_CASE("local-write: only the clients of the failed replicas have to ask again: 80 seeds") {
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    CAPTURE(seed);
    const auto victim = static_cast<std::uint16_t>(seed % 4);
    const std::string victims =
        R"({"at": "1s", "fail_stop": 0, "within": "30ms"}, {"at": "1005ms", "fail_stop": )" +
        std::to_string(victim == 0 ? 1 : victim) + R"(, "within": "30ms"})";
    const Scenario scenario =
        scenario_at(local_work({.faults = victims}), {{"/clients/retry", false}, {"/clients/reads", 0}});
    const RunResult r = run_once(scenario, seed);
    for (const Operation& op : r.record.operations) {
      const std::uint16_t asked = op.client.value;
      if (op.outcome != Outcome::ok) REQUIRE((asked == 0 || asked == (victim == 0 ? 1 : victim)));
    }
  }
}

TEST_CASE("local-write: retransmission makes up for losses, with failures and without: 60 seeds") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    const std::string acknowledge = seed % 3 == 0 ? "before_backups" : "after_backups";
    require_local_write_healthy(run_for_sweep(
        local_work(
            {.options = R"(, "reads": "owner", "retransmit": "15ms", "acknowledge": ")" + acknowledge + "\"",
             .faults = seed % 3 == 0 ? "" : local_plan(seed, 4),
             .network = R"("delay": {"exponential": "2ms"}, "loss": 0.05, "duplicate": 0.05)"}),
        seed));
  }
}

TEST_CASE("local-write: reads from the own copy are stale in each of 20 seeds, and nothing else is wrong") {
  const Scenario local = local_write_scenario("lessons/local_write/local_write_stale_read.json");
  const Scenario owner =
      local_write_scenario("lessons/local_write/local_write_stale_read.json", {{"/protocol/reads", "owner"}});
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_for_sweep(local, seed);
    CHECK(r.linearizability.verdict == Verdict::violation);
    CHECK(r.lost_writes.count == 0);
    CHECK_FALSE(r.divergence.diverged);
    require_local_write_healthy(run_for_sweep(owner, seed));
  }
}

TEST_CASE("local-write: what was answered early dies with its owner, what was answered late does not") {
  const std::string file = "lessons/local_write/local_write_early_answer.json";
  const Scenario early = local_write_scenario(file);
  const Scenario late = local_write_scenario(file, {{"/protocol/acknowledge", "after_backups"}});
  int runs_with_loss = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_for_sweep(early, seed);
    CHECK_FALSE(r.divergence.diverged);
    runs_with_loss += r.lost_writes.count > 0 ? 1 : 0;
    require_local_write_healthy(run_for_sweep(late, seed));
  }
  CHECK(runs_with_loss >= 5);
}

TEST_CASE("local-write: a crash that nobody is told of stops all writes, and breaks nothing") {
  const RunResult r =
      run_for_sweep(local_work({.faults = R"({"at": "1s", "crash": 3}, {"at": "2s", "restart": 3})"}), 1);
  CHECK(r.linearizability.verdict == Verdict::linearizable);
  CHECK(r.operations.pending > 100);
}

TEST_CASE("local-write: its bugs make copies differ, and without them the same seeds pass: 20 seeds each") {
  for (const auto& [bug, least] : {std::pair{"unnumbered", 5}, std::pair{"early_owner", 20}}) {
    CAPTURE(bug);
    const std::string file = "bugs/local_write_" + std::string(bug) + ".json";
    const Scenario broken = local_write_scenario(file);
    const Scenario cured = local_write_scenario(file, {{"/protocol/bug", "none"}});
    int caught = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      CAPTURE(seed);
      caught += run_for_sweep(broken, seed).divergence.diverged ? 1 : 0;
      require_local_write_healthy(run_for_sweep(cured, seed));
    }
    CHECK(caught >= least);
  }
}
