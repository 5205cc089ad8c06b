// The classic search for an order (Wing and Gong 1993; Lowe 2017, with a memory of what was tried), on any
// model's own words: slow on hard histories, simple, and the only one here that tells an order. It serves
// pictures, and as a second opinion in tests.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/check/linearizability.hpp"

namespace sim {

struct DepthFirst {
  Verdict verdict = Verdict::unknown;
  /// Places in the history of the operations of the longest order that was found, from first to last; all
  /// answered ones when linearizable.
  std::vector<std::size_t> order{};
};

/// Searches for an order of the operations `of_key` (places in `all`, of one key), for at most `steps` tries.
/// Unanswered stamps and draws are left out of the order: what they wrote is unknown, and so is then a
/// violation.
DepthFirst search_depth_first(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                              Model model, const Value& initial, std::uint64_t steps);

}  // namespace sim
