#include "sim/experiment/advise/advise.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "sim/experiment/advise/trials.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

// Settings that people can remember: two significant digits.
Duration rounded(double ns) {
  const double unit = std::pow(10, std::floor(std::log10(ns)) - 1);
  return Duration{std::llround(std::round(ns / unit) * unit)};
}

Duration scaled(Duration d, double by) { return rounded(static_cast<double>(d.count()) * by); }

// `n` durations at equal ratios, both ends included.
std::vector<Duration> ladder(const Span& span, int n) {
  std::vector<Duration> steps;
  const auto low = static_cast<double>(span.low.count()), high = static_cast<double>(span.high.count());
  for (int i = 0; i < n; ++i)
    steps.push_back(rounded(low * std::pow(high / low, static_cast<double>(i) / (n - 1))));
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  return steps;
}

class Advisor {
 public:
  Advisor(const Scenario& scenario, const AdviceOptions& options)
      : scenario_(scenario),
        options_(options),
        advice_(begun(scenario, options)),
        trials_(scenario, options, longest_outage()) {}

  Advice run() {
    try {
      search();
      const auto finalists = settings_of(best(kFinalists, &Judged::likely));
      try_all("finalists", finalists, finalist_effort());
      begin("choice");
      choose(finalists);
      begin("sensitivity");
      if (advice_.answer == Answer::found) explore_sensitivity();
    } catch (const Stopped& stopped) {
      stop(stopped.why);
    }
    find_front();
    advice_.runs = trials_.runs();
    advice_.calm_hours = trials_.calm_hours();
    return std::move(advice_);
  }

 private:
  static constexpr std::size_t kFinalists = 5;
  static constexpr int kTimeouts = 9;
  static constexpr int kHeartbeats = 3;
  static constexpr double kMostHours = 24;

  // The question, with ranges filled in.
  static Advice begun(const Scenario& scenario, const AdviceOptions& options) {
    const Setting now = find_knobs(scenario).now;
    Advice advice;
    advice.bounds = options.bounds;
    advice.heartbeat = options.heartbeat.value_or(Span{now.heartbeat / 2, now.heartbeat * 2});
    advice.timeout = options.timeout.value_or(Span{now.heartbeat, now.heartbeat * 20});
    advice.pauses = options.pauses;
    check_bounds(scenario, options.bounds);
    return advice;
  }

  static void check_bounds(const Scenario& scenario, const std::vector<Bound>& bounds) {
    const bool outage = std::ranges::find(bounds, Concern::outage, &Bound::concern) != bounds.end();
    if (!outage || std::ranges::none_of(bounds, per_hour, &Bound::concern)) {
      throw InputError({.file = "--bound",
                        .found = "there is no trade-off to find",
                        .expected =
                            "a bound on the outage, such as outage=2s, and one on the harm of too short a "
                            "timeout, such as split_brain=1/h"});
    }
    if (scenario.setup.clients.options.count > 0) return;
    throw InputError({.file = scenario.file,
                      .pointer = "/clients/count",
                      .found = "found 0",
                      .expected = "clients, to measure the outage"});
  }

  // The longest outage that crash runs must be able to see.
  Duration longest_outage() const {
    const auto bound = std::ranges::find(advice_.bounds, Concern::outage, &Bound::concern);
    return std::max(Duration{std::llround(bound->limit * 1e9)}, 3 * advice_.timeout.high);
  }

  // ------------------------------------------------------------------------------------------- searching

  std::vector<Setting> only_valid(std::vector<Setting> settings) const {
    std::erase_if(settings, [&](const Setting& s) { return !trials_.takes(s); });
    return settings;
  }

