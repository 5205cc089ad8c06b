// Finds a smallest set that meets every one of many demands. Used for a contradiction's operations and for
// the fewest faults that explain it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sim {

/// If all of `given` are chosen, one of `needed` must be (none given: always).
struct Demand {
  std::vector<std::size_t> given{};
  std::vector<std::size_t> needed{};
};

struct HittingSet {
  enum class Kind : std::uint8_t {
    found,
    too_small,   ///< More members may do.
    impossible,  ///< No number of members would do.
    gave_up,     ///< It would have taken too long to say. (The problem is NP-hard.)
  };
  Kind kind = Kind::gave_up;
  std::vector<std::size_t> members{};  ///< If found; ascending.
};

/// A set of at most `most` members that meets all demands.
HittingSet find_hitting_set(std::span<const Demand> demands, std::size_t most);

}  // namespace sim
