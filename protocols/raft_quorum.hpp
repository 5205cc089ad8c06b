// Raft's arithmetic of quorums.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace protocols {

/// The highest index that `count` replicas have reached, given how far each of them has come; sorts
/// `reached`.
inline std::uint64_t raft_reached_by(std::size_t count, std::span<std::uint64_t> reached) {
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

}  // namespace protocols
