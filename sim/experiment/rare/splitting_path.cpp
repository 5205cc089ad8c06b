#include "sim/experiment/rare/splitting_path.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/units.hpp"

namespace sim {
namespace {

bool below(const SplittingPath& path, Duration silence, Duration patience) {
  const Time now = path.world.now();
  return path.level.at(now) < silence && now - path.level.last_above(now) >= patience;
}

// The next time at which there may be something to see: the level can't have risen above the band before, and
// falls are noticed when patience with them ends. Between two looks the level may rise and fall at will.
Time next_look(const SplittingPath& path, const SplittingBand& band, bool above) {
  const Time now = path.world.now();
  const Duration watched = above ? *band.ceiling : band.floor;
  const bool fallen = path.level.at(now) < watched;
  Time next = kNever;
  if (fallen) next = path.level.last_above(now) + band.patience;
  if (above && !fallen) next = now + band.patience;
  if (!above && band.ceiling) next = std::min(next, path.level.reaches(*band.ceiling, now));
  if (next == kNever && band.floor > Duration{0}) next = now + band.patience;
  return std::max(next, now + Duration{1});
}

}  // namespace

SplittingPath::SplittingPath(const Scenario& scenario, SuspicionLevel::Sign sign, std::uint64_t seed,
                             const Interrupt* interrupt)
    : level(scenario.setup.replicas, sign),
      world(scenario.setup, seed, scenario.plan->make_host(scenario.setup.replicas), &level),
      scenario_(&scenario),
      interrupt_(interrupt),
      end_(scenario.setup.duration + scenario.setup.settle) {}

SplittingPath::SplittingPath(const SplittingPath& other, std::uint64_t seed)
    : level(other.level),
      world(other.world.fork(seed)),
      scenario_(other.scenario_),
      interrupt_(other.interrupt_),
      end_(other.end_) {}

SplittingPath SplittingPath::fork(std::uint64_t seed) const { return SplittingPath(*this, seed); }

void SplittingPath::run_until(Time until, SplittingEffort& effort) {
  world.trace_to(&level);
  handle_until(until, effort);
}

void SplittingPath::finish(SplittingEffort& effort) {
  world.trace_to(nullptr);
  handle_until(end_, effort);
}

void SplittingPath::handle_until(Time until, SplittingEffort& effort) {
  const std::uint64_t before = world.events();
  const Interrupt nobody;
  const Ending ending =
      sim::run_until(world, until, end_ - Time{}, interrupt_ != nullptr ? *interrupt_ : nobody);
  effort.events += world.events() - before;
  if (ending == Ending::complete) return;
  if (ending == Ending::too_much_memory) {
    throw InputError({.file = scenario_->file,
                      .pointer = "/max_memory",
                      .found = "a run takes more than " + memory_text(scenario_->setup.max_memory),
                      .expected = "a limit that no run reaches"});
  }
  throw InputError({.file = scenario_->file,
                    .pointer = "/max_events",
                    .found = fmt::format("a run has more than {} events", scenario_->setup.max_events),
                    .expected = "a limit that no run reaches"});
}

PathEnd follow(SplittingPath& path, const SplittingBand& band,
               const std::function<void(const SplittingPath&)>& rises, SplittingEffort& effort) {
  bool above = false;
  path.level.watch(band.floor, path.world.now());
  for (;;) {
    path.run_until(next_look(path, band, above), effort);
    const Time now = path.world.now();
    if (path.level.two_primaries(now)) return above ? PathEnd::elsewhere : PathEnd::two_primaries;
    if (path.over()) return PathEnd::over;
    if (!above && band.ceiling && path.level.at(now) >= *band.ceiling) {
      rises(path);
      above = true;
      path.level.watch(*band.ceiling, now);
    } else if (above && below(path, *band.ceiling, band.patience)) {
      above = false;
      path.level.watch(band.floor, now);
    }
    if (!above && below(path, band.floor, band.patience)) return PathEnd::fell;
  }
}

void Reservoir::offer(const SplittingPath& path) {
  ++offered_;
  if (kept_.size() < limit_) {
    kept_.push_back(std::make_unique<SplittingPath>(path));
  } else if (const std::uint64_t place = rng_.below(offered_); place < limit_) {
    kept_[place] = std::make_unique<SplittingPath>(path);
  }
}

const SplittingPath& Reservoir::share(std::uint64_t i, std::uint64_t n, double start) const {
  const auto kept = static_cast<double>(kept_.size());
  const double place = (static_cast<double>(i) + start) * kept / static_cast<double>(n);
  return *kept_[std::min(static_cast<std::size_t>(place), kept_.size() - 1)];
}

}  // namespace sim
