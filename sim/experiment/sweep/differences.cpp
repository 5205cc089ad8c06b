#include "sim/experiment/sweep/differences.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace sim {
namespace {

Estimate minus(const Estimate& point, const Estimate& baseline) {
  return {point.value - baseline.value, point.low - baseline.high, point.high - baseline.low};
}

// The exact intervals of both rates, at a level at which they cover together (Bonferroni).
Estimate few_events(EventCount point, EventCount baseline, double confidence) {
  const double each = 1 - (1 - confidence) / 2;
  return minus(*poisson_rate(point, each), *poisson_rate(baseline, each));
}

// Shares of time that differ in none of `n` seeds: how much they may differ in others.
Estimate none_seen(std::uint64_t n, double confidence) {
  const double most = unseen_share(static_cast<double>(n), confidence);
  return {0, -most, most};
}

Difference reversed(const Difference& d) {
  return {d.n, {-d.excess.value + 0.0, -d.excess.high + 0.0, -d.excess.low + 0.0}};
}

}  // namespace

void PairedSummary::add(const MeasuredRun& baseline, const MeasuredRun& point) {
  for (std::size_t i = 0; i < kMeasures; ++i) {
    const auto before = baseline.values[i], after = point.values[i];
    if (!before || !after) continue;
    Pair& pair = pairs_[i];
    if (*after > *before) ++pair.up;
    if (*after < *before) ++pair.down;
    if (measures()[i].kind == MeasureKind::rate) {
      pair.baseline.count += *before;
      pair.baseline.seconds += baseline.virtual_seconds;
      pair.point.count += *after;
      pair.point.seconds += point.virtual_seconds;
      pair.excess.add(*after / point.virtual_seconds - *before / baseline.virtual_seconds);
    } else {
      pair.excess.add(*after - *before);
    }
  }
}

std::optional<Difference> PairedSummary::estimate(std::size_t measure, double confidence) const {
  const Pair& pair = pairs_[measure];
  const std::uint64_t n = pair.excess.n();
  if (n == 0) return std::nullopt;
  const bool same = pair.up == 0 && pair.down == 0;
  const auto events = [](const Events& e) {
    return EventCount{static_cast<std::uint64_t>(e.count), e.seconds};
  };
  const MeasureKind kind = measures()[measure].kind;
  switch (kind) {
    case MeasureKind::share:
      return Difference{n, *paired_share_difference({pair.up, pair.down, n}, confidence)};
    case MeasureKind::rate:
      if (pair.up + pair.down < kFewEvents || pair.excess.variance() == 0)
        return Difference{n, few_events(events(pair.point), events(pair.baseline), confidence)};
      break;
    case MeasureKind::fraction:
      if (same) return Difference{n, none_seen(n, confidence)};
      break;
    case MeasureKind::mean: break;
  }
  const Range range = range_of(kind);
  const double widest = range.high - range.low;
  return Difference{n, *mean_interval(pair.excess, confidence, {-widest, widest})};
}

std::array<std::optional<Difference>, kMeasures> PairedSummary::estimates(double confidence) const {
  std::array<std::optional<Difference>, kMeasures> all;
  for (std::size_t i = 0; i < kMeasures; ++i) all[i] = estimate(i, confidence);
  return all;
}

Differences::Differences(std::size_t points, std::size_t baseline)
    : points_(points), baseline_(baseline), current_(points) {
  pairs_.resize(all() ? points * (points - 1) / 2 : points);
}

// All pairs lie as the rows of a triangle: the pairs of point 1, of point 2, and so on.
std::size_t Differences::index_of(std::size_t baseline, std::size_t point) const {
  return all() ? point * (point - 1) / 2 + baseline : point;
}

void Differences::add(std::size_t point, std::uint64_t seed, const MeasuredRun& run) {
  if (seed != seed_) std::ranges::fill(current_, std::nullopt);
  seed_ = seed;
  if (!run.finished) return;
  for (std::size_t other = 0; other < point; ++other) {
    if (!current_[other]) continue;
    if (all() || other == baseline_)
      pairs_[index_of(other, point)].add(*current_[other], run);
    else if (point == baseline_)
      pairs_[index_of(point, other)].add(run, *current_[other]);
  }
  current_[point] = run;
}

std::array<std::optional<Difference>, kMeasures> Differences::between(std::size_t baseline, std::size_t point,
                                                                      double confidence) const {
  const bool backwards = all() && point < baseline;
  auto estimates =
      pairs_[backwards ? index_of(point, baseline) : index_of(baseline, point)].estimates(confidence);
  if (!backwards) return estimates;
  for (auto& estimate : estimates) {
    if (estimate) estimate = reversed(*estimate);
  }
  return estimates;
}

}  // namespace sim
