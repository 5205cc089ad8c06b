// One pass along the history of one key, with every configuration that the object could be in: the search
// behind the verdict.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "sim/check/frontier.hpp"
#include "sim/check/linearizability.hpp"
#include "sim/check/object_states.hpp"

namespace sim {

/// One operation as the sweep sees it.
struct SweptOperation {
  Step step;
  Time call{};
  Time ret = kNever;
  std::uint32_t index = 0;  ///< In the history.
  std::uint16_t client = 0;
  bool owed = true;  ///< Answered: must be placed before its return. Otherwise it may be placed or not.
};

/// All that the history says of one key.
struct KeyHistory {
  ObjectStates states;
  State initial = 0;
  std::vector<SweptOperation> operations;  ///< In order of call.
  bool has_swaps = false;
  bool has_appends = false;  ///< Or adds.
  bool has_forbids = false;
  std::vector<Time> last_observed{};  ///< Of nil and each number: when the last read of it returns.

  /// When the last operation that may tell `state` from any other returns. For `plain` objects only.
  Time observed_until(State state) const {
    const auto at = static_cast<std::size_t>(state);
    return at < last_observed.size() ? last_observed[at] : kNever;
  }

  /// No swap, append, add or forbid: an object of plain reads and blind writes.
  bool plain() const { return !has_swaps && !has_appends && !has_forbids; }
};

KeyHistory make_key_history(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                            bool counter, const Value& initial);

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
