// The same scenario over many seeds and points, on all cores: how often, not whether. Every point runs the
// same seeds, so that two points differ by their values and not by luck.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "sim/experiment/interrupt.hpp"
#include "sim/experiment/sweep/summary.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {

/// One of `count` parts of a sweep, numbered from 1. Parts are blocks of seeds: their rows, one file after
/// the other, are the rows of the whole.
struct Shard {
  std::uint64_t index = 1;
  std::uint64_t count = 1;
  bool operator==(const Shard&) const = default;
};

struct SweepProgress {
  std::uint64_t done = 0;     ///< Rows written, those found included.
  std::uint64_t resumed = 0;  ///< Rows that were there already.
  std::uint64_t total = 0;
};

struct SweepOptions {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 1;
  Shard shard{};
  unsigned jobs = 1;       ///< Threads.
  std::string baseline{};  ///< Name of the point that others are compared with; empty: the first.
  std::optional<std::filesystem::path> out{};     ///< Without it, only the summary remains.
  std::function<void(SweepProgress)> progress{};  ///< Called often, by one thread at a time.
  /// Called with every run, those found included, in the order of the rows, by one thread at a time.
  std::function<void(std::size_t point, const RunResult&)> observe{};
  Interrupt interrupt{};  ///< An exception from it ends the sweep.
};

/// All choices of a point from each list with all combinations of the varied values; the last named varies
/// fastest. One empty point when nothing is listed or varies.
std::vector<SweepPoint> points_of(const SweepPlan& plan);

/// Runs the points with each of the seeds, in order of seeds, then of points. Rows are written in this order
/// whatever the number of threads. A folder in which the same sweep was interrupted is completed. Throws
/// InputError.
SweepSummary sweep(const Scenario& scenario, const SweepOptions& options);

}  // namespace sim
