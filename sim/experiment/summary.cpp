#include "sim/experiment/summary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sim {
namespace {

// Shares of time are never negative, and when all runs had none the spread says nothing about how rare it is.
std::optional<Estimate> fraction_interval(const Moments& moments, double confidence) {
  auto estimate = mean_interval(moments, confidence);
  if (!estimate) return estimate;
  if (estimate->value == 0) estimate->high = std::numeric_limits<double>::quiet_NaN();
  if (estimate->low < 0 || estimate->value == 0) estimate->low = 0;
  return estimate;
}

}  // namespace

void PointSummary::add(const MeasuredRun& run) {
  ++runs_;
  virtual_seconds_ += run.virtual_seconds;
  for (std::size_t i = 0; i < kMeasures; ++i) {
    if (!run.values[i]) continue;
    totals_[i] += *run.values[i];
    moments_[i].add(*run.values[i]);
  }
}

void SweepSummary::add(std::size_t point, const RunResult& run) {
  ++runs;
  const MeasuredRun numbers = measured(run);
  summaries[point].add(numbers);
  differences.add(point, run.seed, numbers);
  if (run.expectations_held() || unmet++ > 0) return;
  first_unmet = {point, run.seed, *std::ranges::find(run.expectations, false, &ExpectationResult::held)};
}

std::array<std::optional<Estimate>, kMeasures> PointSummary::estimates(double confidence) const {
  std::array<std::optional<Estimate>, kMeasures> all;
  for (std::size_t i = 0; i < kMeasures; ++i) {
    const auto total = static_cast<std::uint64_t>(totals_[i]);
    switch (measures()[i].kind) {
      case MeasureKind::share: all[i] = wilson({.count = total, .n = moments_[i].n()}, confidence); break;
      case MeasureKind::rate:
        all[i] = poisson_rate({.events = total, .exposure = virtual_seconds_}, confidence);
        break;
      case MeasureKind::fraction: all[i] = fraction_interval(moments_[i], confidence); break;
      case MeasureKind::mean: all[i] = mean_interval(moments_[i], confidence); break;
    }
  }
  return all;
}

}  // namespace sim
