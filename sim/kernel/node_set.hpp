// A set of replicas. A quorum is a set, never a counter: networks deliver some messages twice.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/kernel/ids.hpp"

namespace sim {

/// Holds ids below 64 without allocating.
class NodeSet {
 public:
  /// Returns whether `id` is new.
  bool insert(NodeId id) {
    std::uint64_t& word = word_of(id);
    const bool is_new = (word & bit(id)) == 0;
    word |= bit(id);
    size_ += is_new ? 1 : 0;
    return is_new;
  }
  /// Returns whether `id` was there.
  bool erase(NodeId id) {
    if (!contains(id)) return false;
    word_of(id) &= ~bit(id);
    --size_;
    return true;
  }
  bool contains(NodeId id) const {
    const std::size_t w = id.value / 64u;
    if (w == 0) return (first_ & bit(id)) != 0;
    return w <= more_.size() && (more_[w - 1] & bit(id)) != 0;
  }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void clear() { *this = NodeSet{}; }
  bool operator==(const NodeSet& other) const {
    if (size_ != other.size_ || first_ != other.first_) return false;
    const auto& longer = more_.size() < other.more_.size() ? other.more_ : more_;
    const auto& shorter = more_.size() < other.more_.size() ? more_ : other.more_;
    return std::equal(shorter.begin(), shorter.end(), longer.begin());  // and as many are in the rest: none
  }

 private:
  static std::uint64_t bit(NodeId id) { return std::uint64_t{1} << (id.value % 64u); }
  std::uint64_t& word_of(NodeId id) {
    const std::size_t w = id.value / 64u;
    if (w == 0) return first_;
    if (more_.size() < w) more_.resize(w);
    return more_[w - 1];
  }

  std::uint64_t first_ = 0;
  std::vector<std::uint64_t> more_;
  std::size_t size_ = 0;
};

}  // namespace sim
