// Paired differences between points: their direction, their intervals, and what pairing is worth.
#include "sim/experiment/sweep/differences.hpp"

#include <cmath>

#include "sim/experiment/sweep/sweep.hpp"
#include "sim/kernel/rng.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

const std::size_t kEpisodes = measure_index("split_brain_per_s");
const std::size_t kHarmful = measure_index("harmful");
const std::size_t kTwo = measure_index("dual_primary_fraction");

MeasuredRun run_with(double episodes, double seconds = 10) {
  MeasuredRun run{.virtual_seconds = seconds};
  run.values[kEpisodes] = episodes;
  return run;
}

// A sweep of two points whose difference is known: the second has `more` events a second on top of common
// ones.
Difference difference_of(std::uint64_t seed, double common, double more, int runs) {
  Rng rng(seed, "differences");
  const auto events = [&](double mean) {
    int n = 0;
    for (double p = rng.unit(), limit = std::exp(-mean); p > limit; p *= rng.unit()) ++n;
    return static_cast<double>(n);
  };
  Differences d(2, 0);
  for (int i = 1; i <= runs; ++i) {
    const double both = events(common);
    d.add(0, static_cast<std::uint64_t>(i), run_with(both, 1));
    d.add(1, static_cast<std::uint64_t>(i), run_with(both + events(more), 1));
  }
  return *d.between(0, 1)[kEpisodes];
}

}  // namespace

TEST_CASE("a difference is what the point has more than the baseline, and turns round with them") {
  Differences d(2, 0);
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    d.add(0, seed, run_with(1));
    d.add(1, seed, run_with(seed % 2 == 0 ? 3 : 5));
  }
  const auto there = d.between(0, 1)[kEpisodes], back = d.between(1, 0)[kEpisodes];
  REQUIRE(there);
  CHECK(there->n == 30);
  CHECK(there->excess.value == Approx(0.3));
  CHECK(there->excess.low < 0.3);
  CHECK(back->excess.value == -there->excess.value);
  CHECK(back->excess.low == -there->excess.high);
  CHECK_FALSE(d.between(0, 1)[kHarmful]);
}

TEST_CASE("only seeds that both points finished are compared") {
  Differences d(3, 0);
  d.add(0, 1, run_with(1));
  d.add(1, 1, MeasuredRun{.finished = false});
  d.add(2, 1, run_with(2));
  d.add(1, 2, run_with(7));
  d.add(2, 2, run_with(7));
  CHECK_FALSE(d.between(0, 1)[kEpisodes]);
  CHECK(d.between(0, 2)[kEpisodes]->n == 1);
  CHECK(d.between(1, 2)[kEpisodes]->n == 1);
}

TEST_CASE("of many points each is compared with the baseline alone, wherever it stands") {
  const std::size_t points = Differences::kAllPairs + 3, baseline = 5;
  Differences d(points, baseline);
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    for (std::size_t p = 0; p < points; ++p) d.add(p, seed, run_with(static_cast<double>(10 * p)));
  }
  CHECK_FALSE(d.compares(0, 1));
  CHECK_FALSE(d.compares(baseline, baseline));
  for (const std::size_t p : {std::size_t{0}, std::size_t{4}, std::size_t{6}, points - 1}) {
    REQUIRE(d.compares(baseline, p));
    CHECK(d.between(baseline, p)[kEpisodes]->excess.value ==
          static_cast<double>(p) - static_cast<double>(baseline));
  }
}

TEST_CASE("where nothing happened the interval says how little that means") {
  Differences d(2, 0);
  MeasuredRun run = run_with(0);
  run.values[kHarmful] = 0;
  run.values[kTwo] = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    d.add(0, seed, run);
    d.add(1, seed, run);
  }
  const auto excess = d.between(0, 1);
  const double at_most = poisson_rate({.events = 0, .exposure = 500}, 0.975)->high;
  CHECK(excess[kEpisodes]->excess == Estimate{0, -at_most, at_most});
  CHECK(excess[kHarmful]->excess.high == Approx(3.8415 / 53.8415).epsilon(1e-4));
  CHECK(excess[kTwo]->excess.high == unseen_share(static_cast<double>(excess[kTwo]->n)));
  CHECK(excess[kTwo]->excess.low == -excess[kTwo]->excess.high);
}

TEST_CASE("a rate that differs alike in every seed is still not known exactly") {
  Differences d(2, 0);
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    d.add(0, seed, run_with(0));
    d.add(1, seed, run_with(1));
  }
  const auto excess = d.between(0, 1)[kEpisodes]->excess;
  CHECK(excess.value == 0.1);
  CHECK(excess.low < 0.08);
  CHECK(excess.high > 0.12);
}

TEST_CASE("intervals of differences in rates cover the truth, with few events and with many") {
  for (const double more : {0.02, 0.5, 3.0}) {
    int covered = 0, runs = 1000;
    for (int i = 0; i < runs; ++i) {
      const auto d = difference_of(static_cast<std::uint64_t>(i), 2, more, 60).excess;
      if (d.low <= more && more <= d.high) ++covered;
    }
    CAPTURE(more, covered);
    CHECK(covered >= 922);  // 4 standard errors below 950
  }
}

TEST_CASE("pairing makes a difference known far better than the rates themselves") {
  const auto d = difference_of(7, 20, 0.5, 400).excess;
  const double paired = d.high - d.low;
  const double alone = 2 * 1.96 * std::sqrt((20 + 20.5) / 400);
  CHECK(paired < 0.25 * alone);
}

namespace {

Scenario two_timeouts() {
  return read_scenario(Json::parse(R"({"name": "two", "duration": "2s", "settle": "100ms", "replicas": 2,
      "protocol": {"name": "primary_backup", "fencing": false,
                   "detector": {"kind": "timeout", "heartbeat": "10ms", "timeout": "15ms"}},
      "service": {"name": "kv", "keys": 1}, "clients": {"count": 1, "rate": "10/s"},
      "network": {"delay": {"constant": "1ms"}, "loss": 0.1},
      "sweep": {"vary": {"/protocol/detector/timeout": ["15ms", "35ms"]}, "seeds": 60}})"),
                       "two.json");
}

}  // namespace

TEST_CASE("a sweep says by how much its points differ, in words and as a table") {
  const auto summary = sweep(two_timeouts(), {.seeds = 60, .baseline = "35ms"});
  const std::string text = differences_text(summary);
  CHECK(text.starts_with("Compared with 35ms, seed by seed [95 % interval]\n  15ms\n"));
  CHECK(text.find("] more split brains an hour\n") != std::string::npos);
  CHECK(text.find("] ms less failover") == std::string::npos);  // nobody failed
  const std::string csv = differences_csv(summary);
  CHECK(csv.starts_with("point,baseline,measure,n,difference,low,high,unit\n0,1,violation,60,"));
  CHECK(csv.find("\n1,0,split_brain_per_s,60,-") != std::string::npos);
}

TEST_CASE("the baseline must be one of the points") {
  CHECK_THROWS_WITH(sweep(two_timeouts(), {.seeds = 1, .baseline = "35 ms"}),
                    Catch::Contains("no point has the name \"35 ms\"") && Catch::Contains("\"35ms\""));
}
