// Primary-backup against its closed forms: failover bounds, acknowledged writes lost at a crash, cost per
// operation.
#include <algorithm>

#include "sim/check/availability.hpp"
#include "sim/check/failover.hpp"
#include "sim/check/lost_writes.hpp"
#include "sim/check/service_quality.hpp"
#include "tests/fidelity/fidelity.hpp"

using namespace fidelity;

namespace {

constexpr double kWrites = 200;  // per second

// Two replicas, early answers, and a crash of the primary at `at`, after which nothing that it sent arrives.
Scenario early_answers(const std::string& options, const std::string& network) {
  return scenario_of(R"({"name": "fidelity", "duration": "400ms", "settle": "100ms", "replicas": 2,
    "protocol": {"name": "primary_backup", "acknowledge": "before_backups", "fencing": false, )" +
                     options + R"(
                 "detector": {"heartbeat": "10s", "timeout": "30s"}},
    "service": {"name": "log"}, "clients": {"count": 1, "rate": "200/s", "reads": 0, "timeout": "100ms"},
    "network": )" + network +
                     R"(})");
}

struct Lost {
  std::uint64_t runs_without = 0;
  std::uint64_t writes = 0;
};

Lost crash_many(const Scenario& scenario, std::uint64_t runs) {
  Lost lost;
  Rng rng(2);
  for_each_run(
      scenario, runs,
      [&](const Record& record) {
        const auto operations = judge_lost_writes(record).operations.size();
        lost.runs_without += operations == 0 ? 1 : 0;
        lost.writes += operations;
      },
      [&](Setup& setup, std::uint64_t) {
        const Duration at = 200ms + Duration{static_cast<std::int64_t>(rng.below(100'000'000))};
        setup.faults = {{.at = at,
                         .kind = Fault::Kind::fail_stop,
                         .victim = {Victim::Kind::number, NodeId{0}},
                         .in_flight_lost = true}};
      });
  return lost;
}

}  // namespace

TEST_CASE("the simple protocol fails over within tau + 2d, and clients wait at most tau + 4d: 1,000 crashes",
          "[fidelity]") {
  // tau = 20 ms, d = 3 ms, the timer runs for tau + d from each arrival.
  const Scenario scenario =
      scenario_of(R"({"name": "fidelity", "duration": "700ms", "settle": "200ms", "replicas": 2,
    "protocol": {"name": "primary_backup", "acknowledge": "before_backups", "fencing": false,
                 "detector": {"heartbeat": "20ms", "timeout": "23ms"}},
    "service": {"name": "register"},
    "clients": {"count": 1, "every": "1ms", "reads": 0, "timeout": "500ms", "retry": "500us", "outage_after": "1ms"},
    "network": {"delay": "3ms"}})");
  Rng rng(3);
  Duration longest_failover{};
  double longest_outage = 0;
  for_each_run(
      scenario, 1'000,
      [&](const Record& record) {
        const auto failovers = judge_failover(record).completed;
        REQUIRE(failovers.size() == 1);
        longest_failover = std::max(longest_failover, failovers[0]);
        longest_outage =
            std::max(longest_outage,
                     judge_availability(record, {.outage_after = 1ms, .client_timeout = 500ms}).longest_s);
      },
      [&](Setup& setup, std::uint64_t) {
        const Duration at = 500ms + Duration{static_cast<std::int64_t>(rng.below(20'000'000))};
        setup.faults = {{.at = at, .kind = Fault::Kind::crash, .victim = {Victim::Kind::number, NodeId{0}}}};
      });
  CHECK(longest_failover <= 26ms);
  CHECK(longest_failover > 25ms);  // the bound is tight
  CHECK(longest_outage <= 0.032);
  CHECK(longest_outage > 0.024);
}

TEST_CASE(
    "with crash and link failures, two replicas have two primaries whenever the link between them is cut",
    "[fidelity]") {
  const Scenario scenario = scenario_of(R"({"name": "fidelity", "duration": "1s", "replicas": 2,
    "protocol": {"name": "primary_backup", "fencing": true, "detector": {"heartbeat": "10ms", "timeout": "30ms"}},
    "service": {"name": "register"}, "network": {"delay": {"exponential": "1ms"}},
    "faults": [{"from": "500ms", "to": "900ms", "partition": [[0], [1]]}]})");
  for_each_run(scenario, 200, [](const Record& record) {
    const auto primaries = std::ranges::count(record.roles, Role::primary, &Record::RoleChange::role);
    REQUIRE(primaries == 2);
  });
}

