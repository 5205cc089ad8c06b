// If no value is written (or put in) twice, answers say which operation they come from, and no search is
// needed: these monitors decide such histories of one key in O(n log n). They leave a history that they can't
// judge to the search, by returning nothing. They do the same when the budget's time or memory is spent,
// which `spending` then says. They don't count steps, as the history's length bounds them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/history/operation.hpp"
#include "sim/linearizability/search/budget.hpp"

namespace sim {

struct Monitored {
  bool linearizable = true;
  /// Unless linearizable: places in the history of operations that contradict each other.
  std::vector<std::size_t> witness{};
};

/// Reads, writes and compare-and-sets only, no value written twice or written and initial; unanswered ones
/// are allowed. Not decided: failed compare-and-sets for which the order below has no place.
///
/// Gibbons and Korach (SIAM J. Comput. 1997, "Testing shared memories", section 4): a value's write and its
/// reads take effect one after the other with nothing in between. So X's go before Y's as a block if some
/// operation of X returned before some operation of Y was called; the history is linearizable if and only if
/// no two blocks must both go before the other, and no value was read before its write was called.
std::optional<Monitored> monitor_register(std::span<const Operation> all,
                                          std::span<const std::uint32_t> of_key, const Value& initial,
                                          Budget& spending);

/// The same with compare-and-sets, which monitor_register hands on. A successful one takes effect right
/// behind the last read of the value that it expected. So values that were swapped for each other make a
/// chain of blocks with nothing in between. The theorem on blocks holds for chains, if moreover nothing in a
/// chain returned before something was called that comes earlier in it. (The proof is the same: of chains
/// each of which must precede the next, round in a circle, the one that is called last and its successor must
/// precede each other.) An unanswered one whose value nobody knows may be left out. A failed one changes
/// nothing, but must find another value than it expected. So a violation without the failed ones is one, and
/// otherwise the history is only called linearizable with an order at hand in which each of them has its
/// place.
std::optional<Monitored> monitor_cas(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                                     const Value& initial, Budget& spending);

/// A queue, initially empty, into which no value is put twice. Not decided: unanswered dequeues together with
/// ones that found the queue empty.
///
/// Henzinger, Sezgin and Vafeiadis (CONCUR 2013, "Aspect-oriented linearizability proofs", theorem 3): a
/// history is linearizable if and only if no value is taken out that was never put in (or only later), none
/// twice, none ahead of one put in before it that was still in then, and none found the queue empty while
/// there was always something in.
std::optional<Monitored> monitor_queue(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                                       const Value& initial, Budget& spending);

/// An unordered queue, initially empty, with any value put in any number of times. Not decided if some
/// dequeue found it empty: a value that is put in twice, and unanswered dequeues.
///
/// If none found it empty, values neither see nor disturb each other. An enqueue can only help, and a dequeue
/// only harm, dequeues of the same value: let each enqueue take effect at its call and each dequeue at its
/// return. The history is right if and only if then, at each return of a dequeue, the value had been put in
/// as often as it was taken out. An unanswered dequeue need not happen, an unanswered enqueue may.
///
/// A dequeue that found nothing leaves everything as it was, so the others must be right without it. If
/// values are distinct, each is in for certain from the return of its enqueue to the call of its dequeue, and
/// can be kept out at any other instant. The history is right if and only if each such dequeue has an instant
/// at which no value is in for certain.
std::optional<Monitored> monitor_unordered_queue(std::span<const Operation> all,
                                                 std::span<const std::uint32_t> of_key, const Value& initial,
                                                 Budget& spending);

/// A stack, initially empty, onto which no value is pushed twice. Rarely not decided: histories with
/// unanswered pops. Values that must have been popped by some time get such a pop each, in order of time;
/// it's a violation if there aren't enough or if it stays one though all such values could leave from the
/// first such pop on, and none if it holds with the pops so chosen.
///
/// Between the return of its push and the call of its pop a value is in. Call a moment *free* if no value is
/// in then by this rule.
/// 1. At a free moment t the stack may be taken to be empty. Take any right order; each value that was in at
///    t in this order can be pushed at t or later, or popped at t or earlier. Let those do so, the latter
///    leaving from the top and the former entering from the bottom: nobody else notices.
/// 2. A value that is never in by this rule can be pushed and popped in one instant: nobody notices.
/// 3. Between two free moments s < e with none in between the stack is never empty, so one value lies at the
///    bottom all the time: its push can happen at s and its pop at e. And any value of which that is true
///    may be the one: let it enter first and leave last instead of where it did.
/// Hence: take out values whose push interval holds a free moment and whose pop interval does, which makes
/// more moments free, until there is none. Only then is something left that contradicts itself. A pop that
/// found nothing needs a moment in its interval that was free from the start.
///
/// Lee and Mathur (arXiv 2410.04581) decide so in O(n log n), by values whose removal keeps the verdict;
/// Abdulla et al. (PLDI 2025, "Efficient linearizability monitoring") split at moments where the stack can be
/// empty, in O(n^2).
std::optional<Monitored> monitor_stack(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                                       const Value& initial, Budget& spending);

/// A set, initially empty. Not decided: sets that somebody reads as a whole and that don't only grow, element
/// by element once; others if somebody inserted or removed and wasn't told the outcome.
///
/// Read as a whole, and nothing removed, nothing inserted twice: the sets that were read must be nested,
/// which ranks everything: the elements of the smallest, its reads, the additional elements of the next, its
/// reads, and so on; last the elements that nobody read. Answers are right if and only if higher ranks come
/// later. Ranks and real time agree if and only if nothing returned before something was called that ranks
/// lower (then sort by rank, and by call within). A lookup of one element moves its insert's call or return.
///
/// Otherwise each element is an object of its own (locality), in or out. Go along the returns. An operation
/// that returns and hasn't taken effect does so now, after what it needs: at most one change, made by the
/// open operation that returns first (an unanswered one if there is no other). Observations count as made as
/// soon as they hold. Any right order can be turned into this one step by step: take the first place in which
/// it differs. The operation there is open, as the one that returns now is the first to return. So is the
/// operation here, which can trade places with it, or come forward from behind it, since it changes the
/// element the same way and returns no later. Nothing in between minds: it sees the same states. Abdulla et
/// al. (PLDI 2025) and Lee and Mathur (arXiv 2410.04581) give algorithms for sets in O(n) and O(n log n).
std::optional<Monitored> monitor_set(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                                     const Value& initial, Budget& spending);

/// If values are few, the first writers show that one repeats: then there's nothing to sort.
inline constexpr std::size_t kFewWriters = 12;

/// Whether two of so few writers wrote the same value.
bool value_repeats(const auto& writers) {
  for (std::size_t i = 1; i < writers.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (writers[i].value == writers[k].value) return true;
    }
  }
  return false;
}

}  // namespace sim
