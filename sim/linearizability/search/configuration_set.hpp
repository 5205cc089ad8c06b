// The set of configurations that a search along a history may be in. It keeps only the best of comparable
// ones, which makes histories with many unanswered operations tractable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/linearizability/search/object_states.hpp"

namespace sim {

/// One configuration: a state, and the standing of each open operation, which has a slot. It is *owed*
/// (neither bit set: must still be placed), *placed* (spent), or *free* (could already be counted as done,
/// yet may be placed later instead). Words: the state, then the bits of the placed, then those of the free; a
/// slot is never both.
///Configuration A is at least as good as B if their states are equal and each operation's standing is equal
/// or, in A, free: A can place whatever B goes on to place, and A owes nothing that B doesn't.
class ConfigurationSet {
 public:
  /// `words` for each bit set: slots / 64.
  explicit ConfigurationSet(std::size_t words) : words_(words), stride_(1 + 2 * words) {
    data_.reserve(kScan * stride_);
    alive_.reserve(kScan);
  }

  std::size_t size() const { return alive_.size(); }  ///< Includes those that were superseded.
  std::size_t live() const { return live_; }
  bool alive(std::size_t i) const { return alive_[i] != 0; }
  std::uint64_t* at(std::size_t i) { return &data_[i * stride_]; }
  std::size_t bytes() const { return data_.capacity() * sizeof(std::uint64_t) + alive_.capacity() * 9; }

  void clear();

  /// Adds a copy of `configuration` unless one that is at least as good is there; drops those it betters.
  /// Returns whether it was added. Counts comparisons into `steps`. `configuration` must not lie in
  /// this set.
  bool add(const std::uint64_t* configuration, std::uint64_t& steps);

  /// Keeps the first `count` that are alive.
  void truncate(std::size_t count);

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  static constexpr std::size_t kScan = 12;  ///< Up to so many, comparing with all beats hashing.

  bool at_least_as_good(const std::uint64_t* a, const std::uint64_t* b) const;
  enum class Place : std::uint8_t { worse, better, neither };
  Place compare(std::size_t i, const std::uint64_t* configuration);
  std::size_t bucket(std::uint64_t state) const;
  void rehash();

  std::size_t words_;
  std::size_t stride_;
  std::size_t live_ = 0;
  std::vector<std::uint64_t> data_;
  std::vector<std::uint8_t> alive_;
  std::vector<std::uint32_t> next_;   // of the same bucket
  std::vector<std::uint32_t> heads_;  // empty while few
};

}  // namespace sim
