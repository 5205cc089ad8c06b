// The network follows its configured laws, and the same message always has the same fate.
#include <cmath>
#include <functional>
#include <map>
#include <vector>

#include "sim/kernel/math.hpp"
#include "sim/kernel/rng.hpp"
#include "sim/network/network.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

constexpr int kDraws = 200'000;

// The largest distance between the sampled distribution function and `cdf` (both in milliseconds).
double kolmogorov_distance(const DelayLaw& law, const std::function<double(double)>& cdf) {
  Rng rng(5);
  std::vector<double> ms;
  for (int i = 0; i < kDraws; ++i) ms.push_back(static_cast<double>(law.sample(rng.next()).count()) * 1e-6);
  std::ranges::sort(ms);
  double distance = 0;
  for (std::size_t i = 0; i < ms.size(); ++i) {
    distance = std::max(distance, std::abs(cdf(ms[i]) - static_cast<double>(i) / kDraws));
  }
  return distance;
}

const double kTolerance =
    2.0 / std::sqrt(kDraws);  // the Kolmogorov-Smirnov test at far below one in a thousand

NetworkLaws laws(LinkLaw law) { return {.replicas = std::move(law)}; }

}  // namespace

TEST_CASE("each delay law follows its distribution function") {
  CHECK(kolmogorov_distance(DelayLaw::uniform(1ms, 3ms), [](double x) { return (x - 1) / 2; }) < kTolerance);
  CHECK(kolmogorov_distance(DelayLaw::exponential(2ms), [](double x) { return 1 - std::exp(-x / 2); }) <
        kTolerance);
  CHECK(kolmogorov_distance(DelayLaw::exponential(2ms, 1ms),
                            [](double x) { return 1 - std::exp(-(x - 1) / 2); }) < kTolerance);
  const DelayLaw normal{.kind = DelayLaw::Kind::normal, .mean = 10ms, .spread = 2ms};
  CHECK(kolmogorov_distance(normal, [](double x) { return normal_cdf((x - 10) / 2); }) < kTolerance);
  const DelayLaw lognormal{.kind = DelayLaw::Kind::lognormal, .mean = 3ms, .shape = 0.5};
  CHECK(kolmogorov_distance(lognormal, [](double x) { return normal_cdf(std::log(x / 3) / 0.5); }) <
        kTolerance);
  const DelayLaw pareto{.kind = DelayLaw::Kind::pareto, .mean = 1ms, .shape = 2.5};
  CHECK(kolmogorov_distance(pareto, [](double x) { return 1 - std::pow(x, -2.5); }) < kTolerance);
}

TEST_CASE(
    "a normal delay is cut off at its minimum, a constant one is constant, an empirical one comes from its "
    "list") {
  Rng rng(1);
  const DelayLaw normal{.kind = DelayLaw::Kind::normal, .mean = 1ms, .spread = 5ms};
  const DelayLaw empirical{.kind = DelayLaw::Kind::empirical, .samples = {1ms, 5ms}};
  int fives = 0;
  for (int i = 0; i < 10'000; ++i) {
    REQUIRE(normal.sample(rng.next()) >= 0ms);
    REQUIRE(DelayLaw::constant(7us).sample(rng.next()) == 7us);
    fives += empirical.sample(rng.next()) == 5ms ? 1 : 0;
  }
  CHECK(std::abs(fives - 5000) < 200);
}

TEST_CASE("messages are lost and duplicated as often as configured") {
  Network network(1, 2, 0, laws({.delay = DelayLaw::constant(1ms), .loss = 0.05, .duplicate = 0.1}));
  int lost = 0, twice = 0;
  for (int i = 0; i < kDraws; ++i) {
    const auto fate = network.send({0}, {1}, Time{});
    lost += fate.lost == Network::Fate::Loss::by_chance ? 1 : 0;
    twice += fate.second_arrival ? 1 : 0;
  }
  CHECK(std::abs(lost / double{kDraws} - 0.05) < 4 * std::sqrt(0.05 * 0.95 / kDraws));
  CHECK(std::abs(twice / double{kDraws} - 0.1 * 0.95) < 4 * std::sqrt(0.1 * 0.9 / kDraws));
}

