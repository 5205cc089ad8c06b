// The measures of a sweep: each reads one number from a run, or nothing where the run has none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "sim/experiment/statistics.hpp"
#include "sim/report/run_result.hpp"

namespace sim {

/// How a measure is estimated (sim/report/README.md lists them all).
enum class MeasureKind : std::uint8_t {
  share,     ///< Of runs that have a property: Wilson.
  rate,      ///< Events per virtual second: exact Poisson.
  fraction,  ///< Of virtual time or of operations, averaged over runs: Student's t, corrected for skewness.
  mean,      ///< Over the runs that have a value, none of them negative: the same.
};

/// The range of a run's contribution.
constexpr Range range_of(MeasureKind kind) {
  if (kind == MeasureKind::mean || kind == MeasureKind::rate) return {.low = 0};
  return {.low = 0, .high = 1};
}

/// The description of a measure, given once: columns of summary.csv, keys of JSON, the table for people and
/// the differences between points follow from it.
struct Measure {
  std::string_view name;   ///< The column and the key.
  std::string_view title;  ///< The heading in a table for people.
  MeasureKind kind;
  std::string_view unit;
  /// The run's contribution: 0 or 1 for a share, a count for a rate; empty if it says nothing.
  std::optional<double> (*of)(const RunResult&);
};

constexpr std::size_t kMeasures = 31;
/// In the order of the columns of summary.csv.
std::span<const Measure, kMeasures> measures();

/// One run in numbers.
struct MeasuredRun {
  bool finished = true;
  double virtual_seconds = 0;                             ///< 0 for a run that was not finished.
  std::array<std::optional<double>, kMeasures> values{};  ///< In the order of measures().
};

/// An unfinished run only reports that it is undecided.
MeasuredRun measured(const RunResult& run);

/// Its place in measures(); kMeasures if there is none of this name.
std::size_t measure_index(std::string_view name);

}  // namespace sim
