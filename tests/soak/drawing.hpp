// Random draws for scenarios: choices, numbers and times, each from one stream, so that a seed names a
// scenario.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sim/kernel/rng.hpp"
#include "sim/kernel/time.hpp"
#include "sim/scenario/json.hpp"

namespace soak {

class Drawing {
 public:
  Drawing(std::uint64_t seed, std::string_view stream) : rng_(seed, stream) {}

  bool chance(double probability) { return rng_.chance(probability); }
  /// A number from `low` to `high`, both included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(high - low) + 1));
  }
  sim::Duration between(sim::Duration low, sim::Duration high) {
    return sim::Duration{between(low.count(), high.count())};
  }
  /// A share from 0 to `most`, in hundredths; none in half of all cases.
  double share(double most) {
    if (most <= 0 || chance(0.5)) return 0;
    return static_cast<double>(between(1, std::max<std::int64_t>(1, static_cast<std::int64_t>(most * 100)))) /
           100;
  }
  /// One element of a JSON array.
  const sim::Json& one_of(const sim::Json& choices) { return choices[rng_.below(choices.size())]; }
  template <class T> const T& one_of(const std::vector<T>& choices) {
    return choices[rng_.below(choices.size())];
  }

  /// Some of the numbers below `n`, at least `least` of them, in ascending order.
  std::vector<int> some(int n, int least);
  /// A replica's number.
  int node(int n) { return static_cast<int>(between(0, n - 1)); }

 private:
  sim::Rng rng_;
};

/// A time as scenarios write it, to the microsecond.
inline std::string text(sim::Duration d) { return fmt::format("{}us", d.count() / 1000); }

}  // namespace soak
