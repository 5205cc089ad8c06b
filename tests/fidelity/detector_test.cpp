// Failure detectors against closed forms: how often a living primary is suspected, for how long, and how soon
// a dead one is. Two replicas without fencing: an episode of split brain is a false suspicion by the backup.
#include "sim/check/detector.hpp"
#include "sim/check/split_brain.hpp"
#include "tests/fidelity/false_suspicions.hpp"

using namespace fidelity;

namespace {

Scenario watched(const std::string& delay, const std::string& detector, const std::string& duration) {
  return scenario_of(R"({"name": "fidelity", "duration": ")" + duration + R"(", "replicas": 2,
    "protocol": {"name": "primary_backup", "fencing": false, "detector": )" +
                     detector + R"(},
    "service": {"name": "register"}, "clients": {"count": 1, "rate": "1/h"},
    "network": {"delay": )" +
                     delay + R"(, "loss": 0.05}})");
}

std::string timeout(int ms) {
  return R"({"kind": "timeout", "heartbeat": "10ms", "timeout": ")" + std::to_string(ms) + R"(ms"})";
}

// A timeout in ms, how long to watch it, and how many episodes that must show at least.
struct Case {
  int to;
  const char* duration;
  std::uint64_t least;
};

struct Seen {
  std::uint64_t episodes = 0;
  double mistaken = 0;  // seconds
  double total = 0;     // seconds
};

Seen watch(const Scenario& scenario, std::uint64_t runs) {
  Seen seen;
  for_each_run(scenario, runs, [&](const Record& record) {
    const auto split = judge_split_brain(record);
    seen.episodes += split.episodes.size();
    seen.mistaken += split.seconds;
    seen.total += seconds(record.end.time_since_epoch());
  });
  return seen;
}

// The fraction of time wrongly suspecting: its events are the episodes, whose lengths vary about as an
// exponential.
void check_fraction(const Seen& seen, double fraction) {
  const double tolerance = 4 * std::sqrt(2.0) / std::sqrt(static_cast<double>(seen.episodes));
  CAPTURE(seen.mistaken / seen.total, fraction, tolerance);
  CHECK(std::abs(seen.mistaken / seen.total / fraction - 1) <= tolerance);
}

double fraction_of_time(const Law& law, double to) {
  const auto silent = [&](double t) {
    double product = 1;
    for (int i = -2 * kFar; i <= kFar; ++i) {
      product *= 1 - (1 - kLoss) * (law.distribution(t - i * kEta) - law.distribution(t - to - i * kEta));
    }
    return product;
  };
  double sum = 0;
  for (int a = 0; a < 10; ++a) sum += integral(silent, a, a + 1, 100);
  return sum / kEta;
}

}  // namespace

TEST_CASE("the integrals for false suspicions give the check values", "[fidelity]") {
  CHECK(rate_per_second(kExponential2ms, 20) == Approx(2.695).epsilon(0.001));
  CHECK(rate_per_second(kExponential2ms, 30) == Approx(0.1348).epsilon(0.001));
}

TEST_CASE("constant delay: split brain comes as often and lasts as long as the closed form says",
          "[fidelity]") {
  for (const auto& [to, duration, least] :
       {Case{12, "500s", 1000}, {15, "500s", 1000}, {20, "4000s", 700}, {30, "30000s", 200}}) {
    CAPTURE(to);
    const int m = static_cast<int>(to / kEta);
    const double rate = rate_per_second(to);
    const double mistake_ms = (m + 1 / (1 - kLoss)) * kEta - to;
    const Seen seen = watch(watched(R"("1ms")", timeout(to), duration), 1);
    check_rate(seen.episodes, seen.total, rate, least);
    check_fraction(seen, rate * mistake_ms / 1000);
  }
}

TEST_CASE("exponential delay: split brain comes as often and lasts as long as the integral says",
          "[fidelity]") {
  for (const auto& [to, duration, least] :
       {Case{15, "200s", 1000}, {20, "1000s", 2000}, {25, "3000s", 1000}, {30, "6000s", 600}}) {
    CAPTURE(to);
    const Seen seen = watch(watched(R"({"exponential": "2ms"})", timeout(to), duration), 1);
    check_rate(seen.episodes, seen.total, rate_per_second(kExponential2ms, to), least);
    check_fraction(seen, fraction_of_time(kExponential2ms, to));
  }
}

TEST_CASE("a suspicion of a crashed primary takes d + TO - eta/2 on average and never longer than d + TO",
          "[fidelity]") {
  Scenario scenario = scenario_of(R"({"name": "fidelity", "duration": "1s", "replicas": 2,
    "protocol": {"name": "primary_backup", "fencing": false, "detector": {"heartbeat": "10ms", "timeout": "35ms"}},
    "service": {"name": "register"}, "clients": {"count": 1, "rate": "1/h"}, "network": {"delay": "2ms"}})");
  constexpr std::uint64_t kRuns = 4'000;
  double sum = 0;
  Rng rng(1);
  for_each_run(
      scenario, kRuns,
      [&](const Record& record) {
        const auto seen = judge_detector(record);
        REQUIRE(seen.detections == 1);
        REQUIRE(seen.detection_seconds <= 0.037);
        sum += seen.detection_seconds;
      },
      [&](Setup& setup, std::uint64_t) {
        const Duration at = 500ms + Duration{static_cast<std::int64_t>(rng.below(10'000'000))};
        setup.faults = {{.at = at, .kind = Fault::Kind::crash, .victim = {Victim::Kind::number, NodeId{0}}}};
      });
  const double tolerance = 4 * 0.010 / std::sqrt(12.0 * kRuns);  // U(0, eta)
  CHECK(std::abs(sum / kRuns - (0.002 + 0.035 - 0.005)) <= tolerance);
}

TEST_CASE("NFD-S makes mistakes as often and for as long as Chen, Toueg and Aguilera's theorem says",
          "[fidelity]") {
  // eta = 10, delta = 15: k = 2. p_j(x) = p_L + (1 - p_L) P(D > delta + x - j eta); u(x) is their product.
  const double delta = 15;
  const auto late = [&](int j, double x) {
    return kLoss + (1 - kLoss) * (1 - kExponential2ms.distribution(delta + x - j * kEta));
  };
  const auto u = [&](double x) { return late(0, x) * late(1, x) * late(2, x); };
  const double p_s = (1 - kLoss) * kExponential2ms.distribution(delta + kEta) * u(0);
  const double rate = p_s / kEta * 1000;
  double wrong = 0;
  for (int a = 0; a < 20; ++a) wrong += integral(u, a * 0.5, (a + 1) * 0.5, 40);
  const auto detector =
      R"({"kind": "chen", "clocks": "synchronised", "heartbeat": "10ms", "margin": "15ms"})";
  const Seen seen = watch(watched(R"({"exponential": "2ms"})", detector, "2000s"), 1);
  check_rate(seen.episodes, seen.total, rate, 1000);
  check_fraction(seen, wrong / kEta);
}
