// Merges the shards of a sweep, run on many machines: the result has the same bytes as one machine would have
// written.
#pragma once

#include <filesystem>
#include <span>

#include "sim/experiment/sweep/summary.hpp"

namespace sim {

/// Joins the folders of all shards of one sweep, given in any order, into `out`: sweep.json, runs.jsonl and
/// summary.csv. Throws InputError when one is missing, given twice, unfinished, damaged, or of another sweep,
/// and when `out` holds another sweep. The shards are left as they are.
SweepSummary merge_shards(std::span<const std::filesystem::path> shards, const std::filesystem::path& out);

}  // namespace sim
