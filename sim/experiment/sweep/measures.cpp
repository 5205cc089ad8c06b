#include "sim/experiment/sweep/measures.hpp"

#include <algorithm>

namespace sim {
namespace {

using Run = RunResult;
using Maybe = std::optional<double>;

double as_share(bool held) { return held ? 1 : 0; }
double number(std::uint64_t count) { return static_cast<double>(count); }
Maybe of_time(double part, const Run& r) {
  return r.virtual_seconds > 0 ? Maybe(part / r.virtual_seconds) : std::nullopt;
}

bool begun(const Run& r) { return r.failover.count + r.failover.unfinished > 0; }
Maybe maybe(const std::optional<std::uint64_t>& count) {
  return count ? Maybe(number(*count)) : std::nullopt;
}

constexpr auto kShare = MeasureKind::share;
constexpr auto kRate = MeasureKind::rate;
constexpr auto kFraction = MeasureKind::fraction;
constexpr auto kMean = MeasureKind::mean;

constexpr std::array<Measure, kMeasures> kAll{{
    {"violation", "violation", kShare, "of runs",
     [](const Run& r) -> Maybe {
       if (r.linearizability.verdict == Verdict::unknown) return std::nullopt;
       return as_share(r.linearizability.verdict == Verdict::violation);
     }},
    {"undecided", "undecided", kShare, "of runs",
     [](const Run& r) -> Maybe { return as_share(r.linearizability.verdict == Verdict::unknown); }},
    {"diverged", "diverged", kShare, "of runs",
     [](const Run& r) -> Maybe { return as_share(r.divergence.diverged); }},
    {"split_brain", "split brain", kShare, "of runs",
     [](const Run& r) -> Maybe { return as_share(r.split_brain.episodes > 0); }},
    {"harmful", "harmful", kShare, "of runs",
     [](const Run& r) -> Maybe { return as_share(r.split_brain.harmful > 0); }},
    {"lost_write", "lost write", kShare, "of runs",
     [](const Run& r) -> Maybe { return as_share(r.lost_writes.count > 0); }},
    {"consensus_broken", "consensus broken", kShare, "of runs",
     [](const Run& r) -> Maybe {
       return r.consensus.agreement ? Maybe(as_share(r.consensus_broken())) : std::nullopt;
     }},
    {"undecided_replicas", "undecided replicas", kShare, "of runs",
     [](const Run& r) -> Maybe {
       return r.consensus.termination ? Maybe(as_share(!*r.consensus.termination)) : std::nullopt;
     }},
    {"deceived", "deceived", kShare, "of runs",
     [](const Run& r) -> Maybe { return as_share(r.answers.deceived > 0); }},
    {"vain_election", "vain election", kShare, "of runs",
     [](const Run& r) -> Maybe {
       return begun(r) ? Maybe(as_share(r.failover.vain_terms > 0)) : std::nullopt;
     }},
    {"unfinished_failover", "unfinished failover", kShare, "of runs",
     [](const Run& r) -> Maybe {
       return begun(r) ? Maybe(as_share(r.failover.unfinished > 0)) : std::nullopt;
     }},
    {"no_progress", "no progress", kShare, "of runs",
     [](const Run& r) -> Maybe {
       using enum ProgressJudgement::Verdict;
       return r.progress.verdict != unknown ? Maybe(as_share(r.progress.verdict == stopped)) : std::nullopt;
     }},
    {"split_brain_per_s", "split brains/s", kRate, "/s",
     [](const Run& r) -> Maybe { return number(r.split_brain.episodes); }},
    {"false_suspicions_per_s", "false suspicions/s", kRate, "/s",
     [](const Run& r) -> Maybe { return number(r.detector.false_suspicions); }},
    {"needless_changes_per_s", "needless changes/s", kRate, "/s",
     [](const Run& r) { return maybe(r.primary.needless); }},
    {"outages_per_s", "outages/s", kRate, "/s",
     [](const Run& r) -> Maybe { return number(r.availability.outages); }},
    {"lost_writes_per_s", "lost writes/s", kRate, "/s",
     [](const Run& r) -> Maybe { return number(r.lost_writes.count); }},
    {"dual_primary_fraction", "two primaries %", kFraction, "of time",
     [](const Run& r) { return of_time(r.split_brain.seconds, r); }},
    {"mistake_fraction", "in false suspicion %", kFraction, "of time",
     [](const Run& r) { return of_time(r.detector.mistake_seconds, r); }},
    {"without_primary_fraction", "without primary %", kFraction, "of time",
     [](const Run& r) { return r.primary.without_s ? of_time(*r.primary.without_s, r) : std::nullopt; }},
    {"divergence_fraction", "in divergence %", kFraction, "of time",
     [](const Run& r) { return of_time(r.divergence.seconds, r); }},
    {"availability", "available %", kFraction, "of time",
     [](const Run& r) -> Maybe { return r.availability.fraction; }},
    {"answered", "answered %", kFraction, "of operations",
     [](const Run& r) -> Maybe {
       const auto& o = r.operations;
       return o.invoked > 0 ? Maybe(number(o.ok) / number(o.invoked)) : std::nullopt;
     }},
    {"longest_outage_s", "longest outage", kMean, "s",
     [](const Run& r) -> Maybe { return r.availability.longest_outage_s; }},
    {"latency_p50_ms", "median latency", kMean, "ms", [](const Run& r) { return r.latency_ms.p50; }},
    {"latency_p99_ms", "99th percentile", kMean, "ms", [](const Run& r) { return r.latency_ms.p99; }},
    {"failover_mean_s", "failover", kMean, "s", [](const Run& r) { return r.failover.mean_s; }},
    {"stable_failover_mean_s", "failover to stay", kMean, "s",
     [](const Run& r) { return r.failover.stable_mean_s; }},
    {"detection_mean_s", "detection", kMean, "s", [](const Run& r) { return r.detector.mean_detection_s; }},
    {"messages_per_operation", "messages", kMean, "messages",
     [](const Run& r) { return r.cost.messages_per_operation; }},
    {"delays_per_operation", "delays", kMean, "delays",
     [](const Run& r) { return r.cost.delays_per_operation; }},
}};
constexpr std::size_t kUndecided = 1;

}  // namespace

std::span<const Measure, kMeasures> measures() { return kAll; }

MeasuredRun measured(const RunResult& run) {
  MeasuredRun all{.finished = run.error.empty()};
  if (all.finished) {
    all.virtual_seconds = run.virtual_seconds;
    for (std::size_t i = 0; i < kMeasures; ++i) all.values[i] = kAll[i].of(run);
  } else {
    all.values[kUndecided] = kAll[kUndecided].of(run);
  }
  return all;
}

std::size_t measure_index(std::string_view name) {
  return static_cast<std::size_t>(std::ranges::find(kAll, name, &Measure::name) - kAll.begin());
}

}  // namespace sim
