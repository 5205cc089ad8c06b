// How often Raft's votes split, and how long it is without a leader, against the literature.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/experiment/run.hpp"
#include "tests/catch.hpp"

using namespace sim;

namespace {

// The set-up of the figure on randomised timeouts (Ongaro and Ousterhout 2014, section 9.3): five servers;
// all hear the leader at once, which then crashes at a uniformly random point of its heartbeat interval, half
// the smallest timeout; two of the four survivors can't win, for they lack an entry that the others got with
// that last word. A round trip with the voter's disk write takes about 15 ms.
//
// The figure's other end, 12 to 24 ms (35 ms in the mean), is no claim here: this Raft writes its own vote
// before it asks for the others', and at such timeouts that write alone makes votes split.
//
// Replicas 3 and 4 lack the entry, which a cut keeps from them. Of any three who elect, one is of these two,
// so that only their disks have to be slow.
Scenario election(std::int64_t timeout_min_us, int seed) {
  const std::int64_t heartbeat_us = timeout_min_us / 2;
  const std::int64_t last_heartbeat_us = 500'000 / heartbeat_us * heartbeat_us;
  Rng rng(static_cast<std::uint64_t>(seed), "crash");
  const auto alive_us = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(heartbeat_us)));
  const std::int64_t crash_us = last_heartbeat_us + std::max<std::int64_t>(alive_us, 850);
  return read_scenario(Json::parse(fmt::format(
                           R"({{"name": "election", "duration": "3s", "settle": "0s", "replicas": 5,
  "protocol": {{"name": "raft", "election_timeout_min": "{0}us", "election_timeout_max": "{1}us",
               "heartbeat": "{2}us"}},
  "clients": {{"count": 1, "every": "{3}us", "operations": 1, "reads": 0, "retry": false}},
  "network": {{"delay": {{"uniform": ["100us", "300us"]}}}},
  "faults": [{{"from": "0s", "disk": 1, "delay": "2ms"}}, {{"from": "0s", "disk": 2, "delay": "2ms"}},
             {{"from": "0s", "disk": 3, "delay": "12ms"}}, {{"from": "0s", "disk": 4, "delay": "12ms"}},
             {{"from": "{4}us", "to": "{5}us", "cut": [0, 3]}}, {{"from": "{4}us", "to": "{5}us", "cut": [0, 4]}},
             {{"at": "{5}us", "crash": 0}}]}})",
                           timeout_min_us, 2 * timeout_min_us, heartbeat_us, last_heartbeat_us + 500,
                           last_heartbeat_us + 400, crash_us)),
                       "raft_test");
}

struct Times {
  double mean, median;
};

Times election_times(std::int64_t timeout_min_us) {
  std::vector<double> ms;
  for (int seed = 1; seed <= 1000; ++seed) {
    const RunResult r = run_for_sweep(election(timeout_min_us, seed), static_cast<std::uint64_t>(seed));
    REQUIRE(r.failover.count >= 1);
    ms.push_back(*r.failover.mean_s * 1000);
  }
  std::ranges::sort(ms);
  return {std::accumulate(ms.begin(), ms.end(), 0.0) / static_cast<double>(ms.size()), ms[ms.size() / 2]};
}

// Of `servers`, the leader and perhaps others crash; `alive` hold an election. Their timeouts are spread over
// 100 ms, and a message takes `latency` of that.
struct Ballot {
  int servers, alive;
  double latency;
};

bool splits(const Ballot& b, int seed) {
  std::string crashes;
  for (int i = 0; i < b.servers - b.alive; ++i)
    crashes += fmt::format(R"({}{{"at": "1s", "crash": {}}})", i == 0 ? "" : ", ", i);
  const Scenario scenario =
      read_scenario(Json::parse(fmt::format(
                        R"({{"name": "ballot", "duration": "2s", "settle": "0s", "replicas": {},
  "protocol": {{"name": "raft", "election_timeout_min": "100ms", "election_timeout_max": "200ms",
               "heartbeat": "20ms"}},
  "clients": {{"count": 1, "every": "10s"}}, "network": {{"delay": "{}us"}}, "faults": [{}]}})",
                        b.servers, std::lround(b.latency * 100'000), crashes)),
                    "raft_test");
  const RunResult r = run_once(scenario, static_cast<std::uint64_t>(seed));
  REQUIRE(r.consensus.election_safety == true);
  const auto second = [](const Record::RoleChange& c) { return c.role == Role::primary && c.term == 2; };
  return std::ranges::none_of(r.record.roles, second);
}

// At least so many others must time out before the first candidate's request reaches them that it has no
// majority left. The distance from the first of `alive` uniform timeouts to the k-th next is distributed as
// the k-th smallest of them: at most `latency` with probability P(Binomial(alive, latency) >= k).
double split_probability(const Ballot& b) {
  double p = 0, choose = 1;
  for (int k = 0; k <= b.alive; ++k) {
    if (k >= b.alive - b.servers / 2)
      p += choose * std::pow(b.latency, k) * std::pow(1 - b.latency, b.alive - k);
    choose = choose * (b.alive - k) / (k + 1);
  }
  return p;
}

}  // namespace

TEST_CASE("votes split as often as Ongaro's thesis (chapter 9) says: 4,000 elections a point") {
  constexpr int kRuns = 4000;
  for (const Ballot ballot : {Ballot{5, 4, .05}, Ballot{5, 4, .1}, Ballot{5, 4, .2}, Ballot{5, 3, .1},
                              Ballot{3, 2, .1}, Ballot{7, 6, .1}}) {
    CAPTURE(ballot.servers, ballot.alive, ballot.latency);
    int split = 0;
    for (int seed = 1; seed <= kRuns; ++seed) split += splits(ballot, seed) ? 1 : 0;
    const double p = split_probability(ballot);
    CHECK(std::abs(static_cast<double>(split) / kRuns - p) <= 4 * std::sqrt(p * (1 - p) / kRuns));
  }
  CHECK(split_probability({5, 4, .1}) == Approx(.0523).margin(5e-5));
}

TEST_CASE("timeouts of 150 to 300 ms: a new leader within 10 % of the published times, 1,000 crashes") {
  const Times times = election_times(150'000);
  CHECK(times.mean == Approx(181).epsilon(0.1));
  CHECK(times.median == Approx(171).epsilon(0.1));
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