TEST_CASE("early answers lose as many writes as are in flight: W is the delay: 10,000 crashes a law",
          "[fidelity]") {
  const Lost exponential = crash_many(early_answers("", R"({"delay": {"exponential": "4ms"}})"), 10'000);
  check_share(exponential.runs_without, 10'000, std::exp(-kWrites * 0.004));
  const Lost constant = crash_many(early_answers("", R"({"delay": "4ms"})"), 10'000);
  check_share(constant.runs_without, 10'000, std::exp(-kWrites * 0.004));
  check_rate(constant.writes, 10'000, kWrites * 0.004, 5'000);  // a Poisson count, mean L E[W]
}

TEST_CASE("early answers with retransmission every R: W = R p / (1 - p) on average: 10,000 crashes",
          "[fidelity]") {
  const Scenario scenario = early_answers(R"("retransmit": "10ms",)", R"({"delay": "0ms", "loss": 0.3})");
  const Lost lost = crash_many(scenario, 10'000);
  check_share(lost.runs_without, 10'000, std::exp(-kWrites * 0.010 * 0.3 / 0.7));
}

TEST_CASE("early answers in batches of length B: W is uniform, one clock for all: 10,000 crashes",
          "[fidelity]") {
  const Lost lost = crash_many(early_answers(R"("batch": "10ms",)", R"({"delay": "0ms"})"), 10'000);
  const double mean = kWrites * 0.010;
  check_share(lost.runs_without, 10'000, (1 - std::exp(-mean)) / mean);
  const double tolerance = 4 * std::sqrt(mean / 2 + mean * mean / 12) / std::sqrt(10'000.0);
  CHECK(std::abs(static_cast<double>(lost.writes) / 10'000 - mean / 2) <= tolerance);
}

TEST_CASE("late answers lose nothing: 2,000 crashes under each law", "[fidelity]") {
  for (const auto* options : {"", R"("retransmit": "10ms",)", R"("batch": "10ms",)"}) {
    Scenario scenario = early_answers(options, R"({"delay": {"exponential": "4ms"}, "loss": 0.1})");
    Json late = scenario.canonical;
    late["protocol"]["acknowledge"] = "after_backups";
    scenario = read_scenario(late, "fidelity");
    CHECK(crash_many(scenario, 2'000).writes == 0);
  }
}

TEST_CASE("a failure-free operation costs exactly the messages and delays of the textbook", "[fidelity]") {
  struct Case {
    const char* protocol;
    std::function<double(double)> messages;
    double delays;
  };
  const std::vector<Case> cases{
      {R"({"name": "naive_broadcast", "answer": "all"})", [](double n) { return 2 * n; }, 2},
      {R"({"name": "primary_backup", "acknowledge": "after_backups"})", [](double n) { return 2 * n; }, 4},
      {R"({"name": "primary_backup", "acknowledge": "before_backups"})", [](double n) { return n + 1; }, 2},
  };
  for (const auto& [protocol, messages, delays] : cases) {
    for (const int n : {3, 5, 7}) {
      CAPTURE(protocol, n);
      const Scenario scenario =
          scenario_of(R"({"name": "fidelity", "duration": "1s", "settle": "100ms", "replicas": )" +
                      std::to_string(n) + R"(, "protocol": )" + protocol + R"(,
        "service": {"name": "kv", "keys": 4}, "clients": {"count": 2, "think": "1ms", "reads": 0},
        "network": {"delay": "1ms", "client": "same"}})");
      for_each_run(scenario, 3, [&](const Record& record) {
        const auto cost = judge_cost(record);
        REQUIRE(record.operations.size() > 200);
        CHECK(cost.messages_per_operation == messages(n));
        CHECK(cost.delays_per_operation == delays);
      });
    }
  }
}
