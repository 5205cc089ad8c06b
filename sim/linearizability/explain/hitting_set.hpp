// Which few things must be chosen so that each of many demands is met? What is smallest or fewest is found
// so: of a contradiction's operations, of the faults that explain it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sim {

/// One of `needed` must be chosen if all of `given` are (none given: always).
struct Demand {
  std::vector<std::size_t> given{};
  std::vector<std::size_t> needed{};
};

struct HittingSet {
  enum class Kind : std::uint8_t {
    found,
    too_small,   ///< More members may do.
    impossible,  ///< However many.
    gave_up,     ///< It would have taken too long to say. (The problem is NP-hard.)
  };
  Kind kind = Kind::gave_up;
  std::vector<std::size_t> members{};  ///< If found; ascending.
};

/// A set of at most `most` members that meets all demands.
HittingSet find_hitting_set(std::span<const Demand> demands, std::size_t most);

}  // namespace sim
