#include "sim/experiment/sweep/summary.hpp"

#include <algorithm>

namespace sim {

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
    const MeasureKind kind = measures()[i].kind;
    switch (kind) {
      case MeasureKind::share: all[i] = wilson({.count = total, .n = moments_[i].n()}, confidence); break;
      case MeasureKind::rate:
        all[i] = poisson_rate({.events = total, .exposure = virtual_seconds_}, confidence);
        break;
      case MeasureKind::fraction:
      case MeasureKind::mean: all[i] = mean_interval(moments_[i], confidence, range_of(kind)); break;
    }
  }
  return all;
}

}  // namespace sim
