// An adversary for protocols/optimal_primary_backup: at most f components of a run fail, in one of the ways
// of a failure model, when and how it hurts most. Either at random, or by the script of the worst case.
#pragma once

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/experiment/run.hpp"
#include "sim/kernel/rng.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/scenario/units.hpp"

namespace bounded_failures {

using namespace sim;

enum class Failures : std::uint8_t { crash, link, receive, send, general };

/// One row of the table of bounds: a protocol under a failure model.
struct Row {
  std::string variant;
  std::size_t replicas = 2;
  std::size_t failures = 1;
  Failures model = Failures::crash;
  Duration tau = 10ms;
  std::string bug = "none";
};
constexpr Duration kDelta = 3ms;

/// The longest time without a primary that `worst_case` reaches: in most rows the bound itself.
inline Duration reached(const Row& row) {
  const auto more = static_cast<int>(row.failures) - 1;
  if (row.variant == "C0") return (more + 1) * (kDelta + row.tau);
  if (row.variant == "CL") return (more + 1) * (2 * kDelta + row.tau);
  const Duration deaf = std::max(3 * kDelta, 2 * kDelta + row.tau);
  return 2 * kDelta + row.tau + more * (row.variant == "R0" ? deaf : 3 * kDelta + row.tau);
}

/// No adversary makes it longer. With f > 1 a leader of R0 or G that comes late, and dies amid its opening,
/// may add up to tau to what a script has reached.
inline Duration bound(const Row& row) {
  const auto more = static_cast<int>(row.failures) - 1;
  if (row.variant == "R0")
    return 2 * kDelta + row.tau + more * (std::max(row.tau, more * kDelta) + 2 * kDelta + row.tau);
  if (row.variant == "G") return 2 * kDelta + row.tau + more * (3 * kDelta + 2 * row.tau);
  return reached(row);
}

inline std::string text_of(const Row& row) {
  constexpr const char* kModels[] = {"crash", "link", "receive", "send", "general"};
  return fmt::format("{} n={} f={} {} tau={} {}", row.variant, row.replicas, row.failures,
                     kModels[static_cast<int>(row.model)], to_text(row.tau), row.bug);
}

/// What a run came to.
struct Harm {
  Duration gap{};     ///< The longest time without a primary.
  bool two = false;   ///< Pb1 was violated.
  bool lost = false;  ///< An answered write is gone, or what clients saw is not linearizable.
  bool broken() const { return two || lost; }
};

/// One row at work; the faults of a run are set from outside.
class Trial {
 public:
  explicit Trial(const Row& row)
      : row_(row),
        scenario_(read_scenario(Json::parse(fmt::format(
                                    R"({{"name": "bounds", "duration": "{}", "settle": "0s", "replicas": {},
      "protocol": {{"name": "optimal_primary_backup", "variant": "{}", "tau": "{}", "delta": "{}", "bug": "{}"}},
      "service": {{"name": "register"}},
      "clients": {{"count": 2, "rate": "100/s", "reads": 0.3, "retry": "7ms"}},
      "network": {{"delay": "{}", "fifo": true}}}})",
                                    to_text(length(row)), row.replicas, row.variant, to_text(row.tau),
                                    to_text(kDelta), row.bug, to_text(kDelta))),
                                "bounds")) {}

  Harm run(std::vector<Fault> faults, std::uint64_t seed) {
    scenario_.setup.faults = std::move(faults);
    const RunResult r = run_for_sweep(scenario_, seed);
    return {.gap = Duration{static_cast<std::int64_t>(r.primary.longest_vacancy_s.value_or(0) * 1e9 + 0.5)},
            .two = r.split_brain.episodes > 0,
            .lost = r.lost_writes.count > 0 || r.linearizability.verdict == Verdict::violation};
  }
  Harm attack(std::uint64_t seed);
  /// The script of the worst case, with no request that would make a primary speak before its time.
  Harm worst_run();
  Scenario& scenario() { return scenario_; }

  /// Failures begin within this time, and are over long before the run is.
  static Duration window(const Row& row) { return 3 * row.tau + 4 * (2 * kDelta + row.tau); }
  static Duration length(const Row& row) {
    return window(row) + 2 * static_cast<int>(row.failures + 1) * (3 * kDelta + row.tau);
  }

 private:
  Row row_;
  Scenario scenario_;
};

inline Victim server(std::size_t n) { return {Victim::Kind::number, NodeId{static_cast<std::uint16_t>(n)}}; }

/// Draws who fails, when and how.
class Adversary {
 public:
  Adversary(const Row& row, std::uint64_t seed) : row_(row), rng_(seed, "adversary") {}

  std::vector<Fault> faults() {
    // In the order of succession, most often: then each failure hits the next leader.
    const std::size_t first = rng_.chance(0.7) ? 0 : rng_.below(row_.replicas);
    for (std::size_t i = 0; i < row_.failures; ++i) {
      const std::size_t victim = (first + i) % row_.replicas;
      if (row_.model == Failures::link && rng_.chance(0.6)) {
        fail_link();
      } else {
        if (row_.model != Failures::crash && row_.model != Failures::link) omit(victim);
        if (row_.model == Failures::crash || row_.model == Failures::link || rng_.chance(0.5)) crash(victim);
      }
    }
    return faults_;
  }

