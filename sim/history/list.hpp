// A list of numbers that is copied without copying its elements: copies share them until one is changed.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace sim {

/// Like a std::vector, with two more promises. A copy takes constant time. And a list that only grows is
/// stored once: copies taken on the way, however many, are beginnings of the one list, and a list that grows
/// by the same elements as another that it shares with goes on sharing. So the answers of 10,000 reads of a
/// log take no more room than the log.
///
/// Asking a list that isn't const for its elements allows changing them, so it gets them for itself: that
/// takes a copy if they are shared. Iterators are good until then, or until any list that shares grows.
class List {
 public:
  using value_type = std::int64_t;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = std::int64_t&;
  using const_reference = const std::int64_t&;
  using iterator = std::int64_t*;
  using const_iterator = const std::int64_t*;

  List() = default;
  List(std::initializer_list<std::int64_t> elements) : List(elements.begin(), elements.end()) {}
  List(std::size_t count, std::int64_t element) : List(Elements(count, element)) {}
  template <std::input_iterator I> List(I first, I last) : List(Elements(first, last)) {}

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const std::int64_t* begin() const { return shared_ == nullptr ? nullptr : shared_->data(); }
  const std::int64_t* end() const { return begin() + size_; }
  const std::int64_t& operator[](std::size_t i) const { return begin()[i]; }
  const std::int64_t& front() const { return *begin(); }
  const std::int64_t& back() const { return begin()[size_ - 1]; }
  bool operator==(const List& other) const {
    const bool same = shared_ == other.shared_ || size_ == 0;
    return size_ == other.size_ && (same || std::equal(begin(), end(), other.begin()));
  }
  auto operator<=>(const List& other) const {
    return std::lexicographical_compare_three_way(begin(), end(), other.begin(), other.end());
  }

  std::int64_t* begin() { return own().data(); }
  std::int64_t* end() { return own().data() + size_; }
  std::int64_t& operator[](std::size_t i) { return begin()[i]; }
  std::int64_t& front() { return *begin(); }
  std::int64_t& back() { return begin()[size_ - 1]; }

  void push_back(std::int64_t element) {
    const bool has_gone_on = shared_ != nullptr && size_ < shared_->size();  // another list that shares
    if (has_gone_on && (*shared_)[size_] == element) {
      ++size_;
      return;
    }
    Elements& elements = shared_ == nullptr || has_gone_on ? own() : *shared_;
    elements.push_back(element);
    ++size_;
  }
  std::int64_t& emplace_back() {
    Elements& elements = own();
    ++size_;
    return elements.emplace_back();
  }
  void pop_back() { --size_; }
  void insert(const std::int64_t* at, std::int64_t element) {
    const auto place = at - std::as_const(*this).begin();
    Elements& elements = own();
    elements.insert(elements.begin() + place, element);
    ++size_;
  }
  template <std::input_iterator I> void insert(const std::int64_t* at, I first, I last) {
    const auto place = at - std::as_const(*this).begin();
    Elements& elements = own();
    elements.insert(elements.begin() + place, first, last);
    size_ = elements.size();
  }
  void insert(const std::int64_t* at, std::initializer_list<std::int64_t> more) {
    insert(at, more.begin(), more.end());
  }
  void erase(const std::int64_t* at) {
    const auto place = at - std::as_const(*this).begin();
    Elements& elements = own();
    elements.erase(elements.begin() + place);
    --size_;
  }

 private:
  using Elements = std::vector<std::int64_t>;
  explicit List(Elements elements)
      : shared_(std::make_shared<Elements>(std::move(elements))), size_(shared_->size()) {}

  Elements& own() {
    const bool alone = shared_ != nullptr && shared_.use_count() == 1;
    if (!alone) {
      const auto& all = std::as_const(*this);
      shared_ = std::make_shared<Elements>(all.begin(), all.end());
    }
    shared_->resize(size_);
    return *shared_;
  }

  std::shared_ptr<Elements> shared_{};  ///< The elements common to all lists that share, and maybe more.
  std::size_t size_ = 0;                ///< So many of them are ours.
};

}  // namespace sim
