// A list whose first elements need no allocation: for messages that nearly always carry one or two things and
// now and then many.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace sim {

/// Holds up to `Few` elements in place; all of them on the heap once there are more.
template <class T, std::size_t Few = 1> class ShortList {
 public:
  using value_type = T;

  ShortList() = default;
  template <std::forward_iterator It> ShortList(It first, It last) {
    const auto n = static_cast<std::size_t>(std::distance(first, last));
    if (n > Few) {
      many_.assign(first, last);
    } else {
      std::copy(first, last, few_.begin());
    }
    size_ = n;
  }
  explicit ShortList(const T& only) : few_{only}, size_(1) {}

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* begin() { return many_.empty() ? few_.data() : many_.data(); }
  T* end() { return begin() + size_; }
  const T* begin() const { return many_.empty() ? few_.data() : many_.data(); }
  const T* end() const { return begin() + size_; }
  T& operator[](std::size_t i) { return begin()[i]; }
  const T& operator[](std::size_t i) const { return begin()[i]; }
  void push_back(T value) {
    if (many_.empty() && size_ < Few) {
      few_[size_++] = std::move(value);
      return;
    }
    if (many_.empty()) many_.assign(few_.begin(), few_.end());
    many_.push_back(std::move(value));
    ++size_;
  }
  /// Takes the last element off. The list must not be empty.
  void pop_back() {
    if (!many_.empty()) many_.pop_back();
    --size_;
  }
  bool operator==(const ShortList& other) const {
    return std::equal(begin(), end(), other.begin(), other.end());
  }

 private:
  std::array<T, Few> few_{};
  std::vector<T> many_{};
  std::size_t size_ = 0;
};

}  // namespace sim
