// What a sweep says of each point: shares, rates and means over its runs, each with its interval.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/experiment/statistics.hpp"
#include "sim/report/run_result.hpp"

namespace sim {

/// How a measure is estimated (sim/report/README.md lists them all).
enum class MeasureKind : std::uint8_t {
  share,     ///< Of runs that have a property: Wilson.
  rate,      ///< Events per virtual second: exact Poisson.
  fraction,  ///< Of virtual time, averaged over runs: Student's t.
  mean,      ///< Over the runs that have a value: Student's t.
};

struct Measure {
  std::string_view name;
  MeasureKind kind;
  /// The run's contribution: 0 or 1 for a share, a count for a rate; empty if it says nothing.
  std::optional<double> (*of)(const RunResult&);
};

constexpr std::size_t kMeasures = 26;
/// In the order of the columns of summary.csv.
std::span<const Measure, kMeasures> measures();

/// The runs of one point. Runs must be added in the order of their seeds: floating-point sums depend on it.
class PointSummary {
 public:
  /// A run that was not finished counts as a run and as undecided, and in nothing else.
  void add(const RunResult& run);
  std::uint64_t runs() const { return runs_; }
  double virtual_seconds() const { return virtual_seconds_; }
  /// In the order of measures(); empty where there is no data. An end of an interval that can't be known is
  /// NaN.
  std::array<std::optional<Estimate>, kMeasures> estimates() const;

 private:
  std::uint64_t runs_ = 0;
  double virtual_seconds_ = 0;
  std::array<Moments, kMeasures> moments_;
  std::array<double, kMeasures> totals_{};
};

/// The points of a sweep and what came out at each.
struct SweepSummary {
  std::string scenario;
  std::vector<Json> points;  ///< Objects from JSON pointer to value; a listed point has also its "label".
  std::vector<std::string> headings;  ///< The keys of a point that tell it apart in a table for people.
  std::vector<PointSummary> summaries;
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

/// The content of summary.csv.
std::string to_csv(const SweepSummary& summary);
Json to_json(const SweepSummary& summary);
/// For a terminal: the main measures of each point with their intervals.
std::string to_table(const SweepSummary& summary);

}  // namespace sim
