// What a history says of one key, put the way the search needs it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

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
  std::vector<SweptOperation> operations;  ///< In order of call, then of return.
  bool counter = false;
  bool has_swaps = false;
  bool has_appends = false;  ///< Or adds, or any other operation whose effect depends on the state.
  bool has_forbids = false;
};

/// Failed operations and unanswered reads are left out: they say nothing. Nor does an unanswered enqueue or
/// push of a value that nobody took out: whatever happens with it, happens without it, too.
KeyHistory make_key_history(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                            Model model, const Value& initial);

/// How long each state can still be told from others, for objects whose states are simple values (no
/// appending, no counter): what nobody will ever look at again needn't be kept apart.
class Relevance {
 public:
  /// `weakened` (empty, or one for each operation): these count as unanswered.
  Relevance(const KeyHistory& history, const std::vector<bool>& weakened);

  /// No operation that returns at `now` or later tells `state` from `ObjectStates::kOther`.
  bool forgotten(State state, Time now) const { return until(state) < now; }

  /// Moreover, nobody who could be helped by leaving another state for it: being in `state` is of no use.
  bool useless(State state, Time now) const { return useful_until(state) < now; }

  Time useful_until(State state) const { return std::max(until(state), forbidding_until_); }

 private:
  Time until(State state) const {
    const auto at = static_cast<std::size_t>(state);
    return at < until_.size() ? until_[at] : kNever;
  }
  void look(State state, Time time);
  void follow_swaps(const KeyHistory& history, const std::vector<bool>& weakened);

  std::vector<Time> until_;  // by state; empty if nothing can be said
  Time forbidding_until_ = Time::min();
};

}  // namespace sim
