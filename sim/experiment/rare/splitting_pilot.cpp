#include "sim/experiment/rare/splitting_pilot.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/experiment/rare/splitting_path.hpp"
#include "sim/kernel/rng.hpp"

namespace sim {
namespace {

constexpr double kCommon = 0.2;         // an event this common in a sample needs no further level
constexpr std::uint64_t kCopies = 400;  // followed at each level, at first
constexpr std::uint64_t kMostCopies = 25'600;
constexpr double kMostExceed = 0.35;       // of a sample that a threshold is taken from
constexpr std::uint64_t kFewest = 10;      // rises that a threshold is trusted on
constexpr std::uint64_t kSilences = 2000;  // a sample of them
constexpr std::uint64_t kFewestRuns = 30;
constexpr std::uint64_t kMostRuns = 1000;
constexpr std::uint64_t kJudged = 200;      // paths with two primaries
constexpr double kLeastConsequence = 0.05;  // of them, where the event is pursued further
constexpr double kLeastRate = 1.0 / 500;    // that a level's copies are numbered by
constexpr double kRarest = 1e-30;
constexpr double kMostRunsPlanned = 10'000;

std::uint64_t rounded(double x, double least, double most) {
  return static_cast<std::uint64_t>(std::llround(std::clamp(x, least, most)));
}

double share_of(std::uint64_t part, std::uint64_t all) {
  return static_cast<double>(part) / static_cast<double>(all);
}

// Just above the height after which the fewest paths turn back. Of the heights that at least kFewest and at
// most a common share exceed, it is the one with the longest way up to the next, times how many get there
// (the spacings of an exponential tail, so multiplied, are alike; Rényi 1953). A path that stands there has
// its next heartbeat still to come: copies diverge. A little lower, most messages that will turn the copies
// back are already on their way to all of them. No threshold above `highest` is taken.
std::optional<Duration> next_threshold(std::vector<Duration> heights, Duration highest = Duration::max()) {
  std::ranges::sort(heights, std::greater{});
  const auto most = static_cast<std::size_t>(kMostExceed * static_cast<double>(heights.size()));
  Duration longest{};
  std::optional<Duration> threshold;
  for (std::size_t exceed = kFewest; exceed <= most && exceed < heights.size(); ++exceed) {
    const Duration way = static_cast<std::int64_t>(exceed) * (heights[exceed - 1] - heights[exceed]);
    if (way <= longest || heights[exceed] >= highest) continue;
    longest = way;
    threshold = heights[exceed] + Duration{1};
  }
  return threshold;
}

class Climb {
 public:
  Climb(const Scenario& scenario, const RareEvent& event, SuspicionLevel::Sign sign,
        const PilotOptions& options, std::uint64_t seed, const Interrupt* interrupt)
      : scenario_(scenario), event_(event), options_(options), seed_(seed), interrupt_(interrupt) {
    pilot_.plan.sign = sign;
  }

  Pilot run() {
    const auto first = next(look_around());
    if (!first) return plain();
    pilot_.plan.patience = *first;
    SplittingBand band{.ceiling = *first, .patience = *first};
    Reservoir kept = whole_runs(*first);
    double rises = share_of(kept.offered(), runs_);  // how often a run does so
    if (kept.empty()) return plain();
    pilot_.plan.runs = rounded(2 * effort() / rises, 1, kMostRunsPlanned);
    pilot_.plan.keep = 4 * options_.effort;
    for (;;) {
      band.floor = *band.ceiling;
      band.ceiling.reset();
      const Sample sample = sample_at(band, kept);
      const double splits = share_of(sample.splits.size(), sample.copies());
      pilot_.expected += rises * splits;
      // Further rises can't add much to what is known, or are rarer than anyone asks.
      const bool enough = options_.thresholds.empty() && rises < std::max(0.01 * pilot_.expected, kRarest);
      auto threshold = enough ? std::nullopt : next(sample, band.floor);
      std::optional<Reservoir> higher;
      if (threshold) {
        band.ceiling = threshold;
        higher.emplace(rises_of(sample.copies(), band, kept));
        if (higher->empty()) threshold.reset();
      }
      if (!threshold) {
        add_level(band.floor, std::nullopt, splits);
        return std::move(pilot_);
      }
      const double rate = share_of(higher->offered(), sample.copies());
      add_level(band.floor, rate, splits);
      rises *= rate;
      kept = std::move(*higher);
    }
  }

