// The smallest set of operations that contradict each other: what a reader has to look at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sim/history/operation.hpp"

namespace sim {

struct MinimalWitness {
  std::vector<std::size_t> operations{};  ///< Ascending; `last` is among them.
  bool is_smallest = false;               ///< Proved: no smaller set would do.
};

/// Looks for it among the operations on the key of `last` that were answered no later than `last`, at whose
/// return the contradiction is complete (so that every contradiction contains it). A set is one if the
/// history stays a violation when all other operations are weakened. `known` may be one already.
///
/// Tries all sets of up to three operations as long as `steps` last, and before that leaves away ever smaller
/// portions of what is known (Zeller and Hildebrandt 2002).
MinimalWitness find_minimal_witness(std::span<const Operation> all, Model model, const Value& initial,
                                    std::size_t last, std::span<const std::size_t> known, std::uint64_t steps,
                                    const std::function<bool()>& out_of_time = {});

}  // namespace sim
