// Values that pass through a queue or a stack, none of them twice: the operations that put each in and took
// it out, and when it was certainly in. The common part of both monitors.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/linearizability/monitors/monitors.hpp"

namespace sim {

constexpr std::uint32_t kNobody = ~std::uint32_t{0};

struct HandedValue {
  std::int64_t value;
  std::uint32_t put;              ///< Place in the history of the enqueue or push.
  std::uint32_t taken = kNobody;  ///< And of the answered dequeue or pop.
};

/// A time, both ends excluded, in which a value was in whatever the order: from the return of the operation
/// that put it in until the call of the one that took it out.
struct Stay {
  Time begin;
  Time end;
  std::uint32_t put;
  std::uint32_t taken;
};

class HandedValues {
 public:
  HandedValues(std::span<const Operation> all, std::span<const std::uint32_t> of_key);

  bool distinct() const { return distinct_; }  ///< No value was put in twice.

  /// Finds out which operation took out which value; until then no value counts as taken. A contradiction: a
  /// value was taken out that was never put in, or only later, or that somebody else took. Leaves out values
  /// that nobody took and nobody is known to have put in: that need not have happened.
  std::optional<Monitored> match();

  std::vector<HandedValue>& values() { return values_; }
  const std::vector<HandedValue>& values() const { return values_; }
  const std::vector<std::uint32_t>& found_empty() const { return found_empty_; }
  const std::vector<Time>& unanswered() const { return unanswered_; }  ///< Calls of takers, ascending.

  Time put_call(const HandedValue& v) const { return all_[v.put].call; }
  Time put_return(const HandedValue& v) const { return all_[v.put].ret; }
  Time taken_call(const HandedValue& v) const { return v.taken == kNobody ? kNever : all_[v.taken].call; }
  Time taken_return(const HandedValue& v) const { return v.taken == kNobody ? kNever : all_[v.taken].ret; }

  /// Somebody found nothing although, by these stays, there was always something in.
  std::optional<Monitored> find_false_emptiness(std::vector<Stay> stays) const;

  /// A violation with these operations as its witness; `kNobody` counts for nothing.
  static Monitored told(std::vector<std::uint32_t> involved);

  /// Operations that took out other values when they could have taken this one all show that it was left in:
  /// adds those that were called until then.
  std::vector<std::uint32_t> with_takers(std::vector<std::uint32_t> involved, Time until) const;

 private:
  Monitored told_emptiness(const std::vector<Stay>& stays, std::uint32_t index) const;

  std::span<const Operation> all_;
  std::vector<HandedValue> values_{};  // by value
  std::vector<std::uint32_t> takers_{};
  std::vector<std::uint32_t> found_empty_{};
  std::vector<Time> unanswered_{};
  bool distinct_ = false;
};

}  // namespace sim