  void search() {
    std::vector<Setting> grid;
    const int beats = options_.heartbeat ? kHeartbeats + 2 : kHeartbeats;
    for (const Duration heartbeat : ladder(advice_.heartbeat, beats)) {
      for (const Duration timeout : ladder(advice_.timeout, kTimeouts)) grid.push_back({heartbeat, timeout});
    }
    grid = only_valid(std::move(grid));
    if (grid.empty()) {
      throw InputError(
          {.file = scenario_.file,
           .found = fmt::format("no timeout from {} to {} is longer than a heartbeat from {} to {}",
                                to_text(advice_.timeout.low), to_text(advice_.timeout.high),
                                to_text(advice_.heartbeat.low), to_text(advice_.heartbeat.high)),
           .expected = "other ranges"});
    }
    try_all("grid", spread_out(grid), first_effort(1, 0));
    try_all("neighbours", only_valid(neighbours()), first_effort(2, 10));
  }

  // Neighbours are tried far apart in time: a search stopped early has seen all corners.
  static std::vector<Setting> spread_out(const std::vector<Setting>& grid) {
    auto step = static_cast<std::size_t>(0.62 * static_cast<double>(grid.size()));
    while (step > 1 && std::gcd(step, grid.size()) > 1) --step;
    std::vector<Setting> order;
    for (std::size_t i = 0; i < grid.size(); ++i)
      order.push_back(grid[(grid.size() / 2 + i * std::max<std::size_t>(step, 1)) % grid.size()]);
    return order;
  }

  void begin(const std::string& stage) {
    stage_ = stage;
    to_try_ = tried_now_ = 0;
  }

  // Results count at once: a search that is stopped in between keeps them.
  void try_all(const std::string& stage, const std::vector<Setting>& settings, const Effort& effort) {
    begin(stage);
    to_try_ = settings.size();
    trials_.run(stage, trials_.calm(), settings, effort, [&](Judged judged) {
      merge(std::move(judged));
      ++tried_now_;
    });
  }

  // The three best so far, and the settings half a step of the grid beside them.
  std::vector<Setting> neighbours() const {
    const auto ratio = [](const Span& s, int steps) {
      return std::pow(static_cast<double>(s.high.count()) / static_cast<double>(s.low.count()),
                      0.5 / (steps - 1));
    };
    const double timeout = ratio(advice_.timeout, kTimeouts),
                 heartbeat = ratio(advice_.heartbeat, kHeartbeats);
    std::vector<Setting> all;
    for (const std::size_t i : best(3, &Judged::likely)) {
      const Setting& s = advice_.tried[i].setting;
      for (const double h : {1 / heartbeat, 1.0, heartbeat}) {
        for (const double t : {1 / timeout, 1.0, timeout}) {
          const Setting near{scaled(s.heartbeat, h), scaled(s.timeout, t)};
          const bool inside = near.timeout >= advice_.timeout.low && near.timeout <= advice_.timeout.high &&
                              near.heartbeat >= advice_.heartbeat.low &&
                              near.heartbeat <= advice_.heartbeat.high;
          if (inside && std::ranges::find(all, near) == all.end()) all.push_back(near);
        }
      }
    }
    return all;
  }

  // Later measurements take the place of earlier, shorter ones.
  void merge(Judged judged) {
    const auto old = std::ranges::find(advice_.tried, judged.setting, &Judged::setting);
    if (old == advice_.tried.end())
      advice_.tried.push_back(std::move(judged));
    else
      *old = std::move(judged);
  }

