// The state machine approach against theory: how often replicas differ when delta is too small.
//
// Set-up: two clients write once each, by way of replicas 0 and 1: x gets its stamp at time a, y at a + g.
// Clocks are perfect, test I alone decides, delays D are independent and exponential with mean mu. Replica k
// gets x after D, and y after D', if it is not their own. All should execute x and then y.
//   * Replica 0 has x at once, and does: y's stamp is the later one.
//   * Replica 1 has y at once and executes it delta after its stamp. It is wrong if x comes later than that:
//       q1 = P(D > g + delta) = exp(-(g + delta)/mu).
//   * Any other replica executes y delta after its stamp, or when it comes, if that is later. It is wrong if
//     x comes later still:
//       q = P(D > g + max(delta, D')) = exp(-g/mu) E[exp(-max(delta, D')/mu)]
//         = exp(-g/mu) [ (1 - e) e + e^2/2 ] = exp(-g/mu) e (1 - e/2),   with e = exp(-delta/mu):
//     D' is below delta with probability 1 - e, and from there on its density is exp(-t/mu)/mu.
// Replicas end up alike if and only if all others do as replica 0: a register holds what was executed last.
//   P(they differ) = 1 - (1 - q1)(1 - q)^(n-2).
// With delays of at most Delta the same is 0 from delta = Delta on.
#include "sim/check/divergence.hpp"
#include "tests/fidelity/fidelity.hpp"

using namespace fidelity;

namespace {

Scenario two_writes(int replicas, double gap_ms, double delta_ms, const std::string& law) {
  const auto us = [](double ms) { return "\"" + std::to_string(static_cast<int>(ms * 1000)) + "us\""; };
  return scenario_of(R"({"name": "fidelity", "duration": "50ms", "settle": "200ms", "replicas": )" +
                     std::to_string(replicas) + R"(, "protocol": {"name": "schneider",
    "order": "synchronised_clocks", "stability": "clock", "delta": )" +
                     us(delta_ms) + R"(}, "service": {"name": "register"},
    "clients": {"count": 2, "every": "10ms", "operations": 1, "reads": 0},
    "network": {"delay": )" +
                     law + R"(, "links": [{"from": "c1", "to": 1, "delay": )" + us(gap_ms) + "}]}}");
}

std::uint64_t runs_that_differ(const Scenario& scenario, std::uint64_t runs) {
  std::uint64_t differ = 0;
  for_each_run(scenario, runs, [&](const Record& r) { differ += judge_divergence(r).diverged ? 1 : 0; });
  return differ;
}

double replicas_differ(int n, double gap, double delta, double mu) {
  const double e = std::exp(-delta / mu), g = std::exp(-gap / mu);
  return 1 - (1 - g * e) * std::pow(1 - g * e * (1 - e / 2), n - 2);
}

}  // namespace

TEST_CASE(
    "with delta too small replicas differ as often as messages are later than that: 20,000 runs a point",
    "[fidelity]") {
  struct Point {
    int replicas;
    double gap, delta;
  };
  for (const auto& [replicas, gap, delta] :
       {Point{2, 1, 1}, {2, 1, 3}, {2, 0.5, 6}, {3, 1, 1}, {3, 0.5, 4}, {5, 1, 0}, {5, 1, 5}}) {
    CAPTURE(replicas, gap, delta);
    const Scenario scenario = two_writes(replicas, gap, delta, R"({"exponential": "2ms"})");
    check_share(runs_that_differ(scenario, 20'000), 20'000, replicas_differ(replicas, gap, delta, 2));
  }
}

TEST_CASE("from the largest delay on delta is large enough: not one run in 5,000, and some just below",
          "[fidelity]") {
  const std::string law = R"({"uniform": ["1ms", "5ms"]})";
  CHECK(runs_that_differ(two_writes(3, 0.1, 5, law), 5'000) == 0);
  // The last tenth of the delays, less the gap: x is later than 0.1 + 4.5 ms with probability 0.1.
  check_share(runs_that_differ(two_writes(2, 0.1, 4.5, law), 5'000), 5'000, (5 - 4.6) / 4);
}
