// Raft's arithmetic of quorums: the members, and how far a majority of them has come. While a
// configuration is joint (section 6), everything takes a majority of the old members and one of the new.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sim/kernel/ids.hpp"

namespace protocols {

/// A configuration of at most 64 replicas, each a bit; or all replicas, however many.
struct RaftMembers {
  std::uint64_t now = 0;  ///< 0: all replicas.
  std::uint64_t old = 0;  ///< The members before, while the configuration is joint; else 0.

  static std::uint64_t bit(sim::NodeId id) { return id.value < 64 ? std::uint64_t{1} << id.value : 0; }
  static std::uint64_t first(std::size_t n) {
    return n < 64 ? (std::uint64_t{1} << n) - 1 : ~std::uint64_t{0};
  }
  bool joint() const { return old != 0; }
  bool contains(sim::NodeId id) const { return now == 0 || ((now | old) & bit(id)) != 0; }
  bool operator==(const RaftMembers&) const = default;
  /// As scripts show it: `0 1 2`, `all`, or `0 1 2 and 0 3 4` while it is joint.
  std::string text() const {
    const auto list = [](std::uint64_t set) {
      std::string names = set == 0 ? "all" : "";
      for (int i = 0; i < 64; ++i) {
        if ((set >> i & 1) != 0) names += (names.empty() ? "" : " ") + std::to_string(i);
      }
      return names;
    };
    return (joint() ? list(old) + " and " : "") + list(now);
  }
};

namespace raft_quorum {

/// Calls `f` with each of the `n` replicas that `members` (0: all) names.
template <class F> void for_each(std::uint64_t members, std::size_t n, F f) {
  for (std::uint16_t i = 0; i < n; ++i) {
    if (members == 0 || (members & RaftMembers::bit(sim::NodeId{i})) != 0) f(sim::NodeId{i});
  }
}

/// Whether `has` holds for more than half of `members`.
template <class Has> bool majority_of(std::uint64_t members, std::size_t n, const Has& has) {
  std::size_t all = 0, count = 0;
  for_each(members, n, [&](sim::NodeId id) {
    ++all;
    count += has(id) ? 1u : 0u;
  });
  return count > all / 2;
}

/// The highest value that `count` of those in `reached` have come to; sorts them.
inline std::uint64_t reached_by(std::size_t count, std::span<std::uint64_t> reached) {
  constexpr std::size_t kFew = 16;
  if (reached.size() > kFew) {
    std::ranges::nth_element(reached, reached.begin() + static_cast<std::ptrdiff_t>(count - 1),
                             std::greater{});
    return reached[count - 1];
  }
  for (std::size_t i = 1; i < reached.size(); ++i) {
    const std::uint64_t index = reached[i];
    std::size_t k = i;
    for (; k > 0 && reached[k - 1] < index; --k) reached[k] = reached[k - 1];
    reached[k] = index;
  }
  return reached[count - 1];
}

/// How far more than half of `members` have come; `room` is for the computation.
template <class Reached>
std::uint64_t held_by_majority_of(std::uint64_t members, std::size_t n, const Reached& reached,
                                  std::vector<std::uint64_t>& room) {
  if (room.size() < n) room.resize(n);
  std::size_t all = 0;
  for_each(members, n, [&](sim::NodeId id) { room[all++] = reached(id); });
  return all == 0 ? 0 : reached_by(all / 2 + 1, std::span(room).first(all));
}

/// Whether `has` holds for a majority of the members (of both configurations, if joint).
template <class Has> bool majority(const RaftMembers& members, std::size_t n, const Has& has) {
  return majority_of(members.now, n, has) && (!members.joint() || majority_of(members.old, n, has));
}

/// How far a majority of the members (of both configurations, if joint) have come.
template <class Reached>
std::uint64_t held_by_majority(const RaftMembers& members, std::size_t n, const Reached& reached,
                               std::vector<std::uint64_t>& room) {
  const std::uint64_t now = held_by_majority_of(members.now, n, reached, room);
  return members.joint() ? std::min(now, held_by_majority_of(members.old, n, reached, room)) : now;
}

}  // namespace raft_quorum
}  // namespace protocols
