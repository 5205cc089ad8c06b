#include "sim/fault/fault.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "sim/kernel/math.hpp"
#include "sim/kernel/rng.hpp"

namespace sim {
namespace {

Duration exponential(Rng& rng, double mean_ns) {
  const double u = static_cast<double>((rng.next() >> 11) + 1) * 0x1p-53;
  return Duration{static_cast<std::int64_t>(std::min(-exact_log(u) * mean_ns, 1e18)) + 1};
}

// Keeps track of when each node is down, so that a plan never crashes a node twice or more nodes than
// allowed.
class Downtimes {
 public:
  Downtimes(std::size_t replicas, std::size_t at_once) : back_at_(replicas), at_once_(at_once) {}

  bool free(std::size_t node, Duration at) const { return back_at_[node] <= at; }
  bool room(Duration at) const {
    const auto down = std::ranges::count_if(back_at_, [&](Duration back) { return back > at; });
    return static_cast<std::size_t>(down) < at_once_;
  }
  void take(std::size_t node, Duration until) { back_at_[node] = until; }

 private:
  std::vector<Duration> back_at_;
  std::size_t at_once_;
};

Fault strike(const RandomFault& process, NodeId node, Duration at, Duration until, std::size_t replicas) {
  Fault fault{.at = at, .kind = process.kind, .victim = {Victim::Kind::number, node}};
  fault.span = process.span;
  fault.omission = process.omission;
  if (process.kind != Fault::Kind::crash) fault.until = until;
  if (process.kind == Fault::Kind::partition) {
    std::vector<Endpoint> rest;
    for (std::uint32_t i = 0; i < replicas; ++i) {
      if (i != node.value) rest.push_back({i});
    }
    fault.groups = {{Endpoint{node.value}}, rest};
    fault.victim = {};
  }
  return fault;
}

}  // namespace

const char* name_of(Fault::Kind kind) {
  constexpr std::array<const char*, 16> names{
      "crash",   "restart", "fail_stop", "pause", "slow",        "clock",    "disk",      "partition",
      "overlap", "cut",     "network",   "heal",  "reconfigure", "transfer", "byzantine", "omission"};
  return names[static_cast<std::size_t>(kind)];
}

std::vector<Fault> drawn(std::vector<Fault> faults, std::uint64_t seed) {
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (!faults[i].spread) continue;
    const auto width = static_cast<std::uint64_t>(faults[i].spread->count());
    if (faults[i].together) {
      faults[i].at = faults[i - 1].at;
    } else {
      faults[i].at += Duration{static_cast<std::int64_t>(Rng(seed, "fault spread", i).below(width + 1))};
    }
    faults[i].spread.reset();
  }
  return faults;
}

std::optional<std::vector<Fault>> generate_at_most(std::size_t most, const std::vector<RandomFault>& plan,
                                                   std::uint64_t seed, std::size_t replicas, Duration end,
                                                   std::size_t at_once) {
  constexpr std::uint64_t kMostDraws = 100'000'000;  // of processes that find nobody to crash
  std::vector<Fault> faults;
  std::uint64_t draws = 0;
  Downtimes downtimes(replicas, at_once);
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const RandomFault& process = plan[i];
    // So many that it can't be otherwise: then they need not be drawn.
    const double expected = process.rate * static_cast<double>(end.count()) / 1e9;
    const bool all_strike = process.kind != Fault::Kind::crash;
    if (all_strike && expected > 2.0 * static_cast<double>(most) + 1000) return std::nullopt;
    Rng rng(seed, "fault plan", i);
    for (Duration at = exponential(rng, 1e9 / process.rate); at < end;
         at += exponential(rng, 1e9 / process.rate)) {
      if (faults.size() > most || ++draws > kMostDraws) return std::nullopt;
      const Duration until =
          std::min(end, at + exponential(rng, static_cast<double>(process.duration_mean.count())));
      const NodeId node{static_cast<std::uint16_t>(rng.below(replicas))};
      const bool crash = process.kind == Fault::Kind::crash;
      if (crash && !(downtimes.free(node.value, at) && downtimes.room(at))) continue;
      faults.push_back(strike(process, node, at, until, replicas));
      if (!crash) continue;
      downtimes.take(node.value, until);
      faults.push_back({.at = until,
                        .kind = Fault::Kind::restart,
                        .victim = {Victim::Kind::number, node},
                        .disk = process.disk});
    }
  }
  std::ranges::stable_sort(faults, {}, &Fault::at);
  return faults;
}

std::vector<Fault> generate(const std::vector<RandomFault>& plan, std::uint64_t seed, std::size_t replicas,
                            Duration end, std::size_t at_once) {
  constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();
  return generate_at_most(kAny, plan, seed, replicas, end, at_once).value_or(std::vector<Fault>{});
}

}  // namespace sim
