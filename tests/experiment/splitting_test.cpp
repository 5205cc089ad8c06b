// Splitting: how its level is computed; its results don't depend on the number of threads, give an upper
// limit if nothing was found, and equal plain sampling if there is no level to climb. (Whether they are right:
// fidelity/rare_test.cpp.)
#include <algorithm>
#include <cmath>
#include <string>

#include "sim/experiment/rare/rare.hpp"
#include "sim/experiment/rare/splitting_path.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

Scenario scenario_of(const std::string& protocol, const std::string& more = {}) {
  return read_scenario(Json::parse(R"({"name": "small", "duration": "2s", "settle": "0s", "replicas": 3,
    "protocol": )" + protocol + R"(, "service": {"name": "register"},
    "clients": {"count": 2, "rate": "20/s", "timeout": "100ms", "retry": "20ms"})" +
                                   more + "}"),
                       "small.json");
}

const char* kWatched = R"({"name": "primary_backup", "fencing": false,
  "detector": {"kind": "timeout", "heartbeat": "10ms", "timeout": "35ms"}})";
const char* kLossy = R"(, "network": {"delay": "1ms", "loss": 0.05},
  "sweep": {"vary": {"/protocol/detector/timeout": ["35ms", "45ms"]}})";

RareOptions options(const char* event, unsigned jobs = 1) {
  return {.event = &rare_event(event),
          .replications = 10,
          .pilot = {.effort = 5, .thresholds = {}},
          .jobs = jobs};
}

// The level of a run at a moment.
Duration level_at(const Scenario& scenario, Duration at,
                  SuspicionLevel::Sign sign = SuspicionLevel::Sign::timer) {
  SplittingEffort effort;
  SplittingPath path(scenario, sign, 1);
  path.run_until(Time{at}, effort);
  return path.level.at(Time{at});
}

}  // namespace

TEST_CASE("the level is the time since a replica put off its timer at word from the primary") {
  const std::string steady = R"(, "network": {"delay": "1ms"})";
  CHECK(level_at(scenario_of(kWatched, steady), 1018ms) == 7ms);  // sent at 1010 ms
  // The backup hears of writes all the time, and is not reassured by them.
  const std::string cut = steady + R"(, "faults": [{"from": "1015ms", "to": "1025ms", "pause": 0}])";
  CHECK(level_at(scenario_of(kWatched, steady), 1018ms, SuspicionLevel::Sign::message) <= 7ms);
  CHECK(level_at(scenario_of(kWatched, cut), 1018ms) == 0ms);  // a paused primary doesn't act
  CHECK(level_at(scenario_of(kWatched, cut), 1028ms) == 2ms);  // it beats as soon as it resumes
  const std::string split =
      steady + R"(, "faults": [{"from": "1015ms", "to": "2s", "partition": [[0], [1, 2]]}])";
  CHECK(level_at(scenario_of(kWatched, split), 1040ms) == 29ms);
  const std::string crash = steady + R"(, "faults": [{"at": "1015ms", "crash": 0}])";
  CHECK(level_at(scenario_of(kWatched, crash), 1040ms) == 0ms);  // the dead don't split the brain
}

TEST_CASE("two primaries are noticed whether one takes over or one resumes") {
  SplittingEffort effort;
  for (const char* fault : {R"({"from": "1s", "to": "1500ms", "partition": [[0], [1, 2]]})",
                            R"({"from": "1s", "to": "1500ms", "pause": 0})"}) {
    CAPTURE(fault);
    const Scenario scenario =
        scenario_of(kWatched, std::string(R"(, "network": {"delay": "1ms"}, "faults": [)") + fault + "]");
    SplittingPath path(scenario, SuspicionLevel::Sign::timer, 1);
    path.run_until(Time{1s}, effort);
    CHECK(!path.level.two_primaries(Time{1s}));
    path.run_until(Time{1550ms}, effort);
    CHECK(path.level.two_primaries(Time{1550ms}));
  }
}

TEST_CASE("two primaries for no longer than an instant are none") {
  SuspicionLevel level(2, SuspicionLevel::Sign::timer);
  const NodeId a{0}, b{1};
  level.became(Time{1ms}, a, Role::primary, 1);
  level.became(Time{2ms}, b, Role::primary, 2);
  CHECK(!level.two_primaries(Time{2ms}));
  level.became(Time{2ms}, a, Role::backup, 2);
  CHECK(!level.two_primaries(Time{9ms}));
  level.became(Time{10ms}, a, Role::primary, 3);
  CHECK(level.two_primaries(Time{11ms}));
  level.became(Time{12ms}, b, Role::backup, 3);
  CHECK(level.two_primaries(Time{20ms}));
}

TEST_CASE("an estimate is the same whatever the number of threads, and another with another seed") {
  const Scenario scenario = scenario_of(kWatched, kLossy);
  const RareSummary one = estimate_rare(scenario, options("split_brain", 1));
  const RareSummary four = estimate_rare(scenario, options("split_brain", 4));
  CHECK(to_csv(one) == to_csv(four));
  CHECK(to_json(one) == to_json(four));
  REQUIRE(one.rows.size() == 2);
  CHECK(one.rows[0].probability.value > one.rows[1].probability.value);
  RareOptions other = options("split_brain");
  other.seed = 2;
  CHECK(to_csv(estimate_rare(scenario, other)) != to_csv(one));
}

