#include "sim/experiment/rare/splitting.hpp"

#include <memory>
#include <optional>

#include "sim/experiment/rare/splitting_path.hpp"
#include "sim/kernel/rng.hpp"

namespace sim {
namespace {

// One replication, level by level.
class Splitting {
 public:
  Splitting(const Scenario& scenario, const RareEvent& event, const SplittingPlan& plan, std::uint64_t seed,
            const Interrupt* interrupt)
      : scenario_(scenario),
        event_(event),
        plan_(plan),
        seed_(seed),
        interrupt_(interrupt),
        rng_(seed, "resampling") {}

  SplittingResult run() {
    Reservoir kept = whole_runs();
    double weight = 1 / static_cast<double>(plan_.runs);
    for (std::size_t k = 1; k <= plan_.levels.size(); ++k) {
      const SplittingLevel& level = plan_.levels[k - 1];
      const double risen = weight * static_cast<double>(kept.offered());
      result_.rises.push_back(risen);
      if (kept.empty()) {  // nothing has come so far: nothing goes further
        result_.rises.resize(plan_.levels.size());
        result_.explored.resize(plan_.levels.size() + 1);
        break;
      }
      weight = risen / static_cast<double>(level.copies);
      kept = forks(k, kept, weight);
    }
    return std::move(result_);
  }

 private:
  SplittingBand band(std::size_t k) const {
    SplittingBand band{.patience = plan_.patience};
    if (k > 0) band.floor = plan_.levels[k - 1].silence;
    if (k < plan_.levels.size()) band.ceiling = plan_.levels[k].silence;
    return band;
  }

  Reservoir reservoir(std::size_t k) const { return {plan_.keep, stream_seed(seed_, "reservoir", k)}; }

  Reservoir whole_runs() {
    Reservoir kept = reservoir(0);
    const auto rises = [&](const SplittingPath& path) { kept.offer(path); };
    const double weight = 1 / static_cast<double>(plan_.runs);
    for (std::uint64_t i = 0; i < plan_.runs; ++i) {
      ++result_.effort.worlds;
      SplittingPath path(scenario_, plan_.sign, stream_seed(seed_, "run", i), interrupt_);
      const PathEnd end = follow(path, band(0), rises, result_.effort);
      if (end == PathEnd::two_primaries) came_to_two(path, weight, 1);
      if (end == PathEnd::elsewhere) ++result_.runs_left;
      if (end == PathEnd::over && !event_.takes_two_primaries) judge(path.world.record(), weight);
    }
    result_.explored.push_back(plan_.runs);
    return kept;
  }

  Reservoir forks(std::size_t k, const Reservoir& from, double weight) {
    const SplittingLevel& level = plan_.levels[k - 1];
    Reservoir kept = reservoir(k);
    const auto rises = [&](const SplittingPath& path) { kept.offer(path); };
    const double start = rng_.unit();
    until_judged_ = rng_.below(level.judge_every);
    const std::uint64_t seed = stream_seed(seed_, "level", k);
    for (std::uint64_t i = 0; i < level.copies; ++i) {
      ++result_.effort.worlds;
      SplittingPath path = from.share(i, level.copies, start).fork(stream_seed(seed, "copy", i));
      if (follow(path, band(k), rises, result_.effort) == PathEnd::two_primaries)
        came_to_two(path, weight, level.judge_every);
    }
    result_.explored.push_back(level.copies);
    return kept;
  }

  void came_to_two(SplittingPath& path, double weight, std::uint64_t judge_every) {
    ++result_.two_primaries;
    if (until_judged_-- > 0) return;
    until_judged_ = judge_every - 1;
    path.finish(result_.effort);
    judge(path.world.record(), weight * static_cast<double>(judge_every));
  }

  void judge(const Record& record, double weight) {
    const auto count = event_.count(record, scenario_);
    if (!count) {
      ++result_.undecided;
      return;
    }
    result_.expected += weight * static_cast<double>(*count);
    if (*count > 0) result_.probability += weight;
  }

  const Scenario& scenario_;
  const RareEvent& event_;
  const SplittingPlan& plan_;
  std::uint64_t seed_;
  const Interrupt* interrupt_;
  Rng rng_;
  std::uint64_t until_judged_ = 0;  // paths with two primaries that pass before the next one is judged
  SplittingResult result_{};
};

}  // namespace

SplittingResult split(const Scenario& scenario, const RareEvent& event, const SplittingPlan& plan,
                      std::uint64_t seed, const Interrupt* interrupt) {
  return Splitting(scenario, event, plan, seed, interrupt).run();
}

}  // namespace sim
