#include "sim/experiment/advise/tally.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sim {
namespace {

constexpr double kQuantile = 0.99;  // of the outages after a crash
constexpr double kEndless = std::numeric_limits<double>::infinity();
constexpr double kNotKnown = std::numeric_limits<double>::quiet_NaN();

std::size_t place_of(Concern c) { return static_cast<std::size_t>(c); }

double events_of(Concern c, const RunResult& r) {
  switch (c) {
    case Concern::split_brain: return static_cast<double>(r.split_brain.episodes);
    case Concern::harmful: return static_cast<double>(r.split_brain.harmful);
    case Concern::lost_writes: return static_cast<double>(r.lost_writes.count);
    case Concern::needless_changes: return static_cast<double>(r.primary.needless.value_or(0));
    case Concern::false_suspicions: return static_cast<double>(r.detector.false_suspicions);
    case Concern::outages: return static_cast<double>(r.availability.outages);
    case Concern::outage:
    case Concern::messages: break;
  }
  return 0;
}

// Events an hour that pauses cause. A run with a pause is so short that events which would have happened
// without it count little.
Estimate by_pauses(Concern c, const Tally& tally, const Pauses& pauses) {
  const auto events = static_cast<std::uint64_t>(tally.paused[place_of(c)]);
  const auto seen = static_cast<double>(tally.pauses.pauses);
  Estimate e = poisson_rate({.events = events, .exposure = seen}).value_or(Estimate{0, 0, kNotKnown});
  for (double* x : {&e.value, &e.low, &e.high}) *x *= pauses.per_hour;
  return e;
}

struct HourlyRate {
  Estimate estimate;
  double likely;
};

// Events an hour in calm runs, by themselves or by splitting.
HourlyRate calm_rate(Concern c, const Tally& tally) {
  const double hours = tally.seconds / kSecondsOfHour, seen = tally.calm[place_of(c)];
  const auto events = static_cast<std::uint64_t>(seen);
  const Estimate plain =
      poisson_rate({.events = events, .exposure = hours}).value_or(Estimate{0, 0, kNotKnown});
  // Splitting is preferred, unless it missed a way that plain runs have met, or neither found anything and
  // plain runs exclude more.
  const auto& rare = tally.rare[place_of(c)];
  const bool nothing = rare && rare->value == 0 && plain.high < rare->high;
  if (rare && rare->high >= plain.low && !nothing) return {*rare, rare->value > 0 ? rare->value : rare->high};
  return {plain, (seen + 0.5) / hours};  // no event in little time is less than none in much
}

// With pauses the ends add up: the interval is wider than it need be, never narrower.
HourlyRate rate_of(Concern c, const Tally& tally, const AdviceOptions& options) {
  HourlyRate rate = calm_rate(c, tally);
  if (!options.pauses) return rate;
  const Estimate more = by_pauses(c, tally, *options.pauses);
  rate.estimate.value += more.value;
  rate.estimate.low += more.low;
  rate.estimate.high += more.high;
  rate.likely += more.value;
  return rate;
}

void hold(Judged& judged, const Tally& tally, const Bound& bound, const AdviceOptions& options) {
  Estimate e{0, 0, kNotKnown};
  double likely = 0;
  if (per_hour(bound.concern)) {
    const HourlyRate rate = rate_of(bound.concern, tally, options);
    e = rate.estimate;
    likely = rate.likely;
  } else {
    e = (bound.concern == Concern::outage ? quantile_interval(tally.outages, kQuantile)
                                          : mean_interval(tally.messages, 0.95, {.low = 0}))
            .value_or(e);
    likely = e.value;
  }
  judged.estimates.push_back(e);
  judged.seen.push_back(static_cast<std::uint64_t>(tally.calm[place_of(bound.concern)]));
  judged.sure = std::min(judged.sure, std::isnan(e.high) ? 0 : bound.limit / e.high);
  judged.likely = std::min(judged.likely, bound.limit / likely);
  judged.broken = judged.broken || e.low > bound.limit;
}

}  // namespace

bool per_hour(Concern c) { return c != Concern::outage && c != Concern::messages; }

const RareEvent* rare_event_of(Concern c) {
  switch (c) {
    case Concern::split_brain: return &rare_event("split_brain");
    case Concern::harmful: return &rare_event("harmful");
    case Concern::lost_writes: return &rare_event("lost_write");
    case Concern::needless_changes:
    case Concern::false_suspicions:
    case Concern::outages:
    case Concern::outage:
    case Concern::messages: break;
  }
  return nullptr;
}

Observation Observation::of(const RunResult& r) {
  Observation o{.finished = r.error.empty(),
                .seconds = r.virtual_seconds,
                .sent = static_cast<double>(r.messages.sent),
                .outage = r.availability.longest_outage_s};
  for (std::size_t c = 0; c < kConcerns; ++c) o.events[c] = events_of(static_cast<Concern>(c), r);
  return o;
}

Observation Observation::of(const Json& json) {
  Observation o{.finished = json.at(0) == 1,
                .seconds = json.at(1).get<double>(),
                .sent = json.at(2).get<double>(),
                .outage = json.at(3).get<double>()};
  for (std::size_t c = 0; c < kConcerns; ++c) o.events[c] = json.at(4 + c).get<double>();
  return o;
}

Json Observation::json() const {
  Json json{finished ? 1 : 0, seconds, sent, outage};
  for (const double e : events) json.push_back(static_cast<std::uint64_t>(e));
  return json;
}

void Tally::take_calm(const Observation& o) {
  if (!o.finished) {
    unfinished = true;
    return;
  }
  seconds += o.seconds;
  messages.add(o.sent / o.seconds);
  for (std::size_t c = 0; c < kConcerns; ++c) calm[c] += o.events[c];
}

// An unfinished run stands for an outage that doesn't end.
void Tally::take_crash(const Observation& o) { outages.push_back(o.finished ? o.outage : kEndless); }

void Tally::take_pause(const Observation& o) {
  unfinished = unfinished || !o.finished;
  ++pauses.pauses;
  pauses.split += o.events[place_of(Concern::split_brain)] > 0;
  pauses.harmful += o.events[place_of(Concern::harmful)] > 0;
  for (std::size_t c = 0; c < kConcerns; ++c) paused[c] += o.events[c];
}

Judged judged(const Setting& setting, Tally& tally, const AdviceOptions& options) {
  std::ranges::sort(tally.outages);
  Judged judged{.setting = setting,
                .estimates = {},
                .seen = {},
                .calm_seconds = tally.seconds,
                .crashes = tally.outages.size(),
                .sure = kEndless,
                .likely = kEndless};
  for (const Bound& bound : options.bounds) hold(judged, tally, bound, options);
  if (options.pauses) {
    judged.pauses = tally.pauses;
    judged.pauses->splits_per_hour = by_pauses(Concern::split_brain, tally, *options.pauses);
  }
  if (tally.unfinished) {  // nothing can be said of runs that were cut short
    judged.sure = judged.likely = 0;
    judged.broken = false;
  }
  return judged;
}

}  // namespace sim
