// Delay laws of messages. Every law is sampled by inverting its distribution function: one message takes one
// 64-bit draw, and a longer mean stretches the same fate instead of drawing a new one.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/kernel/rng.hpp"
#include "sim/kernel/time.hpp"

namespace sim {

/// A distribution of one-way delays.
struct DelayLaw {
  enum class Kind : std::uint8_t {
    constant,     ///< `min`.
    uniform,      ///< Between `min` and `max`.
    exponential,  ///< `min` plus an exponential of mean `mean`.
    normal,       ///< Mean `mean`, standard deviation `spread`, cut off below at `min`.
    lognormal,    ///< `min` plus a lognormal with median `mean`; `shape` is the deviation of its logarithm.
    pareto,       ///< `mean` / u^(1/`shape`): at least `mean`, with a tail of index `shape`.
    empirical,    ///< One of `samples`, each as likely as the other.
  };
  Kind kind = Kind::constant;
  Duration min{};
  Duration max{};
  Duration mean{};
  Duration spread{};
  double shape = 0;
  std::vector<Duration> samples{};

  static DelayLaw constant(Duration d) { return {.kind = Kind::constant, .min = d}; }
  static DelayLaw uniform(Duration a, Duration b) { return {.kind = Kind::uniform, .min = a, .max = b}; }
  static DelayLaw exponential(Duration mean, Duration min = {}) {
    return {.kind = Kind::exponential, .min = min, .mean = mean};
  }

  /// The delay that 64 random bits stand for: never negative, at most kLongest.
  Duration sample(std::uint64_t bits) const {
    if (kind == Kind::constant) return min;
    if (kind == Kind::uniform) return min + sample_uniform(bits);
    return sample_curve(bits);
  }

  /// One delay in 1,000 is longer.
  Duration nearly_longest() const;

  static constexpr Duration kLongest = std::chrono::hours{24 * 365};
  bool operator==(const DelayLaw&) const = default;

 private:
  Duration sample_uniform(std::uint64_t bits) const {
    const auto width = static_cast<std::uint64_t>((max - min).count()) + 1;  // both ends included
    return Duration{static_cast<std::int64_t>(below(bits, width))};
  }
  Duration sample_curve(std::uint64_t bits) const;
};

}  // namespace sim
