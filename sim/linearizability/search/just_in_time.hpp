// The algorithm: go through calls and returns in order of time and keep the set of configurations that
// explain all answers so far. Operations are placed just in time (Lowe 2017, "Testing for
// linearizability", 4.2): only when an operation returns are open operations placed, in every order that
// ends with the returning one.
//
// Seven reductions keep that set small. Each keeps the verdict exact:
// * Observations at once. An open read whose value the state has now (or a failed cas whose expectation
//   it hasn't) is counted as done: it changes nothing, so doing it now can't hurt.
// * Hidden writes. When a blind write is placed, any open write or append could have been placed right
//   before it, unseen. Likewise an operation that wouldn't change the state now. Such operations become
//   *free*: nothing is owed any more, and they may still be placed later instead.
// * Better configurations drop worse ones (see ConfigurationSet). What isn't owed (unanswered, or not
//   known to have happened) is free from the start.
// * No aimless placing. Placing `o` (unless it's an owed swap) on the way to another operation is only
//   tried if some open operation wants the state that `o` leads to. Otherwise the next one placed is
//   blind, so that `o` could have stayed unplaced: it was free or becomes free by hiding, and that
//   configuration is at least as good.
// * Additions together. Unanswered additions to a counter are only placed to reach a sum that some open
//   operation wants, as many at once as that takes: nobody could see their order. Of equal ones, those that
//   return first come first.
// * Equal ones in order. Of operations that do the same and were answered alike, the one that returns
//   first is placed first: in any order two of them that are open can trade places. Of unanswered ones,
//   the earlier.
// * Sets element by element, where nobody reads the whole (see Search::concerns).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/linearizability/search/budget.hpp"
#include "sim/linearizability/search/configuration_set.hpp"
#include "sim/linearizability/search/key_history.hpp"
#include "sim/linearizability/search/key_verdict.hpp"
#include "sim/linearizability/search/sum_search.hpp"

namespace sim::just_in_time {

using Word = std::uint64_t;
constexpr int kNone = -1;

struct Slot {
  Step step;
  std::size_t op = 0;
  int twin = kNone;           ///< Slot of an identical unanswered operation, called earlier.
  std::vector<int> sooner{};  ///< Of identical owed ones that return earlier; nearly always none.
  bool has_later = false;     ///< It is such a one.
};

class Search {
 public:
  /// Keeps up to `beam` configurations at once.
  Search(const KeyHistory& history, Budget& spending, std::size_t beam);

  /// Goes on until `until` steps are spent. Nothing if it is undecided by then.
  std::optional<KeyVerdict> advance(std::uint64_t until);
  bool truncated() const { return truncated_; }

 private:
  std::vector<std::size_t> returns_in_order() const;
  std::size_t most_open() const;
  std::size_t bytes() const { return now_.bytes() + next_.bytes() + work_.bytes() + history_.states.bytes(); }

  void call(std::size_t op);
  void begin(int x);
  bool explore(int x, std::uint64_t until);
  bool complete(int x);
  void expand(Word* from, int x);
  void place(const Word* from, int o, State target, int x);
  void route(Word* configuration, int x);

  // A configuration's parts.
  Word* placed(Word* c) const { return c + 1; }
  Word* free(Word* c) const { return c + 1 + words_; }
  const Word* placed(const Word* c) const { return c + 1; }
  const Word* free(const Word* c) const { return c + 1 + words_; }
  static bool has(const Word* bits, int slot) { return (bits[slot / 64] >> (slot % 64) & 1) != 0; }
  static void add(Word* bits, int slot) { bits[slot / 64] |= Word{1} << (slot % 64); }
  static void remove(Word* bits, int slot) { bits[slot / 64] &= ~(Word{1} << (slot % 64)); }
  void forget(Word* c, int slot) const {
    remove(placed(c), slot);
    remove(free(c), slot);
  }
  bool is_owed(Word* c, int slot) const { return !has(placed(c), slot) && !has(free(c), slot); }

  void settle(Word* c, int slot) const;
  void settle_all(Word* c) const;
  void hide(Word* c, int o) const;
  bool wanted(Word* c, int o, State target);
  bool concerns(Word* c, int o, int x) const;
  bool useful_later(int x) const;
  static bool can_expire(const Step& step) {
    return step.kind == Step::Kind::set || step.kind == Step::Kind::swap;
  }
  void aim(Word* c);
  void targets(Word* c, int o, int x);
  void add_up(const Word* c, int x);
  void gather_terms(const Word* c);
  void place_terms(const Word* from, std::span<const std::uint32_t> counts, State sum, int x);
  void find_twins(int slot);
  void release(int slot);
  void drop_useless(Time now);

  const KeyHistory& history_;
  Budget& spending_;
  Relevance relevance_;
  std::size_t beam_;
  std::vector<std::size_t> returns_;  // the owed operations, in order of return
  std::size_t words_;
  bool truncated_ = false;
  std::size_t at_ = 0;  // in returns_
  std::size_t next_call_ = 0;
  bool exploring_ = false;    // on the way to that return, and come to here:
  std::size_t explored_ = 0;  // in work_

  ConfigurationSet now_;
  ConfigurationSet next_;
  ConfigurationSet work_;
  std::vector<Slot> slots_;
  std::vector<int> unused_;
  std::vector<int> open_;  // will return, in order of call
  std::vector<int> idle_;  // never will, in order of call
  std::vector<int> slot_of_;
  Time idle_expires_ = kNever;
  std::vector<State> targets_;
  bool is_set_ = false;

  // Of a counter: an addition that may be placed next, and those of one amount.
  struct Addition {
    std::uint64_t amount;
    bool is_free;
    Time ret;
    int slot;
  };
  std::vector<Addition> additions_;
  std::vector<SumSearch::Term> terms_;
  SumSearch sums_;
  std::vector<Word> parent_;
  std::vector<Word> child_;
  std::vector<Word> done_;
};

/// Searches that keep ever more configurations: a lucky path through a history that is linearizable is
/// usually found among few. Only one that left nothing out may call a history a violation.
class WideningSearch {
 public:
  /// `history` and `spending` must outlive this.
  WideningSearch(const KeyHistory& history, Budget& spending) : history_(history), spending_(spending) {}

  /// Goes on until `until` steps are spent. Nothing if it is undecided by then; unknown if something ran out.
  std::optional<KeyVerdict> advance(std::uint64_t until);

 private:
  const KeyHistory& history_;
  Budget& spending_;
  std::size_t width_ = 0;
  std::optional<Search> attempt_{};
};

}  // namespace sim::just_in_time
