// Rare events: splitting against closed forms where plain sampling would take a billion runs, against plain
// sampling where that is feasible, and its interval against the truth. Two replicas without fencing: a split
// brain is a false suspicion by the backup.
#include "sim/experiment/rare/rare.hpp"

#include "tests/fidelity/false_suspicions.hpp"

using namespace fidelity;

namespace {

constexpr double kConfidence = 2.02;  // what 95 % intervals of 40 replications are wide, in standard errors

Scenario watched(const std::string& delay, int timeout_ms) {
  return scenario_of(R"({"name": "fidelity", "duration": "4s", "settle": "0s", "replicas": 2,
    "protocol": {"name": "primary_backup", "fencing": false,
                 "detector": {"kind": "timeout", "heartbeat": "10ms", "timeout": ")" +
                     std::to_string(timeout_ms) + R"(ms"}},
    "service": {"name": "register"}, "clients": {"count": 1, "rate": "1/h"},
    "network": {"delay": )" +
                     delay + R"(, "loss": 0.05}})");
}

// Replicas on lossy channels, and a client that writes.
Scenario busy(const std::string& replicas, const std::string& protocol) {
  return scenario_of(R"({"name": "fidelity", "duration": "1s", "settle": "200ms", "replicas": )" + replicas +
                     R"(, "protocol": )" + protocol + R"(,
    "service": {"name": "register"},
    "clients": {"count": 1, "rate": "100/s", "reads": 0.0, "timeout": "200ms", "retry": "20ms"},
    "network": {"delay": {"exponential": "1ms"}, "loss": 0.05}})");
}

RareRow estimate(const Scenario& scenario, const char* event, std::uint64_t seed = 1,
                 std::uint64_t replications = 40) {
  const RareOptions options{
      .event = &rare_event(event), .seed = seed, .replications = replications, .pilot = {}, .jobs = 2};
  return estimate_rare(scenario, options).rows.at(0);
}

double standard_error(const Estimate& e) { return std::log(e.high / e.low) / 2 / kConfidence; }

// How often a run of 4 s is split: a suspicion needs an arrival one timeout earlier.
double expected_in_run(double rate, int timeout_ms) { return rate * (4 - timeout_ms / 1000.0); }

void check_estimate(const RareRow& row, double truth) {
  CAPTURE(row.expected.value, row.expected.low, row.expected.high, truth, row.effort.events, row.plain_runs);
  CHECK(standard_error(row.expected) < 0.25);
  CHECK(std::abs(std::log(row.expected.value / truth)) <= 4 * standard_error(row.expected));
}

// The share of `runs` plain runs in which the event happens agrees.
void check_against_plain(const Scenario& scenario, const char* event, std::uint64_t runs) {
  std::uint64_t seen = 0;
  for_each_run(scenario, runs, [&](const Record& record) {
    seen += rare_event(event).count(record, scenario).value() > 0 ? 1 : 0;
  });
  REQUIRE(seen >= 15);
  const RareRow row = estimate(scenario, event);
  REQUIRE(row.plan.levels.size() >= 2);
  const double share = static_cast<double>(seen) / static_cast<double>(runs);
  const double error = std::hypot(standard_error(row.probability), 1 / std::sqrt(static_cast<double>(seen)));
  CAPTURE(event, seen, share, row.probability.value, row.probability.low, row.probability.high);
  CHECK(std::abs(std::log(row.probability.value / share)) <= 4 * error);
}

}  // namespace

TEST_CASE(
    "constant delay: splitting finds the rate of split brain that plain sampling needs a billion runs for",
    "[fidelity]") {
  for (const int to : {45, 65, 85, 95}) {
    CAPTURE(to);
    const RareRow row = estimate(watched(R"("1ms")", to), "split_brain");
    check_estimate(row, expected_in_run(rate_per_second(to), to));
    CHECK(row.effort.events < 3'000'000);
    if (to >= 85) CHECK(row.plain_runs > 1'000'000'000);
  }
}

TEST_CASE("exponential delay: splitting finds the rate of the integral at one split brain in ten years",
          "[fidelity]") {
  for (const int to : {45, 65, 85}) {
    CAPTURE(to);
    const RareRow row = estimate(watched(R"({"exponential": "2ms"})", to), "split_brain");
    check_estimate(row, expected_in_run(rate_per_second(kExponential2ms, to), to));
    CHECK(row.effort.events < 3'000'000);
    if (to == 85) CHECK(row.plain_runs > 500'000'000);
  }
}

TEST_CASE("thresholds that are given, well placed or not, lead to the same rate", "[fidelity]") {
  const Scenario scenario = watched(R"("1ms")", 45);
  for (const auto& thresholds : {std::vector<Duration>{11ms, 21ms, 31ms, 41ms}, {5ms, 12ms, 15ms, 32ms}}) {
    const RareOptions options{.event = &rare_event("split_brain"),
                              .replications = 40,
                              .pilot = {.effort = 20, .thresholds = thresholds},
                              .jobs = 2};
    const RareRow row = estimate_rare(scenario, options).rows.at(0);
    REQUIRE(row.plan.levels.size() == thresholds.size());
    check_estimate(row, expected_in_run(rate_per_second(45), 45));
  }
}

TEST_CASE("splitting agrees with plain sampling about split brain in other protocols", "[fidelity]") {
  const char* timeouts =
      R"("heartbeat": "20ms", "election_timeout_min": "50ms", "election_timeout_max": "80ms"})";
  check_against_plain(busy("3", std::string(R"({"name": "raft", )") + timeouts), "split_brain", 6000);
  check_against_plain(busy("3", std::string(R"({"name": "multi_paxos", )") + timeouts), "split_brain", 6000);
}

TEST_CASE("splitting agrees with plain sampling about writes lost when a fenced primary steps down",
          "[fidelity]") {
  check_against_plain(
      busy("2", R"({"name": "primary_backup", "acknowledge": "before_backups", "fencing": true,
    "detector": {"kind": "timeout", "heartbeat": "10ms", "timeout": "35ms"}})"),
      "lost_write", 6000);
}

TEST_CASE("the interval covers the truth about as often as it says", "[fidelity]") {
  const Scenario scenario = watched(R"("1ms")", 55);
  const double truth = expected_in_run(rate_per_second(55), 55);
  constexpr int kEstimates = 40;
  int covered = 0;
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= kEstimates; ++seed) {
    const Estimate e = estimate(scenario, "split_brain", seed, 20).expected;
    covered += e.low <= truth && truth <= e.high ? 1 : 0;
    sum += e.value / truth;
  }
  CAPTURE(covered, sum / kEstimates);
  CHECK(covered >= 35);  // of 38 expected
  CHECK(std::abs(sum / kEstimates - 1) < 0.08);
}
