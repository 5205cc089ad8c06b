// Naive broadcast against closed forms: how often replicas differ after lost, crossing and nondeterministic
// writes.
#include <vector>

#include "sim/check/divergence.hpp"
#include "tests/fidelity/fidelity.hpp"

using namespace fidelity;

namespace {

// `writes` writes, one every 100 ms, of a client whose every message is lost with probability `loss`.
Scenario lossy_writes(const std::string& service, int replicas, int writes, double loss) {
  return scenario_of(R"({"name": "fidelity", "duration": "2s", "settle": "100ms", "replicas": )" +
                     std::to_string(replicas) + R"(,
    "protocol": {"name": "naive_broadcast", "answer": "first"}, "service": {"name": ")" +
                     service + R"("},
    "clients": {"count": 1, "every": "100ms", "operations": )" +
                     std::to_string(writes) + R"(, "reads": 0, "timeout": "50ms"},
    "network": {"client": {"delay": "1ms", "loss": )" +
                     std::to_string(loss) + R"(}}})");
}

std::uint64_t runs_that_diverge(const Scenario& scenario, std::uint64_t runs) {
  std::uint64_t diverged = 0;
  for_each_run(scenario, runs, [&](const Record& r) { diverged += judge_divergence(r).diverged ? 1 : 0; });
  return diverged;
}

double log_differs(int n, int k, double p) { return 1 - std::pow(std::pow(1 - p, n) + std::pow(p, n), k); }

double register_differs(int n, int k, double p) {
  const double all_lost = std::pow(p, n);
  return 1 - (std::pow(1 - p, n) * (1 - std::pow(all_lost, k)) / (1 - all_lost) + std::pow(all_lost, k));
}

double factorial(int k) { return k <= 1 ? 1 : k * factorial(k - 1); }

}  // namespace

TEST_CASE("the closed forms give the check values", "[fidelity]") {
  CHECK(log_differs(3, 10, 0.01) == Approx(0.26029).epsilon(1e-4));
  CHECK(register_differs(3, 10, 0.01) == Approx(0.02970).epsilon(1e-3));
}

TEST_CASE("lost writes make append-only logs differ as often as theory says: 20,000 runs a point",
          "[fidelity]") {
  for (const auto& [n, k, p] : {std::tuple{3, 10, 0.01}, {3, 10, 0.1}, {5, 4, 0.05}, {2, 1, 0.5}}) {
    CAPTURE(n, k, p);
    check_share(runs_that_diverge(lossy_writes("log", n, k, p), 20'000), 20'000, log_differs(n, k, p));
  }
}

TEST_CASE("a register forgets lost writes but the last: 20,000 runs a point", "[fidelity]") {
  for (const auto& [n, k, p] : {std::tuple{3, 10, 0.01}, {3, 10, 0.3}, {5, 4, 0.05}}) {
    CAPTURE(n, k, p);
    check_share(runs_that_diverge(lossy_writes("register", n, k, p), 20'000), 20'000,
                register_differs(n, k, p));
  }
}

TEST_CASE("two writes cross on their way to N replicas as often as their delays say: 20,000 runs a point",
          "[fidelity]") {
  const auto crossing = [](const char* law, const char* gap, int replicas) {
    return scenario_of(R"({"name": "fidelity", "duration": "1s", "settle": "1s", "replicas": )" +
                       std::to_string(replicas) +
                       R"(, "protocol": {"name": "naive_broadcast"}, "service": {"name": "log"},
      "clients": {"count": 1, "every": ")" +
                       gap + R"(", "operations": 2, "reads": 0},
      "network": {"client": {"delay": )" +
                       law + R"(}}})");
  };
  const auto disagree = [](double q, int n) { return 1 - std::pow(1 - q, n) - std::pow(q, n); };
  const double exponential = 0.5 * std::exp(-1.0 / 2);
  const double uniform = 0.5 * (1 - 4.0 / 8) * (1 - 4.0 / 8);
  for (const int n : {2, 3}) {
    CAPTURE(n);
    check_share(runs_that_diverge(crossing(R"({"exponential": "2ms"})", "1ms", n), 20'000), 20'000,
                disagree(exponential, n));
    check_share(runs_that_diverge(crossing(R"({"uniform": ["1ms", "9ms"]})", "4ms", n), 20'000), 20'000,
                disagree(uniform, n));
  }
}

TEST_CASE("of Poisson writes, adjacent pairs arrive inverted as often as theory says: 200,000 pairs",
          "[fidelity]") {
  const Scenario scenario =
      scenario_of(R"({"name": "fidelity", "duration": "2000s", "settle": "1s", "replicas": 1,
    "protocol": {"name": "naive_broadcast"}, "service": {"name": "register"},
    "clients": {"count": 1, "rate": "100/s", "reads": 0}, "network": {"client": {"delay": {"exponential": "2ms"}}}})");
  std::uint64_t pairs = 0, inverted = 0;
  for_each_run(scenario, 1, [&](const Record& record) {
    std::vector<std::uint32_t> arrived_at(record.operations.size());
    for (const auto& version : record.versions) {
      if (version.depth > 0) arrived_at[version.request.number] = version.depth;
    }
    for (std::size_t i = 1; i < arrived_at.size(); ++i, ++pairs)
      inverted += arrived_at[i] < arrived_at[i - 1] ? 1 : 0;
  });
  REQUIRE(pairs > 190'000);
  check_share(inverted, pairs, 0.5 * 0.2 / 1.2);
}

TEST_CASE("k writes at one moment leave N logs, or N registers, alike as rarely as theory says: 10,000 runs",
          "[fidelity]") {
  for (const auto& [n, k] : {std::pair{2, 2}, {2, 3}, {3, 3}}) {
    CAPTURE(n, k);
    for (const bool log : {true, false}) {
      const Scenario scenario =
          scenario_of(R"({"name": "fidelity", "duration": "1s", "settle": "1s", "replicas": )" +
                      std::to_string(n) + R"(, "protocol": {"name": "naive_broadcast"},
        "service": {"name": ")" +
                      (log ? "log" : "register") + R"("},
        "clients": {"count": )" +
                      std::to_string(k) + R"(, "every": "10ms", "operations": 1, "reads": 0},
        "network": {"client": {"delay": {"exponential": "2ms"}}}})");
      const double alike = log ? std::pow(factorial(k), 1 - n) : std::pow(k, 1 - n);
      check_share(runs_that_diverge(scenario, 10'000), 10'000, 1 - alike);
    }
  }
}

TEST_CASE("a nondeterministic command makes replicas differ in every one of 200 runs on a perfect network",
          "[fidelity]") {
  const Scenario scenario = scenario_of(R"({"name": "fidelity", "duration": "1s", "replicas": 3,
    "protocol": {"name": "naive_broadcast"}, "service": {"name": "register"},
    "clients": {"count": 1, "every": "100ms", "reads": 0, "writes": {"draw": 1}}})");
  CHECK(runs_that_diverge(scenario, 200) == 200);
}
