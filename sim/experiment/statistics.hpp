// Estimates with their uncertainty. A rate without an interval is a rumour: zero split brains in ten runs
// says little, in ten thousand a lot. All intervals are two-sided; the default is 95 %.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>

namespace sim {

/// A value with the interval that its true value lies in with the given confidence.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;
  bool operator==(const Estimate&) const = default;
};

/// How many of `n` trials had the property.
struct Share {
  std::uint64_t count = 0;
  std::uint64_t n = 0;
};

/// The Wilson score interval (Wilson 1927): stays within 0..1 and is honest at 0 and n. Empty if n is 0.
std::optional<Estimate> wilson(Share share, double confidence = 0.95);

/// Of `n` trials done twice, under one condition and under another: how many had the property only under the
/// second, and how many only under the first.
struct Discordant {
  std::uint64_t gained = 0;
  std::uint64_t lost = 0;
  std::uint64_t n = 0;
};

/// How much larger the share is under the second condition, with the score interval for paired shares (Tango
/// 1998, Statistics in Medicine 17): stays within -1..1 and is honest when no trial differed. Empty if n is
/// 0.
std::optional<Estimate> paired_share_difference(Discordant trials, double confidence = 0.95);

/// How many events happened in so many seconds.
struct EventCount {
  std::uint64_t events = 0;
  double exposure = 0;
};

/// Events per unit of exposure with the exact Poisson interval (Garwood 1936). Events that come in bursts
/// vary more than this says. Empty without exposure.
std::optional<Estimate> poisson_rate(EventCount count, double confidence = 0.95);

/// Mean, spread and skewness of numbers that come one by one (Welford 1962; its third moment after
/// Terriberry).
class Moments {
 public:
  void add(double x);
  std::uint64_t n() const { return n_; }
  double mean() const { return mean_; }
  /// Unbiased; 0 below two numbers.
  double variance() const { return n_ < 2 ? 0 : squares_ / static_cast<double>(n_ - 1); }
  /// The third central moment over the cubed standard deviation; 0 where all numbers are alike.
  double skewness() const;

 private:
  std::uint64_t n_ = 0;
  double mean_ = 0;
  double squares_ = 0;
  double cubes_ = 0;
};

/// The largest share of cases that may differ when `n` > 0 of them were all alike.
double unseen_share(double n, double confidence = 0.95);

/// The range of the numbers by their nature: a share of time in 0..1, a latency from 0 on.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

/// The mean with an interval that stays within the numbers' range: Student's t with Hall's correction for
/// skewness (Hall 1992, On the removal of skewness by transformation, JRSS B 54), which covers 92 to 97 %
/// where the plain one covers 37 to 90 %, as of 10 numbers of which a few are large. If all numbers are alike
/// their spread says nothing. At one end of a range with two ends, the mean can be off only by an amount that
/// would not have shown itself (any distribution: the chance that n numbers all lie at the end is at most the
/// nth power of their mean's place in the range). At the end of a range with one, the other end of the
/// interval is unknown, NaN. Empty without numbers; of a single number elsewhere both ends are unknown.
std::optional<Estimate> mean_interval(const Moments& moments, double confidence = 0.95, Range range = {});

/// A quantile of numbers in ascending order, with the interval between two of them that holds for any
/// distribution (order statistics; Conover 1999, section 3.2). An end is NaN when there are too few numbers
/// to know it: the high one of the 99 % quantile needs 368. Empty without numbers; 0 < quantile < 1.
std::optional<Estimate> quantile_interval(std::span<const double> ascending, double quantile,
                                          double confidence = 0.95);

/// Quantile of Student's t distribution with `degrees` > 0 degrees of freedom, 0 < p < 1.
double student_quantile(double p, double degrees);
/// Quantile of the gamma distribution with this shape > 0 and scale 1, 0 < p < 1.
double gamma_quantile(double p, double shape);

}  // namespace sim
