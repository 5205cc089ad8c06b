// Values of any kind in one list of numbers, and back: how a history holds transactions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "sim/history/value.hpp"

namespace sim {

// A value among numbers: its kind, and then itself.
enum Tag : std::int64_t { kNilValue, kNumberValue, kListValue };

inline void put_value(List& into, const Value& value) {
  if (const auto* number = value.as_number()) {
    into.insert(into.end(), {kNumberValue, *number});
  } else if (const auto* list = value.as_list()) {
    into.insert(into.end(), {kListValue, static_cast<std::int64_t>(list->size())});
    into.insert(into.end(), list->begin(), list->end());
  } else {
    into.push_back(kNilValue);
  }
}

// Takes numbers and values off the front of a list.
class EncodedValues {
 public:
  explicit EncodedValues(const Value& value) {
    if (const auto* list = value.as_list()) rest_ = *list;
  }

  bool empty() const { return rest_.empty(); }

  std::int64_t number() {
    if (rest_.empty()) return 0;
    const std::int64_t front = rest_.front();
    rest_ = rest_.subspan(1);
    return front;
  }

  Value value() {
    const std::int64_t tag = number();
    if (tag == kNumberValue) return number();
    if (tag != kListValue) return {};
    const auto size = std::min(static_cast<std::size_t>(std::max<std::int64_t>(number(), 0)), rest_.size());
    List list(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(size));
    rest_ = rest_.subspan(size);
    return list;
  }

 private:
  std::span<const std::int64_t> rest_{};
};

}  // namespace sim
