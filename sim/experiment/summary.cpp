#include "sim/experiment/summary.hpp"

#include <cmath>
#include <limits>

namespace sim {
namespace {

using Run = RunResult;
using Maybe = std::optional<double>;

double as_share(bool held) { return held ? 1 : 0; }
double number(std::uint64_t count) { return static_cast<double>(count); }
Maybe of_time(double part, const Run& r) {
  return r.virtual_seconds > 0 ? Maybe(part / r.virtual_seconds) : std::nullopt;
}

constexpr auto kShare = MeasureKind::share;
constexpr auto kRate = MeasureKind::rate;
constexpr auto kFraction = MeasureKind::fraction;
constexpr auto kMean = MeasureKind::mean;

constexpr std::array<Measure, kMeasures> kAll{{
    {"violation", kShare,
     [](const Run& r) -> Maybe {
       if (r.linearizability.verdict == Verdict::unknown) return std::nullopt;
       return as_share(r.linearizability.verdict == Verdict::violation);
     }},
    {"undecided", kShare,
     [](const Run& r) -> Maybe { return as_share(r.linearizability.verdict == Verdict::unknown); }},
    {"diverged", kShare, [](const Run& r) -> Maybe { return as_share(r.divergence.diverged); }},
    {"split_brain", kShare, [](const Run& r) -> Maybe { return as_share(r.split_brain.episodes > 0); }},
    {"harmful", kShare, [](const Run& r) -> Maybe { return as_share(r.split_brain.harmful > 0); }},
    {"lost_write", kShare, [](const Run& r) -> Maybe { return as_share(r.lost_writes.count > 0); }},
    {"consensus_broken", kShare,
     [](const Run& r) -> Maybe {
       return r.consensus.agreement ? Maybe(as_share(r.consensus_broken())) : std::nullopt;
     }},
    {"undecided_replicas", kShare,
     [](const Run& r) -> Maybe {
       return r.consensus.termination ? Maybe(as_share(!*r.consensus.termination)) : std::nullopt;
     }},
    {"deceived", kShare, [](const Run& r) -> Maybe { return as_share(r.answers.deceived > 0); }},
    {"vain_election", kShare,
     [](const Run& r) -> Maybe {
       return r.failover.count > 0 ? Maybe(as_share(r.failover.vain_terms > 0)) : std::nullopt;
     }},
    {"split_brain_per_s", kRate, [](const Run& r) -> Maybe { return number(r.split_brain.episodes); }},
    {"false_suspicions_per_s", kRate,
     [](const Run& r) -> Maybe { return number(r.detector.false_suspicions); }},
    {"outages_per_s", kRate, [](const Run& r) -> Maybe { return number(r.availability.outages); }},
    {"lost_writes_per_s", kRate, [](const Run& r) -> Maybe { return number(r.lost_writes.count); }},
    {"dual_primary_fraction", kFraction, [](const Run& r) { return of_time(r.split_brain.seconds, r); }},
    {"mistake_fraction", kFraction, [](const Run& r) { return of_time(r.detector.mistake_seconds, r); }},
    {"divergence_fraction", kFraction, [](const Run& r) { return of_time(r.divergence.seconds, r); }},
    {"availability", kMean, [](const Run& r) -> Maybe { return r.availability.fraction; }},
    {"answered", kMean,
     [](const Run& r) -> Maybe {
       const auto& o = r.operations;
       return o.invoked > 0 ? Maybe(number(o.ok) / number(o.invoked)) : std::nullopt;
     }},
    {"longest_outage_s", kMean, [](const Run& r) -> Maybe { return r.availability.longest_outage_s; }},
    {"latency_p50_ms", kMean, [](const Run& r) { return r.latency_ms.p50; }},
    {"latency_p99_ms", kMean, [](const Run& r) { return r.latency_ms.p99; }},
    {"failover_mean_s", kMean, [](const Run& r) { return r.failover.mean_s; }},
    {"detection_mean_s", kMean, [](const Run& r) { return r.detector.mean_detection_s; }},
    {"messages_per_operation", kMean, [](const Run& r) { return r.cost.messages_per_operation; }},
    {"delays_per_operation", kMean, [](const Run& r) { return r.cost.delays_per_operation; }},
}};
constexpr std::size_t kUndecided = 1;

// Shares of time are never negative, and when all runs had none the spread says nothing about how rare it is.
std::optional<Estimate> fraction_interval(const Moments& moments) {
  auto estimate = mean_interval(moments);
  if (!estimate) return estimate;
  if (estimate->value == 0) estimate->high = std::numeric_limits<double>::quiet_NaN();
  if (estimate->low < 0 || estimate->value == 0) estimate->low = 0;
  return estimate;
}

}  // namespace

std::span<const Measure, kMeasures> measures() { return kAll; }

void PointSummary::add(const RunResult& run) {
  ++runs_;
  const bool finished = run.error.empty();
  if (finished) virtual_seconds_ += run.virtual_seconds;
  for (std::size_t i = 0; i < kMeasures; ++i) {
    if (!finished && i != kUndecided) continue;
    const auto value = kAll[i].of(run);
    if (!value) continue;
    totals_[i] += *value;
    moments_[i].add(*value);
  }
}

std::array<std::optional<Estimate>, kMeasures> PointSummary::estimates() const {
  std::array<std::optional<Estimate>, kMeasures> all;
  for (std::size_t i = 0; i < kMeasures; ++i) {
    const auto total = static_cast<std::uint64_t>(totals_[i]);
    switch (kAll[i].kind) {
      case kShare: all[i] = wilson({.count = total, .n = moments_[i].n()}); break;
      case kRate: all[i] = poisson_rate({.events = total, .exposure = virtual_seconds_}); break;
      case kFraction: all[i] = fraction_interval(moments_[i]); break;
      case kMean: all[i] = mean_interval(moments_[i]); break;
    }
  }
  return all;
}

}  // namespace sim
