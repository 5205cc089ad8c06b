// Lines of operations, for the errors that are found when all have been read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace sim {

/// The line of an operation. Operations stand on consecutive lines, but for blank ones.
class OperationLines {
 public:
  void note(std::size_t place, std::size_t line) {
    if (line - place == ahead_) return;
    ahead_ = line - place;
    from_.emplace_back(place, ahead_);
  }
  std::size_t operator()(std::size_t place) const {
    const auto next = std::ranges::upper_bound(from_, place, {}, &std::pair<std::size_t, std::size_t>::first);
    return next == from_.begin() ? 0 : place + std::prev(next)->second;
  }

 private:
  std::size_t ahead_ = 0;
  std::vector<std::pair<std::size_t, std::size_t>> from_{};  // from this place on, lines are so far ahead
};

}  // namespace sim
