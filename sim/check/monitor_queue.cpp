#include <iterator>
#include <limits>

#include "sim/check/monitors.hpp"

namespace sim {
namespace {

constexpr std::uint32_t kNobody = ~std::uint32_t{0};

struct QueuedValue {
  std::int64_t value;
  std::uint32_t put;
  std::uint32_t taken = kNobody;
};

class QueueMonitor {
 public:
  QueueMonitor(std::span<const Operation> all, std::span<const std::uint32_t> of_key)
      : all_(all), of_key_(of_key) {}

  std::optional<Monitored> run() {
    if (!collect() || calls_at_return(all_, of_key_)) return std::nullopt;
    if (!found_empty_.empty() && !unanswered_.empty()) return std::nullopt;
    if (auto broken = match_takers()) return broken;
    std::erase_if(values_, [&](const QueuedValue& v) {
      return v.taken == kNobody && all_[v.put].outcome == Outcome::pending;  // need not have happened
    });
    std::ranges::sort(values_, {}, [&](const QueuedValue& v) { return all_[v.put].call; });
    if (auto broken = find_overtaking()) return broken;
    if (auto broken = find_false_emptiness()) return broken;
    return Monitored{};
  }

 private:
  bool collect() {
    for (const std::uint32_t index : of_key_) {
      const Operation& op = all_[index];
      if (op.outcome == Outcome::failed) continue;
      if (op.action == Action::enqueue) {
        values_.push_back({*op.argument.as_number(), index});
      } else if (op.outcome == Outcome::pending) {
        unanswered_.push_back(op.call);
      } else {
        (op.output == Value{} ? found_empty_ : takers_).push_back(index);
      }
    }
    std::ranges::sort(values_, {}, &QueuedValue::value);
    std::ranges::sort(unanswered_);
    const auto same = [](const QueuedValue& a, const QueuedValue& b) { return a.value == b.value; };
    return std::ranges::adjacent_find(values_, same) == values_.end();
  }

  std::optional<Monitored> match_takers() {
    for (const std::uint32_t index : takers_) {
      const auto* value = all_[index].output.as_number();
      if (value == nullptr) return Monitored{false, {index}};
      const auto at = std::ranges::lower_bound(values_, *value, {}, &QueuedValue::value);
      if (at == values_.end() || at->value != *value) return Monitored{false, {index}};
      if (at->taken != kNobody) return told({at->taken, index});
      if (all_[index].ret < all_[at->put].call) return Monitored{false, {index}};
      at->taken = index;
    }
    return std::nullopt;
  }

  Time taken_call(const QueuedValue& v) const { return v.taken == kNobody ? kNever : all_[v.taken].call; }

  // For each value, the one put in after it that was taken out first (by its return). If this value was then
  // still in, it's a violation; unless nobody is known to have taken it, and an unanswered dequeue can have
  // done so.
  std::optional<Monitored> find_overtaking() {
    std::vector<std::size_t> first_out(values_.size() + 1,
                                       values_.size());  // of this value and all called later
    for (std::size_t i = values_.size(); i-- > 0;) {
      const std::size_t later = first_out[i + 1];
      const bool sooner =
          values_[i].taken != kNobody &&
          (later == values_.size() || all_[values_[i].taken].ret < all_[values_[later].taken].ret);
      first_out[i] = sooner ? i : later;
    }
    std::vector<Overtaken> needing_taker;
    for (const QueuedValue& v : values_) {
      const auto call_of = [&](const QueuedValue& other) { return all_[other.put].call; };
      const auto after = std::ranges::upper_bound(values_, all_[v.put].ret, {}, call_of);
      const std::size_t by = first_out[static_cast<std::size_t>(after - values_.begin())];
      if (by == values_.size() || taken_call(v) <= all_[values_[by].taken].ret) continue;
      if (v.taken != kNobody) return told({v.put, v.taken, values_[by].put, values_[by].taken});
      if (unanswered_.empty()) {
        return told(with_takers({v.put, values_[by].put}, all_[values_[by].taken].ret));
      }
      needing_taker.push_back({all_[values_[by].taken].ret, v.put, values_[by].taken});
    }
    return find_takers(needing_taker);
  }