  // The settings with the largest margin, as places in `tried`.
  std::vector<std::size_t> best(std::size_t n, double Judged::*margin) const {
    std::vector<std::size_t> order(advice_.tried.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return advice_.tried[i].*margin; });
    order.resize(std::min(n, order.size()));
    return order;
  }

  std::vector<Setting> settings_of(const std::vector<std::size_t>& places) const {
    std::vector<Setting> settings;
    for (const std::size_t i : places) settings.push_back(advice_.tried[i].setting);
    return settings;
  }

  // Little effort for a bound that is soon broken.
  Effort first_effort(double times, std::uint64_t replications) const {
    const double most = options_.hours.value_or(kMostHours) * 3600;
    const double seconds = std::min(most, std::clamp(600 / strictest(), 30.0, 600.0));
    return {times * seconds, static_cast<std::uint64_t>(times * 40), replications};
  }

  // The lowest of the bounds on a rate, an hour.
  double strictest() const {
    double limit = std::numeric_limits<double>::infinity();
    for (const Bound& bound : advice_.bounds) {
      if (per_hour(bound.concern)) limit = std::min(limit, bound.limit);
    }
    return limit;
  }

  // Enough crashes for a quantile; rare events are left to splitting.
  Effort finalist_effort() const {
    return {std::min({10 / strictest(), options_.hours.value_or(kMostHours), 1.0}) * 3600, 400, 40};
  }

  // As long as the user asked for, or enough calm time to show without splitting that an event is well below
  // its bound.
  Effort choice_effort() const {
    const double enough = std::min(10 / strictest(), kMostHours);
    return {options_.hours.value_or(enough) * 3600, 1000, 40};
  }

  // ------------------------------------------------------------------------------------------- choosing

  // Among the settings that surely hold with at least half of the best margin, the one with the longest
  // heartbeat: it costs the least.
  std::optional<Setting> most_fitting(const std::vector<Judged>& finalists) const {
    double largest = 1;
    for (const Judged& j : finalists) largest = std::max(largest, j.sure);
    const Judged* chosen = nullptr;
    for (const Judged& j : finalists) {
      if (j.sure < std::max(1.0, largest / 2)) continue;
      const bool better = chosen == nullptr || std::pair(j.setting.heartbeat, j.sure) >
                                                   std::pair(chosen->setting.heartbeat, chosen->sure);
      if (better) chosen = &j;
    }
    return chosen == nullptr ? std::nullopt : std::optional(chosen->setting);
  }

  // Measures the choice once more, by itself: only that says how good it is.
  void choose(const std::vector<Setting>& settings) {
    std::vector<Judged> finalists;
    for (const Setting& s : settings)
      finalists.push_back(*std::ranges::find(advice_.tried, s, &Judged::setting));
    while (const auto chosen = most_fitting(finalists)) {
      Judged measured = trials_.run("choice", trials_.calm(), *chosen, choice_effort());
      const bool holds = measured.sure >= 1;
      advice_.choice = std::move(measured);
      if (holds) {
        advice_.answer = Answer::found;
        return;
      }
      rejected_.push_back(*chosen);
      std::erase_if(finalists, [&](const Judged& j) { return j.setting == *chosen; });
    }
    const bool all_broken = std::ranges::all_of(advice_.tried, &Judged::broken);
    advice_.answer = all_broken ? Answer::impossible : Answer::undecided;
    advice_.choice = advice_.tried[best(1, &Judged::likely).front()];
  }

  // The best so far, by the measurements that it was chosen by, unless the choice had been measured already.
  void stop(Stop why) {
    advice_.stop = why;
    advice_.not_tried = left();
    if (advice_.answer == Answer::found) return;
    advice_.choice.reset();
    std::vector<Judged> all = advice_.tried;
    std::erase_if(
        all, [&](const Judged& j) { return std::ranges::find(rejected_, j.setting) != rejected_.end(); });
    const auto fitting = most_fitting(all);
    if (fitting)
      advice_.choice = *std::ranges::find(all, *fitting, &Judged::setting);
    else if (!advice_.tried.empty())
      advice_.choice = advice_.tried[best(1, &Judged::likely).front()];
  }

  // The remaining work, in words.
  std::vector<std::string> left() const {
    struct Stage {
      std::string_view name, what;
    };
    static constexpr std::array<Stage, 5> kStages{{{"grid", "settings of the grid"},
                                                   {"neighbours", "settings next to the best"},
                                                   {"finalists", "the finalists, measured thoroughly"},
                                                   {"choice", "the choice alone, on fresh seeds"},
                                                   {"sensitivity", "the sensitivity to changed conditions"}}};
    std::vector<std::string> what;
    for (auto stage = std::ranges::find(kStages, stage_, &Stage::name); stage != kStages.end(); ++stage) {
      const bool counted = stage->name == stage_ && to_try_ > 0;
      what.push_back(counted ? fmt::format("{} ({} of {})", stage->what, to_try_ - tried_now_, to_try_)
                             : std::string(stage->what));
    }
    return what;
  }

  void explore_sensitivity() {
    const Setting s = advice_.choice->setting;
    const std::vector<std::pair<std::string, Setting>> others{
        {"timeout x 0.8", {s.heartbeat, scaled(s.timeout, 0.8)}},
        {"timeout x 1.25", {s.heartbeat, scaled(s.timeout, 1.25)}},
        {"heartbeat x 0.5", {scaled(s.heartbeat, 0.5), s.timeout}},
        {"heartbeat x 2", {scaled(s.heartbeat, 2), s.timeout}}};
    const Effort effort = finalist_effort();
    for (const auto& [what, setting] : others) {
      if (trials_.takes(setting)) deviate(what, trials_.calm(), setting, effort);
    }
    if (const auto calm = with_twice_the_loss(trials_.calm())) deviate("twice the loss", *calm, s, effort);
    if (const auto calm = with_twice_the_delay(trials_.calm())) deviate("twice the delay", *calm, s, effort);
  }

  void deviate(const std::string& what, const Json& calm, const Setting& setting, const Effort& effort) {
    advice_.sensitivity.push_back({what, trials_.run("if " + what, calm, setting, effort)});
  }

  // The assumed value of a setting: if nothing was seen, the worst that this allows.
  static double supposed(const Estimate& e) { return e.value > 0 || std::isnan(e.high) ? e.value : e.high; }

  // Whether `a` is as good as `b` in everything, and better in something. A longer heartbeat is good, too.
  bool beats(const Judged& a, const Judged& b) const {
    bool better = a.setting.heartbeat > b.setting.heartbeat;
    if (a.setting.heartbeat < b.setting.heartbeat) return false;
    for (std::size_t i = 0; i < a.estimates.size(); ++i) {
      if (supposed(a.estimates[i]) > supposed(b.estimates[i])) return false;
      better = better || supposed(a.estimates[i]) < supposed(b.estimates[i]);
    }
    return better;
  }

  void find_front() {
    const auto& all = advice_.tried;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (std::ranges::none_of(all, [&](const Judged& other) { return beats(other, all[i]); }))
        advice_.front.push_back(i);
    }
    std::ranges::sort(advice_.front, {}, [&](std::size_t i) {
      return std::pair(all[i].setting.heartbeat, all[i].setting.timeout);
    });
  }

  const Scenario& scenario_;
  const AdviceOptions& options_;
  Advice advice_;
  Trials trials_;
  std::string stage_{};                     // the stage being tried,
  std::size_t to_try_ = 0, tried_now_ = 0;  // of how many settings, of which so many are done
  std::vector<Setting> rejected_{};         // which didn't hold when measured by themselves
};

}  // namespace

std::vector<ConcernName> concerns() {
  return {{Concern::split_brain, "split_brain", "split brains an hour"},
          {Concern::harmful, "harmful", "harmful split brains an hour"},
          {Concern::lost_writes, "lost_writes", "lost writes an hour"},
          {Concern::needless_changes, "needless_changes", "needless leader changes an hour"},
          {Concern::false_suspicions, "false_suspicions", "false suspicions an hour"},
          {Concern::outages, "outages", "outages an hour"},
          {Concern::outage, "outage", "s of outage after a crash"},
          {Concern::messages, "messages", "messages a second"}};
}

Advice advise(const Scenario& scenario, const AdviceOptions& options) {
  return Advisor(scenario, options).run();
}

}  // namespace sim
