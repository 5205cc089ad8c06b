#include "sim/experiment/advise_trials.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "sim/experiment/rare.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

constexpr double kSecondsOfHour = 3600;
constexpr double kQuantile = 0.99;  // of the outages after a crash
constexpr double kPlenty = 20;      // events that plain runs must see to be believed alone
constexpr double kEndless = std::numeric_limits<double>::infinity();

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

// What splitting calls it; nothing for what it can't look for.
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

std::string label_of(const Setting& s) {
  return fmt::format("{}, {}", to_text(s.heartbeat), to_text(s.timeout));
}

double seconds_of(const Json& document, const std::string& file) {
  const Setup setup = read_scenario(document, file).setup;
  return static_cast<double>((setup.duration + setup.settle).count()) / 1e9;
}

}  // namespace

bool per_hour(Concern c) { return c != Concern::outage && c != Concern::messages; }

// What the runs at one setting came to.
struct Trials::Tally {
  std::vector<double> events;                 // per bound
  std::vector<std::optional<Estimate>> rare;  // per bound: an hour, by splitting
  double seconds = 0;
  Moments messages;             // a second, by calm run
  std::vector<double> outages;  // by crash
  bool unfinished = false;      // some run met too many events
};

Trials::Trials(const Scenario& scenario, const AdviceOptions& options, Duration longest)
    : options_(options),
      file_(scenario.file),
      knobs_(find_knobs(scenario)),
      calm_(calm_document(scenario)),
      longest_(longest) {}

bool Trials::takes(const Setting& setting) const {
  if (setting.timeout < setting.heartbeat) return false;
  try {
    scenario_at(read_scenario(calm_, file_), point_of(knobs_, setting));
    return true;
  } catch (const InputError&) {
    return false;
  }
}

std::vector<Judged> Trials::run(const std::string& stage, const Json& calm,
                                const std::vector<Setting>& settings, const Effort& effort) {
  std::vector<Tally> tallies(settings.size());
  for (Tally& t : tallies) {
    t.events.resize(options_.bounds.size());
    t.rare.resize(options_.bounds.size());
  }
  const auto calm_runs = static_cast<std::uint64_t>(std::ceil(effort.calm_seconds / seconds_of(calm, file_)));
  sweep_over(stage + ": calm", calm, settings, calm_runs,
             [&](std::size_t point, const RunResult& r) { take_calm(tallies[point], r); });
  Duration beat{};
  for (const Setting& s : settings) beat = std::max(beat, s.heartbeat);
  sweep_over(stage + ": crashes", crash_document(read_scenario(calm, file_), beat, longest_), settings,
             effort.crashes, [&](std::size_t point, const RunResult& r) {
               // A run that isn't finished stands for an outage that doesn't end.
               tallies[point].outages.push_back(r.error.empty() ? r.availability.longest_outage_s : kEndless);
             });
  if (effort.replications > 0) {
    for (std::size_t b = 0; b < options_.bounds.size(); ++b)
      split_for(stage, b, calm, settings, effort.replications, tallies);
  }
  next_seed_ += std::max(calm_runs, effort.crashes);
  std::vector<Judged> all;
  for (std::size_t i = 0; i < settings.size(); ++i) all.push_back(judge(settings[i], tallies[i]));
  return all;
}

