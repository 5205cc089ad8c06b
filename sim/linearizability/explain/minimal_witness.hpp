// Finds a smallest set of operations that contradict each other, so that a reader has little to look at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/linearizability/explain/contradicts.hpp"
#include "sim/linearizability/search/budget.hpp"

namespace sim {

struct MinimalWitness {
  std::vector<std::size_t> ranks{};  ///< As ContradictionTest counts them; ascending, the last one included.
  bool is_minimal = false;           ///< Proved: none of them can be left out.
  bool is_smallest = false;          ///< Proved: no smaller set would do.
};

/// Looks for it among the operations of `test`, all of which together must contradict each other; so must
/// those of `known` (ascending), if there are any.
///
/// Starts from the latest operations that do, and leaves out ever smaller portions as long as it's quick. It
/// looks at everything before it says that none can be left out. If asked to `prove`, it then proves that no
/// set is smaller, or finds one: the smallest set that has an operation from each set without which no
/// contradiction is left (Ignatiev, Previti, Liffiton and Marques-Silva 2015, "Smallest MUS extraction with
/// minimal hitting set dualization"). Spends up to `steps` on each of the three, and stops when `spending`,
/// the test's, is exhausted.
MinimalWitness find_minimal_witness(ContradictionTest& test, std::span<const std::size_t> known,
                                    const Budget& spending, std::uint64_t steps, bool prove);

}  // namespace sim