  struct Overtaken {
    Time deadline;
    std::uint32_t put;
    std::uint32_t overtaker;
  };

  // The earliest deadline gets the earliest unanswered dequeue, and so on.
  std::optional<Monitored> find_takers(std::vector<Overtaken>& values) {
    std::ranges::sort(values, {}, &Overtaken::deadline);
    std::vector<std::uint32_t> involved;
    for (std::size_t i = 0; i < values.size(); ++i) {
      involved.insert(involved.end(), {values[i].put, values[i].overtaker});
      if (i >= unanswered_.size() || unanswered_[i] > values[i].deadline) {
        return told(with_takers(std::move(involved), values[i].deadline));
      }
    }
    return std::nullopt;
  }

  // From the return of its enqueue to the call of its dequeue a value is in. Where one period overlaps the
  // next, the queue can't have been empty in between.
  std::optional<Monitored> find_false_emptiness() {
    if (found_empty_.empty()) return std::nullopt;
    std::erase_if(values_, [&](const QueuedValue& v) { return all_[v.put].ret >= taken_call(v); });
    std::ranges::sort(values_, {}, [&](const QueuedValue& v) { return all_[v.put].ret; });
    std::vector<Period> periods;
    for (const QueuedValue& v : values_) {
      const Time begin = all_[v.put].ret;
      if (periods.empty() || begin >= periods.back().end) periods.push_back({begin, begin});
      periods.back().end = std::max(periods.back().end, taken_call(v));
    }
    for (const std::uint32_t index : found_empty_) {
      const Operation& op = all_[index];
      const auto after = std::ranges::lower_bound(periods, op.call, {}, &Period::begin);
      if (after != periods.begin() && std::prev(after)->end > op.ret) return told_emptiness(index);
    }
    return std::nullopt;
  }

  struct Period {
    Time begin;  // both ends excluded
    Time end;
  };

  // Of the values that were in at some time of the operation, as few as leave no gap.
  std::optional<Monitored> told_emptiness(std::uint32_t index) const {
    std::vector<std::uint32_t> involved{index};
    bool left = false;  // a value that nobody took out
    Time covered = all_[index].call;
    for (auto v = values_.begin(); covered <= all_[index].ret;) {
      auto best = values_.end();
      for (; v != values_.end() && all_[v->put].ret < covered; ++v) {
        if (best == values_.end() || taken_call(*v) > taken_call(*best)) best = v;
      }
      involved.insert(involved.end(), {best->put, best->taken});
      left = left || best->taken == kNobody;
      covered = taken_call(*best);
    }
    return told(left ? with_takers(std::move(involved), all_[index].ret) : std::move(involved));
  }

  // That a value was left in is what all those say who took out others, when they could have taken this one.
  std::vector<std::uint32_t> with_takers(std::vector<std::uint32_t> involved, Time until) const {
    std::ranges::copy_if(takers_, std::back_inserter(involved),
                         [&](std::uint32_t index) { return all_[index].call <= until; });
    return involved;
  }

  std::optional<Monitored> told(std::vector<std::uint32_t> involved) const {
    Monitored result{.linearizable = false};
    for (const std::uint32_t index : involved) {
      if (index != kNobody) result.witness.push_back(index);
    }
    std::ranges::sort(result.witness);
    result.witness.erase(std::unique(result.witness.begin(), result.witness.end()), result.witness.end());
    return result;
  }

  std::span<const Operation> all_;
  std::span<const std::uint32_t> of_key_;
  std::vector<QueuedValue> values_{};
  std::vector<std::uint32_t> takers_{};
  std::vector<std::uint32_t> found_empty_{};
  std::vector<Time> unanswered_{};
};

}  // namespace

std::optional<Monitored> monitor_queue(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                                       const Value& initial) {
  if (initial != Value{List{}}) return std::nullopt;
  return QueueMonitor(all, of_key).run();
}

}  // namespace sim