 private:
  // How high copies rose, by how they ended.
  struct Sample {
    std::vector<Duration> heights{};  // all
    std::vector<Duration> splits{};   // those that came to two primaries
    std::uint64_t copies() const { return heights.size(); }
  };

  double effort() const { return static_cast<double>(options_.effort); }

  // No level helps: the runs themselves are the sample.
  Pilot plain() {
    pilot_.plan.levels.clear();
    pilot_.plan.runs = 2 * options_.effort;
    return std::move(pilot_);
  }

  SplittingPath begin(std::uint64_t i) {
    ++pilot_.effort.worlds;
    return {scenario_, pilot_.plan.sign, stream_seed(seed_, "run", i), interrupt_};
  }

  SplittingPath begin_fork(const SplittingBand& band, const Reservoir& kept, std::uint64_t i) {
    ++pilot_.effort.worlds;
    const auto level = static_cast<std::uint64_t>(band.floor.count());
    const std::uint64_t seed = stream_seed(stream_seed(seed_, "level", level), "copy", i);
    // The i-th copy is the same however many are made.
    return kept.share(i % kCopies, kCopies, 0.5).fork(seed);
  }

  // The silences of whole runs. None where two primaries are common.
  std::vector<Duration> look_around() {
    std::vector<Duration> silences;
    std::uint64_t splits = 0;
    const auto enough = [&] { return silences.empty() || silences.size() >= kSilences; };
    for (; runs_ < kMostRuns && (runs_ < kFewestRuns || !enough()); ++runs_) {
      SplittingPath path = begin(runs_);
      path.level.collect(&silences);
      splits += follow(path, {}, {}, pilot_.effort) == PathEnd::two_primaries ? 1 : 0;
      path.finish(pilot_.effort);
    }
    pilot_.events_of_run = share_of(pilot_.effort.events, runs_);
    pilot_.silences = silences.size();
    pilot_.expected = share_of(splits, runs_);
    if (pilot_.expected >= kCommon) silences.clear();
    return silences;
  }

  Reservoir whole_runs(Duration threshold) {
    Reservoir kept(kCopies, stream_seed(seed_, "reservoir"));
    const auto rises = [&](const SplittingPath& path) { kept.offer(path); };
    for (runs_ = 0; runs_ < kMostRuns && kept.offered() < kFewest * 5; ++runs_) {
      SplittingPath path = begin(runs_);
      follow(path, {.ceiling = threshold, .patience = threshold}, rises, pilot_.effort);
    }
    return kept;
  }

  // Follows copies until enough rise above the common height to trust a threshold there.
  Sample sample_at(const SplittingBand& band, const Reservoir& kept) {
    Sample sample;
    for (std::uint64_t copies = kCopies; copies <= kMostCopies; copies *= 2) {
      for (std::uint64_t i = sample.copies(); i < copies; ++i) {
        SplittingPath path = begin_fork(band, kept, i);
        const PathEnd end = follow(path, band, {}, pilot_.effort);
        sample.heights.push_back(path.level.highest(path.world.now()));
        if (end != PathEnd::two_primaries) continue;
        sample.splits.push_back(sample.heights.back());
        judge(path);
      }
      if (shows_the_way(sample, band.floor)) break;
    }
    return sample;
  }

