// Numbers for whole states, for objects whose states can't be told apart more coarsely: equal states get
// equal numbers, from 0 on.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/history/operation.hpp"

namespace sim {

class InternedStates {
 public:
  /// The number of `state`; a new one if it wasn't known.
  std::int64_t number_of(Value state);
  const Value& operator[](std::int64_t number) const { return states_[static_cast<std::size_t>(number)]; }
  std::size_t bytes() const { return bytes_; }

 private:
  std::uint32_t& place_of(const Value& state);
  void grow();

  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::vector<Value> states_{};
  std::vector<std::uint32_t> table_{};  // open addressing, by fingerprint
  std::size_t bytes_ = 0;
};

}  // namespace sim
