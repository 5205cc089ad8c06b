// One key's history, in the form that the search needs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/linearizability/search/object_states.hpp"

namespace sim {

/// One operation as the searches see it.
struct KeyOperation {
  Step step;
  Time call{};
  Time ret = kNever;
  std::uint32_t index = 0;  ///< In the history.
  bool owed = true;  ///< Must be placed before its return. Otherwise it may be placed until then, or never.
};

/// The history of one key.
struct KeyHistory {
  ObjectStates states;
  std::vector<State> beginnings{};       ///< It may begin in any of these; usually one.
  std::vector<KeyOperation> operations;  ///< In order of call, then of return.
  bool counter = false;
  bool unordered = false;  ///< Any value may be taken out next.
  bool has_swaps = false;
  bool has_appends = false;  ///< Or adds, or any other operation whose effect depends on the state.
  bool has_forbids = false;

  /// A queue or stack in a state with this bit holds, before (or under) the values of that state, others that
  /// nobody knows: any of `hidden`, as often as you like.
  static constexpr State kHiding = State{1} << 60;
  std::vector<std::int64_t> hidden{};  ///< Ascending.

  /// Whether `step` is possible in `state` and changes nothing.
  bool settles(State state, const Step& step) const;

  /// Adds the states that `step` may lead to from `state`, none if it can't be done there; not of a wild one,
  /// which may lead anywhere, nor where it takes a hidden value.
  void add_states_after(State state, const Step& step, std::vector<State>& found) const;

 private:
  bool may_leave(State state, const Step& step) const;
  void add_states_behind(State state, const Step& step, std::vector<State>& found) const;
};

/// Whether two steps do the same and were answered alike: for whatever comes later, any one will do.
bool are_twins(const Step& a, const Step& b);

/// Leaves out failed operations and unanswered reads: they say nothing. Nor does an unanswered enqueue or
/// push of a value that nobody took out: the rest can happen without it, too.
KeyHistory make_key_history(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                            Model model, const Value& initial);

/// How long each state can still be told from others, for objects whose states are simple values (no
/// appending, no counter): states that nobody will ever look at again needn't be kept apart.
class Relevance {
 public:
  explicit Relevance(const KeyHistory& history);

  /// No operation that returns at `now` or later tells `state` from `ObjectStates::kOther`.
  bool forgotten(State state, Time now) const { return until(state) < now; }

  /// Moreover, no operation could be helped by leaving another state for it: being in `state` is of no use.
  bool useless(State state, Time now) const { return useful_until(state) < now; }

  Time useful_until(State state) const { return std::max(until(state), forbidding_until_); }

 private:
  Time until(State state) const {
    const auto at = static_cast<std::size_t>(state);
    return at < until_.size() ? until_[at] : kNever;
  }
  void look(State state, Time time);
  void follow_swaps(const KeyHistory& history);

  std::vector<Time> until_;  // by state; empty if nothing can be said
  Time forbidding_until_ = Time::min();
};

}  // namespace sim
