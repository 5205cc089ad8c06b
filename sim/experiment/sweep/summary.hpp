// The summary of each point: shares, rates and means over its runs, each with its interval.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/experiment/statistics.hpp"
#include "sim/experiment/sweep/differences.hpp"
#include "sim/experiment/sweep/measures.hpp"
#include "sim/experiment/sweep/precision.hpp"
#include "sim/report/run_result.hpp"

namespace sim {

/// The runs of one point. Runs must be added in the order of their seeds: floating-point sums depend on it.
class PointSummary {
 public:
  void add(const MeasuredRun& run);
  std::uint64_t runs() const { return runs_; }
  double virtual_seconds() const { return virtual_seconds_; }
  /// In the order of measures(); empty where there is no data. An end of an interval that can't be known is
  /// NaN.
  std::array<std::optional<Estimate>, kMeasures> estimates(double confidence = 0.95) const;

 private:
  std::uint64_t runs_ = 0;
  double virtual_seconds_ = 0;
  std::array<Moments, kMeasures> moments_;
  std::array<double, kMeasures> totals_{};
};

/// The points of a sweep and the results at each.
struct SweepSummary {
  /// Counts one more run. They must come in the order of their seeds, and then of their points.
  void add(std::size_t point, const RunResult& run);

  std::string scenario;
  std::vector<Json> points;  ///< Objects from JSON pointer to value; a listed point has also its "label".
  std::vector<std::string> headings;  ///< The keys of a point that tell it apart in a table for people.
  std::vector<PointSummary> summaries;
  Differences differences;
  double confidence = 0.95;  ///< Of each interval: more where points stopped by precision, see precision.hpp.
  std::vector<std::vector<Precise>> precision;  ///< Per point; empty if none was asked for.
  std::uint64_t runs = 0;
  std::uint64_t unmet = 0;  ///< Runs that failed an expectation.
  /// The first of them.
  struct Failure {
    std::size_t point = 0;
    std::uint64_t seed = 0;
    ExpectationResult expectation;
  };
  std::optional<Failure> first_unmet;
};

/// A point's distinguishing name: its values under the headings, joined by kLabelJoint.
std::string name_of(const SweepSummary& summary, std::size_t point);
/// The same for people: printable, and not too long.
std::string shown_name(const SweepSummary& summary, std::size_t point);

/// The content of summary.csv.
std::string to_csv(const SweepSummary& summary);
/// The content of differences.csv.
std::string differences_csv(const SweepSummary& summary);
Json to_json(const SweepSummary& summary);
/// For people: the main measures of each point with their intervals, in lines of at most `width` columns
/// where that is possible; 0: as wide as they come.
std::string to_table(const SweepSummary& summary, std::size_t width = 0);
/// For a terminal: which points are as precise as the sweep asks. Empty if it runs a fixed number of seeds.
std::string precision_text(const SweepSummary& summary);
/// For a terminal: by how much every point differs from the baseline, in sentences. Empty for a single point.
std::string differences_text(const SweepSummary& summary);

}  // namespace sim
