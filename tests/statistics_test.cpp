// Intervals against published values and closed forms, and their coverage where it can be summed exactly.
#include "sim/experiment/statistics.hpp"

#include <cmath>

#include "sim/kernel/math.hpp"
#include "tests/catch.hpp"

using namespace sim;

namespace {
bool near(double a, double b, double tolerance = 5e-4) {
  return std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
}
}  // namespace

TEST_CASE("quantiles match the tables") {
  CHECK(near(normal_quantile(0.975), 1.959963985, 1e-8));
  CHECK(near(normal_quantile(0.5), 0, 1e-8));
  CHECK(near(student_quantile(0.975, 1), 12.7062, 1e-5));
  CHECK(near(student_quantile(0.975, 2), 4.30265, 1e-5));
  CHECK(near(student_quantile(0.975, 10), 2.22814, 1e-5));
  CHECK(near(student_quantile(0.975, 100), 1.98397, 1e-5));
  CHECK(near(student_quantile(0.995, 5), 4.03214, 1e-5));
  CHECK(near(student_quantile(0.025, 10), -2.22814, 1e-5));
  CHECK(near(student_quantile(0.975, 2e6), 1.95996, 1e-5));
  CHECK(near(2 * gamma_quantile(0.95, 0.5), 3.841459, 1e-6));  // chi-square, 1 degree
  CHECK(near(2 * gamma_quantile(0.95, 5), 18.307038, 1e-6));   // chi-square, 10 degrees
}

TEST_CASE("Wilson's interval says something even at zero and at all") {
  const auto none = wilson({.count = 0, .n = 10});
  CHECK(none->low == 0);
  CHECK(near(none->high, 0.2775));
  const auto all = wilson({.count = 10, .n = 10});
  CHECK(near(all->low, 0.7225));
  CHECK(all->high == 1);
  const auto half = wilson({.count = 5, .n = 10});
  CHECK(near(half->low, 0.2366));
  CHECK(near(half->high, 0.7634));
  CHECK_FALSE(wilson({}));
}

TEST_CASE("the exact Poisson interval matches Garwood's table") {
  const auto none = poisson_rate({.events = 0, .exposure = 1});
  CHECK(none->low == 0);
  CHECK(near(none->high, 3.6889));
  const auto one = poisson_rate({.events = 1, .exposure = 1});
  CHECK(near(one->low, 0.0253));
  CHECK(near(one->high, 5.5716));
  const auto ten = poisson_rate({.events = 10, .exposure = 2});
  CHECK(ten->value == 5);
  CHECK(near(ten->low, 4.7954 / 2));
  CHECK(near(ten->high, 18.3904 / 2));
  CHECK_FALSE(poisson_rate({.events = 0, .exposure = 0}));
}

TEST_CASE("the exact Poisson interval approaches the normal one") {
  const auto many = poisson_rate({.events = 1'000'000, .exposure = 1});
  CHECK(near(many->low, 1e6 - 1.96e3, 1e-5));
  CHECK(near(many->high, 1e6 + 1.96e3, 1e-5));
}

TEST_CASE("the exact Poisson interval covers the true mean in at least 95 of 100 cases") {
  for (const double mean : {0.1, 0.5, 1.0, 3.0, 7.5, 20.0}) {
    CAPTURE(mean);
    double covered = 0, probability = std::exp(-mean);
    for (std::uint64_t k = 0; k < 100; ++k) {
      const auto interval = poisson_rate({.events = k, .exposure = 1});
      if (interval->low <= mean && mean <= interval->high) covered += probability;
      probability *= mean / static_cast<double>(k + 1);
    }
    CHECK(covered >= 0.95);
  }
}

TEST_CASE("a mean comes with Student's interval, and a single number with none") {
  Moments m;
  CHECK_FALSE(mean_interval(m));
  m.add(3);
  CHECK(mean_interval(m)->value == 3);
  CHECK(std::isnan(mean_interval(m)->low));
  m.add(5);
  m.add(7);
  const auto mean = mean_interval(m);
  CHECK(near(mean->value, 5));
  CHECK(near(mean->low, 5 - 4.30265 * 2 / std::sqrt(3.0)));
  CHECK(near(mean->high, 5 + 4.30265 * 2 / std::sqrt(3.0)));
}
