// One pass along the history of one key, with every configuration that the object could be in: the search
// behind the verdict.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "sim/check/key_history.hpp"
#include "sim/check/linearizability.hpp"

namespace sim {

/// What is left to spend, shared by all sweeps of one check.
struct Spending {
  std::uint64_t steps = 0;
  std::uint64_t steps_max = std::numeric_limits<std::uint64_t>::max();
  std::size_t memory_max = std::numeric_limits<std::size_t>::max();
  const std::function<bool()>* out_of_time = nullptr;
  std::uint64_t ask_again = 0;      ///< When `steps` gets here, ask for the time.
  const char* exhausted = nullptr;  ///< What ran out: "steps", "memory" or "time".

  bool spent(std::size_t bytes);
};

struct SweepResult {
  Verdict verdict = Verdict::unknown;
  std::size_t failing = 0;  ///< Place in KeyHistory::operations of the operation that couldn't be placed.
};

/// Decides one key. `weakened` (empty, or one for each operation): these are treated as if never answered.
SweepResult sweep(const KeyHistory& history, const std::vector<bool>& weakened, Spending& spending);

}  // namespace sim
