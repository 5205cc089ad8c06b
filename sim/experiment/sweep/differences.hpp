// Differences between two points, seed by seed. Both had the same clients, faults and network in each seed,
// so randomness common to both cancels out: the difference is known far better than either value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/experiment/statistics.hpp"
#include "sim/experiment/sweep/measures.hpp"

namespace sim {

/// The amount by which a measure of one point exceeds another's.
struct Difference {
  std::uint64_t n = 0;  ///< Seeds in which both said something.
  Estimate excess;      ///< In the measure's own unit; an end that can't be known is NaN.
  bool operator==(const Difference&) const = default;
};

/// A pair of points, measure by measure.
class PairedSummary {
 public:
  /// One seed at both points.
  void add(const MeasuredRun& baseline, const MeasuredRun& point);
  /// In the order of measures(); empty where no seed has values at both points. Shares have the score
  /// interval for paired shares (Tango 1998), all else Student's t over the seeds' differences. Where fewer
  /// than kFewEvents seeds differ in a rate, or all differ alike, the exact Poisson intervals of both points
  /// are subtracted instead, each at a level at which both cover together: wider, and right at zero events.
  std::array<std::optional<Difference>, kMeasures> estimates(double confidence = 0.95) const;

  static constexpr std::uint64_t kFewEvents = 20;

 private:
  struct Events {
    double count = 0;
    double seconds = 0;
  };
  struct Pair {
    Moments excess;
    std::uint64_t up = 0, down = 0;  ///< Seeds in which the point had more, or less.
    Events baseline, point;          ///< Of rates only.
  };
  std::optional<Difference> estimate(std::size_t measure, double confidence) const;
  std::array<Pair, kMeasures> pairs_;
};

/// The pairs of a sweep's points: all of them up to kAllPairs points, else each with the baseline alone.
class Differences {
 public:
  Differences() = default;
  Differences(std::size_t points, std::size_t baseline);

  /// Runs must come in the order of their seeds, and then of their points.
  void add(std::size_t point, std::uint64_t seed, const MeasuredRun& run);
  std::size_t points() const { return points_; }
  std::size_t baseline() const { return baseline_; }
  /// Whether all pairs are compared.
  bool all() const { return points_ <= kAllPairs; }
  bool compares(std::size_t baseline, std::size_t point) const {
    return baseline != point && (all() || baseline == baseline_);
  }
  /// By how much `point` exceeds `baseline`, two points that are compared.
  std::array<std::optional<Difference>, kMeasures> between(std::size_t baseline, std::size_t point,
                                                           double confidence = 0.95) const;

  static constexpr std::size_t kAllPairs = 24;

 private:
  std::size_t index_of(std::size_t baseline, std::size_t point) const;

  std::size_t points_ = 0;
  std::size_t baseline_ = 0;
  std::vector<PairedSummary> pairs_;
  std::uint64_t seed_ = 0;
  std::vector<std::optional<MeasuredRun>> current_;  // per point: its run with seed_
};

}  // namespace sim
