// The fingerprint of a run: every event goes in, in order. Two runs with one digest did the same things.
#pragma once

#include <cstdint>

namespace sim {

class Digest {
 public:
  constexpr void add(std::uint64_t word) {
    state_ = (state_ ^ word) * 0x9fb21c651e98df25u;
    state_ ^= state_ >> 32;
  }
  constexpr std::uint64_t value() const { return state_; }
  bool operator==(const Digest&) const = default;

 private:
  std::uint64_t state_ = 0xcbf29ce484222325u;
};

}  // namespace sim
