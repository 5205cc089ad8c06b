// Records that grow throughout a run.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

namespace sim {

/// Tells the operating system, where it listens, that this memory will be filled from its beginning on, so
/// that it comes in few large pages instead of many small ones.
void expect_to_fill(void* memory, std::size_t bytes);

/// Moves the elements to a place with room for `capacity` of them.
template <class T> void enlarge(std::vector<T>& elements, std::size_t capacity) {
  std::vector<T> larger;
  larger.reserve(capacity);
  expect_to_fill(larger.data(), capacity * sizeof(T));
  std::move(elements.begin(), elements.end(), std::back_inserter(larger));
  elements = std::move(larger);
}

/// Adds an element at the end of a list that may become very long; returns it. A large vector that has to be
/// moved to grow gets eight times the room: memory that is never touched costs nothing, while moving millions
/// of elements costs more than writing them did.
template <class T, class... Arguments> T& append(std::vector<T>& to, Arguments&&... arguments) {
  constexpr std::size_t kLarge = 4096;
  if (to.size() == to.capacity() && to.size() >= kLarge) enlarge(to, 8 * to.size());
  if constexpr (std::is_aggregate_v<T>) {
    return to.emplace_back(T{std::forward<Arguments>(arguments)...});
  } else {
    return to.emplace_back(std::forward<Arguments>(arguments)...);
  }
}

}  // namespace sim
