// How often Raft's votes split, and how long it is without a leader, against the literature.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/experiment/run.hpp"
#include "sim/experiment/sweep/sweep.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

Scenario sweep_file(const char* name) {
  return load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/sweeps/" + name);
}

// A row of the file of published values: one value of the literature, and ours beside it.
struct Published {
  std::string label, statistic;
  double milliseconds;
  std::string here, agrees;
};

// The rows that belong to a scenario.
std::vector<Published> published(const std::string& scenario) {
  std::ifstream file(std::string(REPSIM_SOURCE_DIR) + "/scenarios/data/published.csv");
  std::vector<Published> found;
  for (std::string line; std::getline(file, line);) {
    std::istringstream cells(line);
    std::string name, label, statistic, value, here, agrees;
    for (std::string* cell : {&name, &label, &statistic, &value, &here, &agrees})
      std::getline(cells, *cell, ',');
    if (name == scenario) found.push_back({label, statistic, std::stod(value), here, agrees});
  }
  return found;
}

// The failover of each seed at a point, sorted; `none` counts the runs that ended without a new leader.
struct Times {
  std::vector<double> ms;
  int none = 0;
};

Times election_times(const Scenario& at_point, std::uint64_t seeds) {
  Times times;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const RunResult r = run_for_sweep(at_point, seed);
    REQUIRE(r.failover.count <= 1);
    REQUIRE(r.consensus.election_safety == true);
    if (r.failover.count == 0) ++times.none;
    if (r.failover.count == 1) times.ms.push_back(*r.failover.mean_s * 1000);
  }
  std::ranges::sort(times.ms);
  return times;
}

double statistic_of(const std::vector<double>& sorted, const std::string& name) {
  const std::size_t n = sorted.size();
  if (name == "mean") return std::accumulate(sorted.begin(), sorted.end(), 0.0) / static_cast<double>(n);
  if (name == "median") return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  if (name == "p99") return sorted[n * 99 / 100 - 1];
  if (name == "p99.9") return sorted[n * 999 / 1000 - 1];
  REQUIRE(name == "max");
  return sorted.back();
}

// What counts as agreement. Few of 1,000 trials decide the tail, so that it is held less tightly.
bool agree(double ours, const Published& value) {
  const bool middle = value.statistic == "mean" || value.statistic == "median";
  return std::abs(ours / value.milliseconds - 1) <= (middle ? 0.10 : 0.25);
}