TEST_CASE("what was never found has an upper end, the lower the further copies came") {
  const RareRow never = estimate_rare(scenario_of(kWatched), options("split_brain")).rows.at(0);
  CHECK(never.plan.levels.empty());  // nothing is ever late
  CHECK(never.probability.value == 0);
  const auto runs = static_cast<double>(never.explored.at(0));
  CHECK(never.probability.high == Approx(-std::log(0.025) / runs));

  const Scenario raft = scenario_of(R"({"name": "raft", "heartbeat": "20ms", "election_timeout_min": "80ms",
    "election_timeout_max": "120ms"})",
                                    R"(, "network": {"delay": {"exponential": "2ms"}, "loss": 0.05})");
  const RareRow lost = estimate_rare(raft, options("lost_write")).rows.at(0);
  CHECK(lost.two_primaries > 0);
  CHECK(lost.probability.value == 0);
  // All that is known of ways below the first level is that no whole run has gone one.
  const double of_runs = -std::log(0.025) / static_cast<double>(lost.explored.at(0));
  CHECK(lost.probability.high == Approx(of_runs));
  CHECK(lost.limit_above.value() > 0);
  CHECK(lost.limit_above.value() < 1e-4);
}

TEST_CASE("without a primary there is nothing to climb: plain sampling") {
  const Scenario abd = scenario_of(R"({"name": "abd"})", R"(, "network": {"delay": "1ms", "loss": 0.05})");
  const RareRow row = estimate_rare(abd, options("violation")).rows.at(0);
  CHECK(row.plan.levels.empty());
  CHECK(row.probability.value == 0);
  CHECK(row.probability.high > 1e-3);
}

TEST_CASE("an event that is no rarity is counted in plain runs") {
  const Scenario scenario = scenario_of(kWatched, R"(, "network": {"delay": "1ms", "loss": 0.4})");
  const RareRow row = estimate_rare(scenario, options("split_brain")).rows.at(0);
  CHECK(row.plan.levels.empty());
  CHECK(row.probability.value > 0.9);
  CHECK(row.probability.high <= 1);
}

TEST_CASE("a point whose runs exceed their bound on events has no answer, and says why") {
  Scenario scenario = scenario_of(kWatched, R"(, "network": {"delay": "1ms", "loss": 0.05},
    "sweep": {"vary": {"/max_events": [1000, 1000000]}})");
  const RareSummary summary = estimate_rare(scenario, options("split_brain"));
  CHECK(summary.rows.at(0).error.find("more than 1000 events") != std::string::npos);
  CHECK(summary.rows.at(1).error.empty());
  CHECK(to_table(summary).find("more than 1000 events") != std::string::npos);
}

TEST_CASE("the interval is that of the mean's logarithm") {
  const Estimate e = interval_of({1, 2, 3}, 0);
  const double half = 4.302652729911275 / std::sqrt(3.0) / 2;  // Student's t with 2 degrees of freedom; s = 1
  CHECK(e.value == Approx(2));
  CHECK(e.low == Approx(2 * std::exp(-half)));
  CHECK(e.high == Approx(2 * std::exp(half)));
  CHECK(interval_of({0, 0}, 0.5) == Estimate{0, 0, 0.5});
  CHECK(std::isnan(interval_of({3}, 0).high));
}

TEST_CASE("a reservoir keeps what comes by with equal chances, and shares it evenly") {
  const Scenario scenario = scenario_of(kWatched);
  const SplittingPath start(scenario, SuspicionLevel::Sign::timer, 1);
  std::vector<SplittingPath> paths;
  SplittingEffort effort;
  for (int i = 0; i < 6; ++i) {
    paths.push_back(start);
    paths.back().run_until(Time{Duration{10ms} * i}, effort);
  }
  std::vector<int> kept(6);
  constexpr int kTrials = 3000;
  for (std::uint64_t seed = 0; seed < kTrials; ++seed) {
    Reservoir reservoir(2, seed);
    for (const SplittingPath& path : paths) reservoir.offer(path);
    std::vector<int> shares(6);
    for (std::uint64_t i = 0; i < 7; ++i) {
      const Duration at = reservoir.share(i, 7, 0.3).world.now().time_since_epoch();
      ++shares[static_cast<std::size_t>(at / 10ms)];
    }
    for (std::size_t i = 0; i < 6; ++i) {
      CHECK((shares[i] == 0 || shares[i] == 3 || shares[i] == 4));
      kept[i] += shares[i] > 0 ? 1 : 0;
    }
  }
  for (std::size_t i = 0; i < 6; ++i) {
    CAPTURE(i, kept[i]);
    CHECK(std::abs(kept[i] - kTrials / 3.0) <= 4 * std::sqrt(kTrials * 2 / 9.0));
  }
}
