#include "sim/linearizability/monitors/put_and_taken.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sim {

HandedValues::HandedValues(std::span<const Operation> all, std::span<const std::uint32_t> of_key)
    : all_(all) {
  for (const std::uint32_t index : of_key) {
    const Operation& op = all_[index];
    if (op.outcome == Outcome::failed) continue;
    if (takes_argument(op.action)) {
      values_.push_back({*op.argument.as_number(), index});
    } else if (op.outcome == Outcome::pending) {
      unanswered_.push_back(op.call);
    } else {
      (op.output == Value{} ? found_empty_ : takers_).push_back(index);
    }
  }
  if (!std::ranges::is_sorted(values_, {}, &HandedValue::value)) {
    std::ranges::sort(values_, {}, &HandedValue::value);
  }
  std::ranges::sort(unanswered_);
  const auto same = [](const HandedValue& a, const HandedValue& b) { return a.value == b.value; };
  distinct_ = std::ranges::adjacent_find(values_, same) == values_.end();
}

std::optional<Monitored> HandedValues::match() {
  for (const std::uint32_t index : takers_) {
    const auto* value = all_[index].output.as_number();
    if (value == nullptr) return told({index});
    const auto at = std::ranges::lower_bound(values_, *value, {}, &HandedValue::value);
    if (at == values_.end() || at->value != *value) return told({index});
    if (at->taken != kNobody) return told({at->taken, index});
    if (all_[index].ret < put_call(*at)) return told({index});
    at->taken = index;
  }
  std::erase_if(values_, [&](const HandedValue& v) {
    return v.taken == kNobody && all_[v.put].outcome == Outcome::pending;
  });
  return std::nullopt;
}

// If one stay overlaps the next, there was always something in.
std::optional<Monitored> HandedValues::find_false_emptiness(std::vector<Stay> stays) const {
  struct Period {
    Time begin;
    Time end;
  };
  if (found_empty_.empty()) return std::nullopt;
  std::ranges::sort(stays, {}, &Stay::begin);
  std::vector<Period> periods;
  for (const Stay& stay : stays) {
    if (periods.empty() || stay.begin >= periods.back().end) periods.push_back({stay.begin, stay.end});
    periods.back().end = std::max(periods.back().end, stay.end);
  }
  for (const std::uint32_t index : found_empty_) {
    const Operation& op = all_[index];
    const auto after = std::ranges::lower_bound(periods, op.call, {}, &Period::begin);
    if (after != periods.begin() && std::prev(after)->end > op.ret) return told_emptiness(stays, index);
  }
  return std::nullopt;
}

// As few as possible of the values that were in during the operation, so that they leave no gap.
Monitored HandedValues::told_emptiness(const std::vector<Stay>& stays, std::uint32_t index) const {
  std::vector<std::uint32_t> involved{index};
  bool left = false;  // a value that nobody took out
  Time covered = all_[index].call;
  for (auto stay = stays.begin(); covered <= all_[index].ret;) {
    auto best = stays.end();
    for (; stay != stays.end() && stay->begin < covered; ++stay) {
      if (best == stays.end() || stay->end > best->end) best = stay;
    }
    involved.insert(involved.end(), {best->put, best->taken});
    left = left || best->taken == kNobody;
    covered = best->end;
  }
  return told(left ? with_takers(std::move(involved), all_[index].ret) : std::move(involved));
}

std::vector<std::uint32_t> HandedValues::with_takers(std::vector<std::uint32_t> involved, Time until) const {
  std::ranges::copy_if(takers_, std::back_inserter(involved),
                       [&](std::uint32_t index) { return all_[index].call <= until; });
  return involved;
}

Monitored HandedValues::told(std::vector<std::uint32_t> involved) {
  Monitored result{.linearizable = false};
  for (const std::uint32_t index : involved) {
    if (index != kNobody) result.witness.push_back(index);
  }
  std::ranges::sort(result.witness);
  result.witness.erase(std::unique(result.witness.begin(), result.witness.end()), result.witness.end());
  return result;
}

}  // namespace sim
