// How often a timeout detector suspects a node that lives: heartbeats every 10 ms, 5 % of them lost, a timer
// restarted by every arrival.
#pragma once

#include <cmath>
#include <functional>

#include "tests/fidelity/fidelity.hpp"

namespace fidelity {

constexpr double kLoss = 0.05;
constexpr double kEta = 10;  // ms

/// Delays with distribution function F and density f, per ms (theory: any i.i.d. delay, arrivals may
/// overtake).
struct Law {
  std::function<double(double)> density, distribution;
};
inline const Law kExponential2ms{[](double x) { return x < 0 ? 0 : 0.5 * std::exp(-x / 2); },
                                 [](double x) { return x < 0 ? 0 : 1 - std::exp(-x / 2); }};
constexpr int kFar = 12;  // heartbeats further away than this don't matter

/// Suspicions per second with a timeout of `to` ms and constant delays; an arrival wins a tie.
inline double rate_per_second(double to) {
  return (1 - kLoss) * std::pow(kLoss, std::floor(to / kEta)) / kEta * 1000;
}

/// The same with delays of this law.
inline double rate_per_second(const Law& law, double to) {
  const auto silent_after = [&](double s) {
    double product = law.density(s);
    for (int i = -kFar; i <= kFar; ++i) {
      if (i == 0) continue;
      product *= 1 - (1 - kLoss) * (law.distribution(s + to - i * kEta) - law.distribution(s - i * kEta));
    }
    return product;
  };
  double sum = 0;  // piecewise: the integrand has corners at multiples of eta and of eta - TO
  for (double a = 0; a < 60; a += 1) sum += integral(silent_after, a, a + 1, 40);
  return (1 - kLoss) / kEta * sum * 1000;
}

}  // namespace fidelity
