// The algorithm: go through calls and returns in order of time and keep the set of configurations (Frontier)
// that explain all answers so far. Operations are placed just in time (Lowe 2017, "Testing for
// linearizability", 4.2): only when an operation returns are open operations placed, in every order that ends
// with the returning one.
//
// Four reductions keep that set small. Each keeps the verdict exact:
// * Observations at once. An open read whose value the state has now (or a failed cas whose expectation it
// hasn't) is
//   counted as done: it changes nothing, so doing it now can't hurt.
// * Hidden writes. When a blind write is placed, any open write or append could have been placed right before
// it,
//   unseen. Likewise an operation that wouldn't change the state now. Such operations become *free*: nothing
//   is owed any more, and they may still be placed later instead.
// * Better configurations drop worse ones (see Frontier). What isn't owed (unanswered, or not known to have
//   happened) is free from the start.
// * No aimless placing. Placing `o` (unless it's an owed swap) on the way to another operation is only tried
// if some
//   open operation wants the state that `o` leads to. Otherwise the next one placed is blind, so that `o`
//   could have stayed unplaced: it was free or becomes free by hiding, and that configuration is at least as
//   good.
//
// One client's operations that meet at one instant (the return of one is the call of the next) are ordered
// although their intervals touch: the later one has *predecessors*, which must be placed or counted as done
// first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/check/frontier.hpp"
#include "sim/check/linearizability_sweep.hpp"

namespace sim::sweep_search {

using Word = std::uint64_t;
constexpr int kNone = -1;

struct Slot {
  Step step;
  std::size_t op = 0;
  /// Slots of the same client's operations that returned at the moment of this one's call: nearly always
  /// none.
  std::vector<int> predecessors{};
  int twin = kNone;  ///< Slot of an identical unanswered operation, called earlier.
  bool has_successor = false;
};

class Sweep {
 public:
  Sweep(const KeyHistory& history, Spending& spending, std::size_t beam)
      : history_(history),
        spending_(spending),
        relevance_(history),
        beam_(beam),
        returns_(returns_in_order()),
        words_((most_open() + 63) / 64),
        now_(words_),
        next_(words_),
        work_(words_) {}

  SweepResult run();
  bool truncated() const { return truncated_; }

 private:
  std::vector<std::size_t> returns_in_order() const;
  std::size_t most_open() const;
  std::size_t bytes() const { return now_.bytes() + next_.bytes() + work_.bytes() + history_.states.bytes(); }

  void call(std::size_t op);
  bool complete(std::size_t op);
  void explore(int x);
  void expand(Word* from, int x);
  void place(const Word* from, int o, State target, int x);
  void route(Word* configuration, int x);

  // A configuration's parts.
  Word* placed(Word* c) const { return c + 1; }
  Word* free(Word* c) const { return c + 1 + words_; }
  static bool has(const Word* bits, int slot) { return (bits[slot / 64] >> (slot % 64) & 1) != 0; }
  static void add(Word* bits, int slot) { bits[slot / 64] |= Word{1} << (slot % 64); }
  static void remove(Word* bits, int slot) { bits[slot / 64] &= ~(Word{1} << (slot % 64)); }
  void forget(Word* c, int slot) const {
    remove(placed(c), slot);
    remove(free(c), slot);
  }
  bool is_owed(Word* c, int slot) const { return !has(placed(c), slot) && !has(free(c), slot); }

  bool done_before(Word* c, int predecessor) const;
  bool predecessors_done(Word* c, const Slot& slot) const;
  bool settles(State state, const Step& step) const;
  void settle(Word* c, int slot) const;
  void settle_all(Word* c) const;
  void hide(Word* c, int o) const;
  bool wanted(Word* c, int o, State target);
  bool useful_later(int x) const;
  static bool can_expire(const Step& step) {
    return step.kind == Step::Kind::set || step.kind == Step::Kind::swap;
  }
  void aim(Word* c);
  void targets(Word* c, int o, int x);
  std::vector<int> find_predecessors(const SweptOperation& op) const;
  void release(int slot);
  void drop_useless(Time now);

  const KeyHistory& history_;
  Spending& spending_;
  Relevance relevance_;
  std::size_t beam_;
  std::vector<std::size_t> returns_;  // what is owed, in order of return
  std::size_t words_;
  bool truncated_ = false;

  Frontier now_;
  Frontier next_;
  Frontier work_;
  std::vector<Slot> slots_;
  std::vector<int> unused_;
  std::vector<int> open_;  // will return, in order of call
  std::vector<int> idle_;  // never will, in order of call
  std::vector<int> slot_of_;
  Time idle_expires_ = kNever;
  std::vector<State> targets_;
  std::vector<Word> parent_;
  std::vector<Word> child_;
  std::vector<Word> done_;
};

}  // namespace sim::sweep_search
