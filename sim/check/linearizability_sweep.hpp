// One pass along the history of one key, with every configuration that the object could be in: the search
// behind the verdict.
#pragma once

#include <cstddef>
#include <vector>

#include "sim/check/key_history.hpp"
#include "sim/check/linearizability.hpp"
#include "sim/check/spending.hpp"

namespace sim {

struct SweepResult {
  Verdict verdict = Verdict::unknown;
  std::size_t failing = 0;  ///< Place in KeyHistory::operations of the operation that couldn't be placed.
};

/// Decides one key.
SweepResult sweep(const KeyHistory& history, Spending& spending);

}  // namespace sim