std::string text_of_file(const std::string& path) {
  std::ifstream file(std::string(REPSIM_SOURCE_DIR) + "/" + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Of `servers`, the leader and perhaps others crash; `alive` hold an election. A message takes `latency` of
// the time over which their timeouts are spread.
struct Ballot {
  std::size_t servers, alive;
  double latency;
};

Ballot ballot_of(const Scenario& s) {
  const auto& protocol = s.document["protocol"];
  const auto ms = [](const Json& text) { return std::stod(text.get<std::string>()); };
  const double spread = ms(protocol["election_timeout_max"]) - ms(protocol["election_timeout_min"]);
  return {s.setup.replicas, s.setup.replicas - s.setup.faults.size(),
          ms(s.document["network"]["delay"]) / spread};
}

// At least so many others must time out before the first candidate's request reaches them that it has no
// majority left. The distance from the first of `alive` uniform timeouts to the k-th next is distributed as
// the k-th smallest of them: at most `latency` with probability P(Binomial(alive, latency) >= k).
double split_probability(const Ballot& b) {
  const auto alive = static_cast<int>(b.alive), needed = alive - static_cast<int>(b.servers / 2);
  double p = 0, choose = 1;
  for (int k = 0; k <= alive; ++k) {
    if (k >= needed) p += choose * std::pow(b.latency, k) * std::pow(1 - b.latency, alive - k);
    choose = choose * (alive - k) / (k + 1);
  }
  return p;
}

// How many published values were compared, and how many agree. Both ways: what is claimed must hold, and what
// is owned up to as missed must still be missed.
struct Compared {
  int all = 0, agreeing = 0;
};

Compared compare_with_published(const Scenario& scenario) {
  Compared compared;
  const auto values = published(scenario.name);
  for (const SweepPoint& point : points_of(*scenario.sweep)) {
    const Times times = election_times(scenario_at_point(scenario, point), scenario.sweep->seeds);
    REQUIRE(times.none == 0);
    for (const Published& value : values) {
      if (value.label != point.label) continue;
      const double ours = statistic_of(times.ms, value.statistic);
      CAPTURE(value.label, value.statistic, value.milliseconds, ours);
      CHECK(fmt::format("{:.1f}", ours) == value.here);
      CHECK(value.agrees == (agree(ours, value) ? "yes" : "no"));
      compared.agreeing += value.agrees == "yes" ? 1 : 0;
      ++compared.all;
    }
  }
  return compared;
}

}  // namespace

TEST_CASE("votes split as often as Ongaro's thesis (chapter 9) says: 20 points, 4,000 elections each") {
  const Scenario scenario = sweep_file("raft_split_votes.json");
  const auto points = points_of(*scenario.sweep);
  const auto runs = static_cast<double>(scenario.sweep->seeds);
  REQUIRE(points.size() == 20);
  REQUIRE(runs == 4000);
  for (const SweepPoint& point : points) {
    const Scenario at_point = scenario_at_point(scenario, point);
    const Ballot ballot = ballot_of(at_point);
    CAPTURE(ballot.servers, ballot.alive, ballot.latency);
    int split = 0;
    for (std::uint64_t seed = 1; seed <= scenario.sweep->seeds; ++seed) {
      const RunResult r = run_for_sweep(at_point, seed);
      REQUIRE(r.failover.count == 1);
      split += r.failover.vain_terms > 0 ? 1 : 0;
    }
    const double p = split_probability(ballot);
    CHECK(std::abs(split / runs - p) <= 4 * std::sqrt(p * (1 - p) / runs));
  }
  CHECK(split_probability({5, 4, .1}) == Approx(.0523).margin(5e-5));
}

TEST_CASE(
    "election times are as near to the published ones as is claimed: 1,000 crashes at each of 9 points") {
  const Scenario scenario = sweep_file("raft_election_time.json");
  REQUIRE(scenario.sweep->seeds == 1000);
  const Compared compared = compare_with_published(scenario);
  CHECK(compared.all == 36);
  const std::string claim = fmt::format("{} of {} published values", compared.agreeing, compared.all);
  CAPTURE(claim);
  CHECK(text_of_file("scenarios/README.md").find(claim) != std::string::npos);
}

TEST_CASE("elections across a continent take as long as AvailSim says: 10,000 crashes at each of 2 points") {
  const Scenario scenario = sweep_file("raft_wan_election.json");
  REQUIRE(scenario.sweep->seeds == 10000);
  const Compared compared = compare_with_published(scenario);
  CHECK(compared.all == 4);
  CHECK(compared.agreeing == 4);
}

TEST_CASE("with equal timeouts nobody is elected within 10 s, as published: 100 crashes") {
  Scenario scenario = sweep_file("raft_election_time.json");
  Json document = scenario.document;
  document.erase("sweep");
  document["protocol"]["election_timeout_max"] = "150ms";
  const Times times = election_times(read_scenario(document, "equal.json"), 100);
  CHECK(times.none == 100);
  for (const Published& value : published(scenario.name)) {
    if (value.label != "150-150 ms") continue;
    CHECK(value.milliseconds > 10'000);
    CHECK(value.here == "none");
    CHECK(value.agrees == "no");  // the paper's servers got out of step at last
  }
}

// Links {0, 1, 2 complete, 3-1, 4-2}, replica 2 leading: Decentralized Thoughts, 2020-12-12.
TEST_CASE("with partial links a leader stays only with pre-vote and check-quorum: 10 seeds each") {
  const auto changes = [](const char* file, int seed) {
    const Scenario s = load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/lessons/raft/" + file);
    const RunResult r = run_once(s, static_cast<std::uint64_t>(seed));
    CHECK(r.linearizability.verdict == Verdict::linearizable);
    return std::ranges::count_if(r.record.roles, [](const Record::RoleChange& c) {
      return c.role == Role::primary && c.at > Time{2s} && c.at < Time{10s};
    });
  };
  for (int seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    CHECK(changes("raft_partial_links.json", seed) >= 5);
    CHECK(changes("raft_partial_links_pre_vote.json", seed) == 0);
  }
}