// Of a bound: what plain runs saw too little of to tell.
void Trials::split_for(const std::string& stage, std::size_t bound, const Json& calm,
                       const std::vector<Setting>& settings, std::uint64_t replications,
                       std::vector<Tally>& tallies) {
  const RareEvent* event = rare_event_of(options_.bounds[bound].concern);
  if (event == nullptr) return;
  std::vector<std::size_t> seldom;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (tallies[i].events[bound] < kPlenty) seldom.push_back(i);
  }
  if (seldom.empty()) return;
  Scenario scenario = read_scenario(calm, file_);
  auto& points = scenario.sweep.emplace().lists.emplace_back();
  for (const std::size_t i : seldom)
    points.push_back({.label = label_of(settings[i]), .values = point_of(knobs_, settings[i])});
  RareOptions options{
      .event = event, .seed = next_seed_, .replications = replications, .jobs = options_.jobs};
  if (options_.progress) {
    options.progress = [&](std::uint64_t done, std::uint64_t total) {
      options_.progress(stage + ": splitting", {.done = done, .total = total});
    };
  }
  const RareSummary summary = estimate_rare(scenario, options);
  for (std::size_t i = 0; i < seldom.size(); ++i) {
    const RareRow& row = summary.rows[i];
    if (!row.error.empty()) continue;
    const double per_hour = kSecondsOfHour / row.virtual_seconds;
    tallies[seldom[i]].rare[bound] =
        Estimate{row.expected.value * per_hour, row.expected.low * per_hour, row.expected.high * per_hour};
  }
}

void Trials::sweep_over(const std::string& stage, const Json& document, const std::vector<Setting>& settings,
                        std::uint64_t runs,
                        const std::function<void(std::size_t, const RunResult&)>& observe) {
  Scenario scenario = read_scenario(document, file_);
  auto& points = scenario.sweep.emplace().lists.emplace_back();
  for (const Setting& s : settings) points.push_back({.label = label_of(s), .values = point_of(knobs_, s)});
  SweepOptions options{.first_seed = next_seed_, .seeds = runs, .jobs = options_.jobs};
  options.observe = observe;
  if (options_.progress) {
    options.progress = [&](const SweepProgress& p) { options_.progress(stage, p); };
  }
  runs_ += sweep(scenario, options).runs;
}

void Trials::take_calm(Tally& tally, const RunResult& r) const {
  if (!r.error.empty()) {
    tally.unfinished = true;
    return;
  }
  tally.seconds += r.virtual_seconds;
  tally.messages.add(static_cast<double>(r.messages.sent) / r.virtual_seconds);
  for (std::size_t b = 0; b < options_.bounds.size(); ++b)
    tally.events[b] += events_of(options_.bounds[b].concern, r);
}

Judged Trials::judge(const Setting& setting, Tally& tally) const {
  std::ranges::sort(tally.outages);
  Judged judged{.setting = setting,
                .estimates = {},
                .seen = {},
                .calm_seconds = tally.seconds,
                .crashes = tally.outages.size(),
                .sure = kEndless,
                .likely = kEndless};
  for (std::size_t b = 0; b < options_.bounds.size(); ++b) hold(judged, tally, options_.bounds[b], b);
  if (tally.unfinished) judged.sure = judged.likely = 0;
  return judged;
}

// Holds one bound against what was seen.
void Trials::hold(Judged& judged, const Tally& tally, const Bound& bound, std::size_t index) const {
  const double hours = tally.seconds / kSecondsOfHour;
  Estimate e{0, 0, std::numeric_limits<double>::quiet_NaN()};
  double likely = 0;
  if (per_hour(bound.concern)) {
    const auto events = static_cast<std::uint64_t>(tally.events[index]);
    e = poisson_rate({.events = events, .exposure = hours}).value_or(e);
    likely = (tally.events[index] + 0.5) / hours;  // no event in little time is less than none in much
    // Splitting knows better, unless it missed a way that plain runs have met.
    if (const auto& rare = tally.rare[index]; rare && rare->high >= e.low) {
      e = *rare;
      likely = e.value > 0 ? e.value : e.high;
    }
  } else {
    e = (bound.concern == Concern::outage ? quantile_interval(tally.outages, kQuantile)
                                          : mean_interval(tally.messages))
            .value_or(e);
    likely = e.value;
  }
  judged.estimates.push_back(e);
  judged.seen.push_back(static_cast<std::uint64_t>(tally.events[index]));
  judged.sure = std::min(judged.sure, std::isnan(e.high) ? 0 : bound.limit / e.high);
  judged.likely = std::min(judged.likely, bound.limit / likely);
  judged.broken = judged.broken || e.low > bound.limit;
}

}  // namespace sim
