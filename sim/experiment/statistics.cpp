#include "sim/experiment/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/kernel/math.hpp"

namespace sim {
namespace {

constexpr double kTiny = 1e-300;
constexpr double kPrecision = 1e-15;
constexpr int kTerms = 100'000;  // far more than the sizes that occur need

// The smallest x in [low, high] with cdf(x) >= p, for a rising cdf.
template <class Cdf> double bisect(const Cdf& cdf, double p, double low, double high) {
  for (int i = 0; i < 200 && high - low > 1e-14 * std::max(1.0, std::abs(high)); ++i) {
    const double middle = low + (high - low) / 2;
    (cdf(middle) < p ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

// std::lgamma writes a global variable, which threads share.
double log_gamma(double x) {
  int sign = 0;
  return lgamma_r(x, &sign);
}

// Continued fractions by Lentz's method (Press et al., Numerical Recipes, 5.2): `next(i, a, b)` gives the
// i-th numerator and denominator.
template <class Next> double continued_fraction(double first, const Next& next) {
  double value = first == 0 ? kTiny : first;
  double c = value, d = 0;
  for (int i = 1; i < kTerms; ++i) {
    double a = 0, b = 0;
    next(i, a, b);
    d = b + a * d;
    c = b + a / c;
    if (std::abs(d) < kTiny) d = kTiny;
    if (std::abs(c) < kTiny) c = kTiny;
    d = 1 / d;
    value *= c * d;
    if (std::abs(c * d - 1) < kPrecision) break;
  }
  return value;
}

// The regularised lower incomplete gamma function P(shape, x) (Numerical Recipes, 6.2).
double gamma_cdf(double shape, double x) {
  if (x <= 0) return 0;
  const double scale = std::exp(shape * std::log(x) - x - log_gamma(shape));
  if (x < shape + 1) {
    double term = 1 / shape, sum = term;
    for (int i = 1; i < kTerms && term > sum * kPrecision; ++i) sum += (term *= x / (shape + i));
    return sum * scale;
  }
  const double fraction = continued_fraction(x + 1 - shape, [&](int i, double& a, double& b) {
    a = -i * (i - shape);
    b = x + 1 - shape + 2 * i;
  });
  return 1 - scale / fraction;
}

// The regularised incomplete beta function I_x(a, b) (Numerical Recipes, 6.4).
double beta_cdf(double a, double b, double x) {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - beta_cdf(b, a, 1 - x);
  const double scale =
      std::exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) + b * std::log1p(-x));
  const double fraction = continued_fraction(1, [&](int i, double& num, double& den) {
    const double m = i / 2;  // whole: odd and even terms differ
    den = 1;
    num = i % 2 == 0 ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                     : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
  });
  return scale / (a * fraction);
}

// P(B <= k) for a binomial B of n trials, each with chance p.
double binomial_cdf(double k, double n, double p) {
  if (k < 0) return 0;
  return k >= n ? 1 : beta_cdf(n - k, k + 1, 1 - p);
}

double student_cdf(double t, double degrees) {
  const double tail = 0.5 * beta_cdf(degrees / 2, 0.5, degrees / (degrees + t * t));
  return t < 0 ? tail : 1 - tail;
}

}  // namespace

double student_quantile(double p, double degrees) {
  if (degrees > 1e6) return normal_quantile(p);  // they agree to six digits
  double bound = 1;
  while (student_cdf(bound, degrees) < std::max(p, 1 - p)) bound *= 2;
  return bisect([&](double t) { return student_cdf(t, degrees); }, p, -bound, bound);
}

double gamma_quantile(double p, double shape) {
  double bound = shape + 1;
  while (gamma_cdf(shape, bound) < p) bound *= 2;
  return bisect([&](double x) { return gamma_cdf(shape, x); }, p, 0, bound);
}

std::optional<Estimate> wilson(Share share, double confidence) {
  if (share.n == 0) return std::nullopt;
  const auto n = static_cast<double>(share.n);
  const double p = static_cast<double>(share.count) / n;
  const double z = normal_quantile(0.5 + confidence / 2);
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return Estimate{p, share.count == 0 ? 0 : std::max(0.0, centre - half),
                  share.count == share.n ? 1 : std::min(1.0, centre + half)};
}

std::optional<Estimate> paired_share_difference(Discordant trials, double confidence) {
  if (trials.n == 0) return std::nullopt;
  const auto n = static_cast<double>(trials.n);
  const auto gained = static_cast<double>(trials.gained), lost = static_cast<double>(trials.lost);
  // The standard errors by which the data exceed a true difference d. The lost share is then estimated by
  // maximum likelihood under d, the root of a quadratic.
  const auto excess = [&](double d) {
    const double b = (2 * n - gained + lost) * d - gained - lost;
    const double share_lost = (std::sqrt(b * b + 8 * n * lost * d * (1 - d)) - b) / (4 * n);
    const double variance = n * (2 * share_lost + d * (1 - d));
    return (gained - lost - n * d) / std::sqrt(std::max(variance, kTiny));
  };
  const double z = normal_quantile(0.5 + confidence / 2);
  const double estimate = (gained - lost) / n;
  const auto falls_to = [&](double level) {
    return [&excess, level](double d) { return level - excess(d); };
  };
  return Estimate{estimate, trials.lost == trials.n ? -1 : bisect(falls_to(z), 0, -1, estimate),
                  trials.gained == trials.n ? 1 : bisect(falls_to(-z), 0, estimate, 1)};
}

std::optional<Estimate> poisson_rate(EventCount count, double confidence) {
  if (!(count.exposure > 0)) return std::nullopt;
  const auto events = static_cast<double>(count.events);
  const double tail = (1 - confidence) / 2;
  const double low = count.events == 0 ? 0 : gamma_quantile(tail, events);
  const double high = gamma_quantile(1 - tail, events + 1);
  return Estimate{events / count.exposure, low / count.exposure, high / count.exposure};
}

void Moments::add(double x) {
  const auto before = static_cast<double>(n_);
  const auto n = static_cast<double>(++n_);
  const double step = (x - mean_) / n;
  const double term = (x - mean_) * step * before;
  cubes_ += term * step * (n - 2) - 3 * step * squares_;
  mean_ += step;
  squares_ += term;
}

double Moments::skewness() const {
  if (n_ < 3 || !(squares_ > 0)) return 0;
  return std::sqrt(static_cast<double>(n_)) * cubes_ / std::pow(squares_, 1.5);
}

namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// The studentised mean that Hall's transformation takes for `t`: the inverse of the cubic by which the
// skewness bends it. `bend` is the skewness over the root of the number of values.
double unbent(double t, double bend) {
  if (std::abs(bend) < 1e-6) return t;
  return 3 / bend * (std::cbrt(1 + bend * (t - bend / 6)) - 1);
}

// All numbers are `value`.
Estimate interval_of_alike(double value, double n, double confidence, Range range) {
  const bool at_low = value <= range.low, at_high = value >= range.high;
  if (!at_low && !at_high) return n < 2 ? Estimate{value, kUnknown, kUnknown} : Estimate{value, value, value};
  const double off = unseen_share(n, confidence) * (range.high - range.low);
  const double far = std::isfinite(off) ? off : kUnknown;
  return at_low ? Estimate{value, value, value + far} : Estimate{value, value - far, value};
}

}  // namespace

double unseen_share(double n, double confidence) { return 1 - std::pow(1 - confidence, 1 / n); }

std::optional<Estimate> mean_interval(const Moments& m, double confidence, Range range) {
  if (m.n() == 0) return std::nullopt;
  const auto n = static_cast<double>(m.n());
  if (!(m.variance() > 0)) return interval_of_alike(m.mean(), n, confidence, range);
  const double t = student_quantile(0.5 + confidence / 2, n - 1);
  const double error = std::sqrt(m.variance() / n), bend = m.skewness() / std::sqrt(n);
  return Estimate{m.mean(), std::max(range.low, m.mean() - error * unbent(t, bend)),
                  std::min(range.high, m.mean() - error * unbent(-t, bend))};
}

std::optional<Estimate> quantile_interval(std::span<const double> ascending, double quantile,
                                          double confidence) {
  if (ascending.empty()) return std::nullopt;
  const std::size_t n = ascending.size();
  const double tail = (1 - confidence) / 2;
  const auto at_most = [&](std::size_t k) {  // the chance that at most k numbers lie below the true quantile
    return binomial_cdf(static_cast<double>(k), static_cast<double>(n), quantile);
  };
  const auto place = std::min(n - 1, static_cast<std::size_t>(quantile * static_cast<double>(n)));
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  Estimate e{ascending[place], unknown, unknown};
  // The number with l below it lies above the quantile if at most l do; that one with u below it lies below
  // the quantile if at least u + 1 do.
  for (std::size_t l = place + 1; l-- > 0;) {
    if (at_most(l) > tail) continue;
    e.low = ascending[l];
    break;
  }
  for (std::size_t u = place; u < n; ++u) {
    if (1 - at_most(u) > tail) continue;
    e.high = ascending[u];
    break;
  }
  return e;
}

}  // namespace sim
