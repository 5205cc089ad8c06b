// Intervals against published values and closed forms, and their coverage where it can be summed exactly.
#include "sim/experiment/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/kernel/math.hpp"
#include "sim/kernel/rng.hpp"
#include "tests/support/catch.hpp"

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

TEST_CASE("a mean's interval never leaves the range of what is averaged") {
  Moments shares;
  for (const double x : {1.0, 1.0, 1.0, 1.0, 0.9}) shares.add(x);
  CHECK(mean_interval(shares)->high > 1);
  CHECK(mean_interval(shares, 0.95, {0, 1})->high == 1);
  CHECK(mean_interval(shares, 0.95, {0, 1})->low < 0.98);
  Moments times;
  for (const double x : {0.0, 0.0, 0.0, 7.0}) times.add(x);
  CHECK(mean_interval(times, 0.95, {.low = 0})->low == 0);
}

TEST_CASE("numbers that are all alike say only what else would have shown itself") {
  Moments perfect;
  for (int i = 0; i < 10; ++i) perfect.add(1);
  CHECK(near(mean_interval(perfect, 0.95, {0, 1})->low, std::pow(0.05, 0.1)));
  CHECK(mean_interval(perfect, 0.95, {0, 1})->high == 1);
  Moments none;
  for (int i = 0; i < 10; ++i) none.add(0);
  CHECK(mean_interval(none, 0.95, {.low = 0})->low == 0);
  CHECK(std::isnan(mean_interval(none, 0.95, {.low = 0})->high));
  Moments fixed;
  for (int i = 0; i < 10; ++i) fixed.add(8);
  CHECK(mean_interval(fixed, 0.95, {.low = 0}) == Estimate{8, 8, 8});
}

namespace {

// Of 2,000 samples of `n` numbers: how often the interval has the true mean, in per cent.
template <class Draw> double coverage(int n, double true_mean, Range range, const Draw& draw) {
  Rng rng(7, "coverage");
  int covered = 0;
  for (int sample = 0; sample < 2000; ++sample) {
    Moments m;
    for (int i = 0; i < n; ++i) m.add(draw(rng));
    const auto e = *mean_interval(m, 0.95, range);
    covered += !(e.low > true_mean) && !(e.high < true_mean);
  }
  return covered / 20.0;
}

}  // namespace

TEST_CASE("a mean's interval covers in at least 91 of 100 cases, however skewed the numbers are") {
  const auto exponential = [](Rng& rng) { return -std::log(1 - rng.unit()); };
  const auto seldom = [&](Rng& rng) { return rng.chance(0.2) ? exponential(rng) : 0.0; };
  const auto nearly_one = [](Rng& rng) { return rng.chance(0.05) ? rng.unit() : 1.0; };
  for (const int n : {5, 10, 20, 50, 100}) {
    CAPTURE(n);
    CHECK(coverage(n, 1, {.low = 0}, exponential) >= 91);
    CHECK(coverage(n, 0.2, {.low = 0}, seldom) >= 91);
    CHECK(coverage(n, 0.975, {0, 1}, nearly_one) >= 91);
    CHECK(coverage(n, 0.5, {0, 1}, [](Rng& rng) { return rng.unit(); }) >= 91);
  }
}

namespace {

// The chance that Tango's interval covers the true difference, summed over all outcomes of `n` trials.
double paired_coverage(std::uint64_t n, double gain, double loss) {
  double covered = 0;
  for (std::uint64_t up = 0; up <= n; ++up) {
    for (std::uint64_t down = 0; up + down <= n; ++down) {
      const auto u = static_cast<double>(up), d = static_cast<double>(down), all = static_cast<double>(n);
      const double log_ways =
          std::lgamma(all + 1) - std::lgamma(u + 1) - std::lgamma(d + 1) - std::lgamma(all - u - d + 1);
      const double log_chance =
          log_ways + u * std::log(gain) + d * std::log(loss) + (all - u - d) * std::log(1 - gain - loss);
      const auto interval = paired_share_difference({up, down, n});
      if (interval->low <= gain - loss && gain - loss <= interval->high) covered += std::exp(log_chance);
    }
  }
  return covered;
}

}  // namespace

TEST_CASE("the interval for paired shares turns round with the conditions, and knows its limits") {
  const auto there = paired_share_difference({12, 2, 50}), back = paired_share_difference({2, 12, 50});
  CHECK(there->value == 0.2);
  CHECK(near(there->low, -back->high, 1e-9));
  CHECK(near(there->high, -back->low, 1e-9));
  CHECK(there->low > 0);
  const auto none = paired_share_difference({0, 0, 100});
  CHECK(none->value == 0);
  CHECK(near(none->high, 3.8415 / 103.8415));  // z^2 / (n + z^2)
  CHECK(near(none->low, -none->high, 1e-9));
  CHECK(paired_share_difference({10, 0, 10})->high == 1);
  CHECK_FALSE(paired_share_difference({}));
}

TEST_CASE("the interval for paired shares holds at the ends where the score test just rejects") {
  // At an end e the score (gained - lost - n e)^2 is z^2 times its variance under e.
  const auto interval = paired_share_difference({0, 5, 40});
  const double e = interval->high;
  const double b = (2 * 40 + 5) * e - 5;
  const double lost = (std::sqrt(b * b + 8 * 40 * 5 * e * (1 - e)) - b) / 160;
  CHECK(near(std::pow(-5 - 40 * e, 2), 3.8415 * 40 * (2 * lost + e * (1 - e))));
}

TEST_CASE("the interval for paired shares covers the true difference in about 95 of 100 cases") {
  for (const std::uint64_t n : {10u, 30u, 80u}) {
    for (const auto& [gain, loss] : {std::pair{.05, .05}, {.2, .1}, {.3, .02}, {.01, .01}, {.4, .4}}) {
      CAPTURE(n, gain, loss);
      CHECK(paired_coverage(n, gain, loss) >= 0.92);  // a score interval: 95 % on average, not at each place
    }
  }
}

TEST_CASE("a quantile's interval needs no distribution, but enough numbers") {
  std::vector<double> numbers;
  for (int i = 1; i <= 367; ++i) numbers.push_back(i);
  CHECK(std::isnan(quantile_interval(numbers, 0.99)->high));
  numbers.push_back(368);
  CHECK(quantile_interval(numbers, 0.99)->high == 368);
  numbers.resize(100);
  const auto median = quantile_interval(numbers, 0.5);  // ranks 40 and 61, as tables say
  CHECK(median->low == 40);
  CHECK(median->high == 61);
  CHECK_FALSE(quantile_interval({}, 0.5));
  CHECK(std::isnan(quantile_interval(std::vector{3.0}, 0.5)->low));
}

TEST_CASE("a quantile's interval covers the true quantile in at least 95 of 100 cases") {
  for (const double q : {0.5, 0.9, 0.99}) {
    int covered = 0;
    for (std::uint64_t i = 0; i < 1000; ++i) {
      Rng rng(i, "quantiles");
      std::vector<double> numbers(400);
      for (double& x : numbers) x = rng.unit();
      std::ranges::sort(numbers);
      const auto e = quantile_interval(numbers, q);
      if (e->low <= q && q <= e->high) ++covered;
    }
    CAPTURE(q, covered);
    CHECK(covered >= 940);  // 950 at least, within the test's own luck
  }
}
