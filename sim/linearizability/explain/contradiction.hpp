// Finds the point where a history contradicts itself, and a few answers that do so. Starts from a violation
// and never changes the verdict.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/history/operation.hpp"
#include "sim/linearizability/verdict.hpp"

namespace sim {

struct Contradiction {
  /// At the return of this operation the contradiction is complete: the operations called until then can't be
  /// linearized, even if those open then may take effect at any time or never.
  std::size_t prefix_end = 0;
  bool prefix_is_shortest = false;  ///< Proved: until any earlier return they could.

  /// Places of operations, all of one key, that can't be linearized together with any choice of the others,
  /// each of which may have happened as recorded or never (see ContradictionTest). Ascending; `prefix_end` is
  /// among them.
  std::vector<std::size_t> witness{};
  bool witness_is_minimal = false;   ///< Proved: no operation (`prefix_end` aside) can be left out.
  bool witness_is_smallest = false;  ///< Proved: together with `prefix_end`, no fewer would do.

  std::uint64_t steps = 0;  ///< Spent.
};

enum class Thoroughness : std::uint8_t {
  small,     ///< A short prefix and a small witness will do.
  smallest,  ///< As short and small as can be, with proof where there's time for it.
};

inline bool time_is_up(const LinearizabilityBudget& budget) {
  return budget.out_of_time && budget.out_of_time();
}

/// Finds the shortest prefix that isn't linearizable, and the smallest contradiction within it. `found` is
/// the verdict of the history: a violation. `budget` is the most that may be spent; when it runs out, results
/// that are not proved say so. Usually no more is spent than a few times the verdict's steps.
Contradiction find_contradiction(std::span<const Operation> operations, Model model, const Value& initial,
                                 const LinearizabilityResult& found, const LinearizabilityBudget& budget,
                                 Thoroughness thoroughness = Thoroughness::smallest);

}  // namespace sim
