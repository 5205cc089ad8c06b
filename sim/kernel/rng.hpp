// Randomness that is the same everywhere. Every consumer (a node, a client, the fault plan) has a named
// stream of its own, so that one more draw in one place changes nothing in another. This makes paired runs
// comparable.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

namespace sim {

__extension__ using Uint128 = unsigned __int128;

/// Scrambles 64 bits: the output function of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). A bijection.
constexpr std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15u;

/// Derives the seed of a named, numbered stream from a run's seed.
constexpr std::uint64_t stream_seed(std::uint64_t seed, std::string_view name, std::uint64_t index = 0) {
  std::uint64_t h = mix(seed + kGolden);
  for (const char c : name) h = mix((h ^ static_cast<unsigned char>(c)) + kGolden);
  return mix(h ^ mix(index + kGolden));
}

/// A number in [0, 1) made from the upper 53 of 64 random bits.
constexpr double unit(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

/// A number in [0, n) made from 64 random bits; its bias, n / 2^64, is far below anything a run can show.
constexpr std::uint64_t below(std::uint64_t bits, std::uint64_t n) {
  return static_cast<std::uint64_t>((static_cast<Uint128>(bits) * n) >> 64);
}

/// xoshiro256** (Blackman and Vigna, ACM TOMS 2021), its state filled by SplitMix64.
class Rng {
 public:
  explicit constexpr Rng(std::uint64_t seed) {
    for (auto& word : state_) word = mix(seed += kGolden);
  }
  constexpr Rng(std::uint64_t seed, std::string_view name, std::uint64_t index = 0)
      : Rng(stream_seed(seed, name, index)) {}

  constexpr std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }
  constexpr double unit() { return sim::unit(next()); }
  constexpr std::uint64_t below(std::uint64_t n) { return sim::below(next(), n); }
  constexpr bool chance(double probability) { return unit() < probability; }

  bool operator==(const Rng&) const = default;

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace sim