  /// Each link has a delay of its own in some runs, all the same in others.
  NetworkLaws laws() {
    NetworkLaws laws;
    laws.replicas.fifo = true;
    laws.replicas.delay = delay();
    if (rng_.chance(0.5)) return laws;
    for (std::uint32_t a = 0; a < row_.replicas; ++a) {
      for (std::uint32_t b = 0; b < row_.replicas; ++b) {
        if (a == b) continue;
        laws.overrides.push_back({{a}, {b}, {.delay = delay(), .fifo = true}});
      }
    }
    return laws;
  }

 private:
  DelayLaw delay() {
    const std::uint64_t kind = rng_.below(4);
    return kind == 0   ? DelayLaw::constant(0ns)
           : kind == 1 ? DelayLaw::uniform(0ns, kDelta)
                       : DelayLaw::constant(kDelta);
  }

  // At a dummy of an undisturbed primary, beside it, just before the next leader takes over, or anywhere.
  Duration moment() {
    const Duration window = Trial::window(row_);
    const auto ticks = static_cast<std::uint64_t>(window / row_.tau);
    const Duration tick = static_cast<std::int64_t>(rng_.below(ticks)) * row_.tau;
    Duration at{static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(window.count())))};
    if (rng_.chance(0.6)) at = tick + static_cast<std::int64_t>(rng_.below(3)) * 1ns;
    if (last_ > 0ns && rng_.chance(0.5)) {
      const Duration steps[] = {kDelta + row_.tau, 2 * kDelta + row_.tau, 3 * kDelta, 2 * kDelta, kDelta};
      at = last_ + steps[rng_.below(5)] - static_cast<std::int64_t>(rng_.below(3)) * 1ns;
    }
    return last_ = std::min(at, window);
  }

  void crash(std::size_t victim) {
    Fault fault{.at = moment(), .kind = Fault::Kind::crash, .victim = server(victim)};
    if (rng_.chance(0.4)) fault.amid = CrashAmidSending{.first = rng_.below(row_.replicas + 1)};
    faults_.push_back(fault);
  }

  void omit(std::size_t victim) {
    using Of = Omission::Of;
    const std::uint64_t spells = 1 + rng_.below(3);
    for (std::uint64_t i = 0; i < spells; ++i) {
      Omission omission{.of = row_.model == Failures::send ? Of::send
                              : row_.model == Failures::receive
                                  ? Of::receive
                                  : Of{static_cast<std::uint8_t>(rng_.below(3))}};
      omission.towards.emplace();  // clients' channels are reliable
      for (std::uint32_t r = 0; r < row_.replicas; ++r) {
        if (rng_.chance(0.7)) omission.towards->push_back({r});
      }
      const std::uint64_t kind = rng_.below(4);
      if (kind == 0) omission.messages.probability = 0.3;
      if (kind == 1) omission.messages.nth = {1 + rng_.below(4)};
      Fault fault{
          .at = moment(), .kind = Fault::Kind::omission, .victim = server(victim), .omission = omission};
      if (rng_.chance(0.6))
        fault.until = fault.at + Duration{1 + static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(
                                                  (4 * kDelta + 2 * row_.tau).count())))};
      faults_.push_back(fault);
    }
  }

  void fail_link() {
    const auto a = static_cast<std::uint32_t>(rng_.chance(0.6) ? 0 : rng_.below(row_.replicas));
    const auto b = static_cast<std::uint32_t>((a + 1 + rng_.below(row_.replicas - 1)) % row_.replicas);
    const Duration at = moment();
    for (const bool back : {false, true}) {
      if (rng_.chance(0.3)) continue;
      Fault fault{.at = at, .kind = Fault::Kind::cut};
      fault.from = {Endpoint{back ? b : a}};
      fault.to = {Endpoint{back ? a : b}};
      if (rng_.chance(0.4))
        fault.until = at + Duration{1 + static_cast<std::int64_t>(rng_.below(
                                            static_cast<std::uint64_t>((3 * kDelta + row_.tau).count())))};
      faults_.push_back(fault);
    }
  }

  Row row_;
  Rng rng_;
  Duration last_{};
  std::vector<Fault> faults_;
};

inline Harm Trial::attack(std::uint64_t seed) {
  Adversary adversary(row_, seed);
  auto faults = adversary.faults();
  scenario_.setup.network = adversary.laws();
  scenario_.setup.clients.options.rate = seed % 2 == 0 ? 100 : 10;
  return run(std::move(faults), seed);
}

/// The script of the worst case: s_0 crashes just after it has sent something, and each of the next just
/// before it would take over.
inline std::vector<Fault> worst_case(const Row& row) {
  Row one = row;
  one.failures = 1;
  Row two = row;
  two.failures = 2;
  const Duration first = reached(one), later = reached(two) - first;
  std::vector<Fault> faults;
  Duration at = 2 * row.tau + 1ns;
  for (std::size_t i = 0; i < row.failures; ++i) {
    faults.push_back({.at = at, .kind = Fault::Kind::crash, .victim = server(i)});
    at += i == 0 ? first - 2ns : later;
  }
  return faults;
}

inline Harm Trial::worst_run() {
  scenario_.setup.clients.options.rate = 0.001;
  return run(worst_case(row_), 1);
}

}  // namespace bounded_failures