TEST_CASE("the n-th message on a link has the same delay whatever else is configured or sent") {
  Network plain(9, 3, 2, laws({.delay = DelayLaw::exponential(2ms)}));
  Network lossy(9, 5, 7, laws({.delay = DelayLaw::exponential(2ms), .loss = 0.3, .duplicate = 0.5}));
  for (int i = 0; i < 1000; ++i) {
    const auto a = plain.send({0}, {1}, Time{});
    lossy.send({1}, {0}, Time{});
    lossy.send({2}, {4}, Time{});
    const auto b = lossy.send({0}, {1}, Time{});
    REQUIRE(a.number == b.number);
    if (b.lost == Network::Fate::Loss::none) REQUIRE(a.arrival == b.arrival);
  }
}

TEST_CASE("a longer mean stretches the same fates") {
  Network fast(9, 2, 0, laws({.delay = DelayLaw::exponential(1ms)}));
  Network slow(9, 2, 0, laws({.delay = DelayLaw::exponential(2ms)}));
  for (int i = 0; i < 1000; ++i) {
    const auto a = fast.send({0}, {1}, Time{}).arrival.time_since_epoch();
    const auto b = slow.send({0}, {1}, Time{}).arrival.time_since_epoch();
    REQUIRE(std::abs((b - 2 * a).count()) <= 1);
  }
}

TEST_CASE("a FIFO link keeps the order in which messages were sent, but without it they overtake") {
  for (const bool fifo : {true, false}) {
    Network network(2, 2, 0, laws({.delay = DelayLaw::exponential(5ms), .fifo = fifo}));
    Time latest{};
    int overtakings = 0;
    for (int i = 0; i < 1000; ++i) {
      const Time arrival = network.send({0}, {1}, Time{i * 1ms}).arrival;
      overtakings += arrival < latest ? 1 : 0;
      latest = std::max(latest, arrival);
    }
    CHECK((overtakings == 0) == fifo);
  }
}

TEST_CASE("explicit reordering holds back as many messages as configured, by as much") {
  Network network(2, 2, 0, laws({.delay = DelayLaw::constant(1ms), .reorder = 0.2, .hold = 5ms}));
  std::map<Duration, int> delays;
  for (int i = 0; i < 10'000; ++i) ++delays[network.send({0}, {1}, Time{}).arrival.time_since_epoch()];
  CHECK(delays.size() == 2);
  CHECK(std::abs(delays[6ms] - 2000) < 160);
}

TEST_CASE("a link's own law overrides the general one, in its direction only") {
  NetworkLaws some = laws({.delay = DelayLaw::constant(1ms)});
  some.overrides.push_back({{0}, {1}, {.delay = DelayLaw::constant(9ms)}});
  Network network(1, 2, 1, some);
  CHECK(network.send({0}, {1}, Time{}).arrival == Time{9ms});
  CHECK(network.send({1}, {0}, Time{}).arrival == Time{1ms});
  CHECK(network.send({2}, {0}, Time{}).arrival == Time{0ms});  // a client's channel
}

TEST_CASE("a partition separates its groups, a bridge talks to both sides, unnamed clients reach everyone") {
  Network network(1, 5, 1, laws({}));
  const auto cut = network.between({{{0}, {1}, {2}}, {{2}, {3}}});  // 2 is a bridge, 4 is unnamed
  network.sever(cut);
  CHECK(network.severed({0}, {3}));
  CHECK(network.severed({3}, {1}));
  CHECK_FALSE(network.severed({0}, {1}));
  CHECK_FALSE(network.severed({2}, {3}));
  CHECK_FALSE(network.severed({1}, {2}));
  CHECK(network.severed({4}, {2}));
  CHECK_FALSE(network.severed({5}, {0}));
  network.heal(cut);
  CHECK_FALSE(network.severed({0}, {3}));
}

TEST_CASE("a link that two partitions cut heals with the second") {
  Network network(1, 3, 0, laws({}));
  const auto first = network.between({{{0}}, {{1}, {2}}});
  const auto second = network.between({{{0}, {1}}, {{2}}});
  network.sever(first);
  network.sever(second);
  network.heal(first);
  CHECK(network.severed({0}, {2}));
  CHECK_FALSE(network.severed({0}, {1}));
  network.heal(second);
  CHECK_FALSE(network.severed({0}, {2}));
}