  bool shows_the_way(const Sample& sample, Duration floor) const {
    if (share_of(sample.splits.size(), sample.copies()) >= kCommon) return true;
    const auto threshold = next(sample, floor);
    if (!threshold) return !options_.thresholds.empty() && sample.splits.size() >= kFewest;
    const auto rise = std::ranges::count_if(sample.heights, [&](Duration h) { return h >= *threshold; });
    return static_cast<std::uint64_t>(rise) >= kFewest;
  }

  // The same copies again, now that the wanted ones are known.
  Reservoir rises_of(std::uint64_t copies, const SplittingBand& band, const Reservoir& from) {
    Reservoir kept(kCopies, stream_seed(seed_, "reservoir", static_cast<std::uint64_t>(band.floor.count())));
    const auto rises = [&](const SplittingPath& path) { kept.offer(path); };
    for (std::uint64_t i = 0; i < copies; ++i) {
      SplittingPath path = begin_fork(band, from, i);
      follow(path, band, rises, pilot_.effort);
    }
    return kept;
  }

  void judge(SplittingPath& path) {
    if (judged_ == kJudged) return;
    ++judged_;
    path.finish(pilot_.effort);
    found_ += event_.count(path.world.record(), scenario_).value_or(0) > 0 ? 1 : 0;
  }

  // How often two primaries lead to the event, as far as that is worth pursuing.
  double consequence() const {
    return judged_ > 0 ? std::max(share_of(found_, judged_), kLeastConsequence) : 1;
  }

  std::optional<Duration> next(std::vector<Duration> silences) const {
    if (!options_.thresholds.empty() && !silences.empty()) return options_.thresholds.front();
    return next_threshold(std::move(silences));
  }

  // Half of those that came to two primaries had risen no higher.
  static Duration typical_split(const Sample& sample) {
    if (sample.splits.empty()) return Duration::max();
    auto heights = sample.splits;
    const auto middle = heights.begin() + static_cast<std::ptrdiff_t>(heights.size() / 2);
    std::ranges::nth_element(heights, middle);
    return *middle;
  }

  // None where two primaries are common, or most of them don't need a higher level.
  std::optional<Duration> next(const Sample& sample, Duration floor) const {
    if (!options_.thresholds.empty()) {
      const auto given = std::ranges::upper_bound(options_.thresholds, floor);
      return given == options_.thresholds.end() ? std::nullopt : std::optional(*given);
    }
    if (share_of(sample.splits.size(), sample.copies()) >= kCommon) return std::nullopt;
    return next_threshold(sample.heights, typical_split(sample));
  }

  // `rate`: the share of its copies that rise further, if there is a further level; `splits`: the share that
  // come to two primaries.
  void add_level(Duration silence, std::optional<double> rate, double splits) {
    const double copies = effort() / std::max(rate.value_or(splits * consequence()), kLeastRate);
    const double judged = effort() / 2 / consequence();
    const double judge_every = copies * splits / judged;
    pilot_.plan.levels.push_back({.silence = silence,
                                  .copies = rounded(copies, effort(), copies + 1),
                                  .judge_every = rounded(judge_every, 1, judge_every + 1)});
  }

  const Scenario& scenario_;
  const RareEvent& event_;
  const PilotOptions& options_;
  std::uint64_t seed_;
  const Interrupt* interrupt_;
  std::uint64_t runs_ = 0;
  std::uint64_t judged_ = 0;  // paths with two primaries
  std::uint64_t found_ = 0;   // the event in them
  Pilot pilot_{};
};

}  // namespace

Pilot pilot(const Scenario& scenario, const RareEvent& event, const PilotOptions& options, std::uint64_t seed,
            const Interrupt* interrupt) {
  Pilot first = Climb(scenario, event, SuspicionLevel::Sign::timer, options, seed, interrupt).run();
  if (first.silences > 0) return first;
  Pilot second = Climb(scenario, event, SuspicionLevel::Sign::message, options, seed, interrupt).run();
  second.effort.add(first.effort);
  return second;
}

}  // namespace sim
