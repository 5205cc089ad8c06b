// The states of one object, as numbers, as coarse as the history's answers can tell them apart. Small states
// make the search fast, and coarse ones make it small: two states that no answer distinguishes are one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sim/history/objects/object_model.hpp"
#include "sim/linearizability/search/interned_states.hpp"

namespace sim {

using State = std::int64_t;

/// The effect of an operation on a state.
struct Step {
  enum class Kind : std::uint8_t {
    observe,  ///< Holds only in state `expected`; changes nothing.
    forbid,   ///< Holds only in other states than `expected`; changes nothing.
    set,      ///< Blind: leads to `target` from any state.
    swap,     ///< Holds only in state `expected`; leads to `target`.
    append,   ///< Adds `*argument` at the end.
    add,      ///< Adds `target` to a number.
    wild,     ///< Blind: leads to any number.
    look,     ///< Holds where the model says that `*operation` is answered so; changes nothing.
    transit,  ///< Holds where the model says so; leads to where it says.
  };
  Kind kind = Kind::observe;
  State expected = 0;
  State target = 0;
  const Value* argument = nullptr;
  const Operation* operation = nullptr;  ///< Of a look or transit only.
  bool answered = true;                  ///< Its answer counts. Of a transit only.

  bool changes() const { return kind != Kind::observe && kind != Kind::forbid && kind != Kind::look; }
  bool blind() const { return kind == Kind::set || kind == Kind::wild; }
};

/// Numbers the states of one key. An *observed* value is one that a read returned or a cas expected.
///
/// Why it's exact: every state that is neither observed nor a proper prefix of an observed list or text (nor
/// a number that such a list begins with) is called `kOther`. From such a state no observation ever holds and
/// every forbid does; appending leads to another such state (or nowhere, if the values don't fit); blind
/// writes forget it. So all of them behave alike for ever. Prefixes are numbered by the first observed
/// sequence that has them and their length. Counters aren't coarsened. The states of collections are told
/// apart whole.
class ObjectStates {
 public:
  static constexpr State kOther = 0;
  static constexpr State kNil = 1;
  static constexpr State kFirstNumber = 2;  ///< Then the known numbers in ascending order.
  static constexpr State kImpossible = -1;  ///< No object is ever in it. (Never used for counters.)

  /// Collects the values observed by `operations`, which must outlive this.
  ObjectStates(std::span<const Operation* const> operations, Model model);

  State of(const Value& value) const;

  /// The state that appending `argument` to `state` leads to.
  State appended(State state, const Value& argument) const;

  /// Whether appending leads to `state` itself.
  bool stays(State state, const Value& argument) const;

  /// The state that a look or transit leads to from `state`; `kImpossible` if it can't be answered so there.
  State after(State state, const Step& step) const;

  /// Adds the states of an unordered queue that taking out any one value of `state` leads to.
  void add_taken(State state, std::vector<State>& found) const;

  /// The effect of `op`, given its outcome. Failed operations and pending reads must have been left out.
  Step step(const Operation& op) const;

  /// States that a wild write may lead to: all known numbers, and any other.
  std::vector<State> wild_targets() const;

  /// Whether `state` is a known number. Not for counters.
  static bool is_number(State state);

  /// Adds to `states` the numbers to which `argument` can be appended so that the result matters.
  void numbers_before(const Value& argument, std::vector<State>& states) const;

  Model model() const { return model_; }

  /// The state itself, where states are told apart whole.
  const Value& whole(State state) const { return interned_[state]; }

  std::size_t known_numbers() const { return numbers_.size(); }
  std::size_t bytes() const { return interned_.bytes(); }

 private:
  // Sorted observed sequences and, for each, how many elements it shares with the one before it.
  template <typename Sequence> struct Observed {
    std::vector<const Sequence*> sorted;
    std::vector<std::size_t> shared;
    bool chain = true;  // each is a prefix of the next: the usual case, and quick to search
    void finish();
    State of(const Sequence& sequence, State tag) const;
  };

  void learn(const Value& value);
  State number(std::int64_t value) const;
  State list_extended(std::size_t first, std::size_t length, std::int64_t element) const;
  State text_extended(std::size_t first, std::size_t length, const std::string& piece) const;
  Step counter_step(const Operation& op) const;

  Model model_;
  bool counter_;
  const ObjectModel* whole_ = nullptr;  // set if states are told apart whole
  mutable InternedStates interned_{};   // remembers the states met: it changes no answer
  std::vector<std::int64_t> numbers_;
  std::vector<std::pair<std::int64_t, State>> second_elements_;  // of observed lists, with the first; sorted
  Observed<List> lists_;
  Observed<std::string> texts_;
};

/// Whether the states of this model are told apart whole.
bool tells_states_apart_whole(Model model);

}  // namespace sim
