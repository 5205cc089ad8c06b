// How often Raft's votes split, and how long it is without a leader, against the literature.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "sim/experiment/run.hpp"
#include "sim/experiment/sweep.hpp"
#include "tests/catch.hpp"

using namespace sim;

namespace {

Scenario sweep_file(const char* name) {
  return load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/sweeps/" + name);
}

struct Published {
  std::string label, statistic;
  double milliseconds;
};

// The rows of the file of published values that belong to a scenario.
std::vector<Published> published(const std::string& scenario) {
  std::ifstream file(std::string(REPSIM_SOURCE_DIR) + "/scenarios/data/published.csv");
  std::vector<Published> found;
  for (std::string line; std::getline(file, line);) {
    std::istringstream cells(line);
    std::string name, label, statistic, value;
    for (std::string* cell : {&name, &label, &statistic, &value}) std::getline(cells, *cell, ',');
    if (name == scenario) found.push_back({label, statistic, std::stod(value)});
  }
  return found;
}

struct Times {
  double mean, median;
};

Times election_times(const Scenario& scenario, const std::string& label) {
  const Scenario at_point = scenario_at_point(scenario, listed_point(scenario, {label}));
  std::vector<double> ms;
  for (std::uint64_t seed = 1; seed <= scenario.sweep->seeds; ++seed) {
    const RunResult r = run_for_sweep(at_point, seed);
    REQUIRE(r.failover.count == 1);
    REQUIRE(r.consensus.election_safety == true);
    ms.push_back(*r.failover.mean_s * 1000);
  }
  std::ranges::sort(ms);
  return {std::accumulate(ms.begin(), ms.end(), 0.0) / static_cast<double>(ms.size()),
          (ms[(ms.size() - 1) / 2] + ms[ms.size() / 2]) / 2};
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

TEST_CASE("a new leader comes within 10 % of the published times: 1,000 crashes a point") {
  const Scenario scenario = sweep_file("raft_election_time.json");
  REQUIRE(scenario.sweep->seeds == 1000);
  const auto values = published(scenario.name);
  REQUIRE(values.size() == 5);
  for (const Published& value : values) {
    CAPTURE(value.label, value.statistic);
    const Times times = election_times(scenario, value.label);
    CHECK((value.statistic == "mean" ? times.mean : times.median) == Approx(value.milliseconds).epsilon(0.1));
  }
}

// Links {0, 1, 2 complete, 3-1, 4-2}, replica 2 leading: Decentralized Thoughts, 2020-12-12.
TEST_CASE("with partial links a leader stays only with pre-vote and check-quorum: 10 seeds each") {
  const auto changes = [](const char* file, int seed) {
    const Scenario s = load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/lessons/" + file);
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
