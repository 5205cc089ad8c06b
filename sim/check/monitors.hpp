// Where no value is written (or put in) twice, answers say which operation they come from, and no search is
// needed: these decide such histories of one key in O(n log n). What they can't judge they leave to the
// search.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/check/linearizability.hpp"

namespace sim {

struct Monitored {
  bool linearizable = true;
  /// Unless linearizable: places in the history of operations that contradict each other.
  std::vector<std::size_t> witness{};
};

/// Reads and writes only, no value written twice or written and initial; unanswered writes are allowed.
///
/// Gibbons and Korach (SIAM J. Comput. 1997, "Testing shared memories", section 4): a value's write and its
/// reads take effect one after the other with nothing in between. So X's go before Y's as a block if some
/// operation of X returned before some operation of Y was called; the history is linearizable if and only if
/// no two blocks must both go before the other, and no value was read before its write was called.
std::optional<Monitored> monitor_register(std::span<const Operation> all,
                                          std::span<const std::uint32_t> of_key, const Value& initial);

/// A queue, initially empty, into which no value is put twice. Not decided: unanswered dequeues together with
/// ones that found the queue empty.
///
/// Henzinger, Sezgin and Vafeiadis (CONCUR 2013, "Aspect-oriented linearizability proofs", theorem 3): a
/// history is linearizable if and only if no value is taken out that was never put in (or only later), none
/// twice, none ahead of one put in before it that was still in then, and none found the queue empty while
/// there was always something in.
std::optional<Monitored> monitor_queue(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                                       const Value& initial);

/// Whether some client called again at the very instant at which it was answered. Such operations are ordered
/// though their intervals touch, which intervals alone don't say. In any order; a client may have several
/// operations open.
bool calls_at_return(std::span<const Operation> all, std::span<const std::uint32_t> of_key);

}  // namespace sim
