// Shrinks a set while a property keeps holding for it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace sim {

/// Leaves out of `all` (ascending) ever smaller portions of `candidates`, neighbours together, as long as the
/// rest `holds`, until no single one can be left out or `stopped` (Zeller and Hildebrandt 2002, "Simplifying
/// and isolating failure-inducing input").
template <typename Holds, typename Stopped>
void leave_out(std::vector<std::size_t>& all, std::vector<std::size_t> candidates, const Holds& holds,
               const Stopped& stopped) {
  for (std::size_t portion = candidates.size(); portion > 0 && !stopped();) {
    bool smaller = false;
    for (std::size_t begin = 0; begin < candidates.size() && !stopped();) {
      const std::size_t end = std::min(begin + portion, candidates.size());
      const auto from = candidates.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto to = candidates.begin() + static_cast<std::ptrdiff_t>(end);
      std::vector<std::size_t> some(from, to);
      std::ranges::sort(some);
      std::vector<std::size_t> fewer;
      std::ranges::set_difference(all, some, std::back_inserter(fewer));
      if (holds(fewer)) {
        all = std::move(fewer);
        candidates.erase(from, to);
        smaller = true;
      } else {
        begin = end;
      }
    }
    if (portion == 1 && !smaller) return;
    portion = std::max<std::size_t>(1, portion / 2);
  }
}

}  // namespace sim
