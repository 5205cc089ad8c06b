// Holding the simulator against theory: a scenario in, counted outcomes out, compared within four standard
// errors. Every seed is fixed, so a test that passes once passes always; the number of runs says how sharp it
// is.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>

#include "sim/scenario/scenario.hpp"
#include "sim/world/world.hpp"
#include "tests/support/catch.hpp"

namespace fidelity {

using namespace sim;

inline Scenario scenario_of(const std::string& json) { return read_scenario(Json::parse(json), "fidelity"); }

/// Runs seeds 1 .. `runs` and hands each finished record to `look`. `prepare` may change each run's setup.
inline void for_each_run(
    const Scenario& scenario, std::uint64_t runs, const std::function<void(const Record&)>& look,
    const std::function<void(Setup&, std::uint64_t seed)>& prepare = [](Setup&, std::uint64_t) {}) {
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    Setup setup = scenario.setup;
    prepare(setup, seed);
    World world(setup, seed, scenario.plan->make_host(setup.replicas));
    REQUIRE(world.run() == Ending::complete);
    look(world.record());
  }
}

/// A share seen in `trials` independent trials agrees with probability `p`.
inline void check_share(std::uint64_t seen, std::uint64_t trials, double p) {
  const double share = static_cast<double>(seen) / static_cast<double>(trials);
  const double tolerance = 4 * std::sqrt(p * (1 - p) / static_cast<double>(trials));
  CAPTURE(seen, trials, share, p, tolerance);
  CHECK(std::abs(share - p) <= tolerance);
}

/// A rate seen as `events` in `seconds` agrees with `rate`; at least `least` events make that a statement.
inline void check_rate(std::uint64_t events, double seconds, double rate, std::uint64_t least) {
  const double seen = static_cast<double>(events) / seconds;
  const double tolerance = 4 / std::sqrt(static_cast<double>(events));
  CAPTURE(events, seconds, seen, rate, tolerance);
  REQUIRE(events >= least);
  CHECK(std::abs(seen / rate - 1) <= tolerance);
}

/// The integral of `f` from `a` to `b`, by Simpson's rule with `steps` (even) steps.
inline double integral(const std::function<double(double)>& f, double a, double b, int steps) {
  const double h = (b - a) / steps;
  double sum = f(a) + f(b);
  for (int i = 1; i < steps; ++i) sum += f(a + i * h) * (i % 2 == 1 ? 4 : 2);
  return sum * h / 3;
}

}  // namespace fidelity
