// Losses in bursts, held against the closed forms of Gilbert's and Elliott's channel, and laws for some messages.
#include <cmath>
#include <cstdint>

#include "sim/network/network.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

constexpr int kDraws = 200'000;
constexpr Endpoint kFrom{0}, kTo{1};

bool lost(Network& network, std::string_view type = {}) {
  return network.send(kFrom, kTo, Time{}, type).lost != Network::Fate::Loss::none;
}

NetworkLaws bursty(const GilbertElliott& bursts) {
  NetworkLaws laws;
  laws.replicas = {.delay = DelayLaw::constant(1ms), .bursts = bursts};
  return laws;
}

struct Losses {
  double share = 0;
  double mean_run = 0;
  int runs = 0;
};

Losses losses_of(const GilbertElliott& bursts, std::uint64_t seed) {
  Network network(seed, 2, 0, bursty(bursts));
  int all = 0, runs = 0;
  bool before = false;
  for (int i = 0; i < kDraws; ++i) {
    const bool now = lost(network);
    all += now ? 1 : 0;
    runs += now && !before ? 1 : 0;
    before = now;
  }
  return {double(all) / kDraws, runs > 0 ? double(all) / runs : 0, runs};
}

}  // namespace

TEST_CASE("bursts lose the stationary share, in runs of the expected length", "[network]") {
  for (const double p : {0.002, 0.01, 0.1}) {
    for (const double r : {0.05, 0.2, 0.5}) {
      const Losses seen = losses_of({.good_to_bad = p, .bad_to_good = r}, 11);
      CAPTURE(p, r, seen.share, seen.mean_run);
      // A Markov chain with the second eigenvalue e has the variance of (1 + e) / (1 - e) times fewer draws.
      const double share = p / (p + r), e = 1 - p - r;
      const double sigma = std::sqrt(share * (1 - share) * (1 + e) / (1 - e) / kDraws);
      CHECK(std::abs(seen.share - share) < 4 * sigma);
      const double run_sigma = std::sqrt(1 - r) / r / std::sqrt(double(seen.runs));  // geometric
      CHECK(std::abs(seen.mean_run - 1 / r) < 4 * run_sigma);
    }
  }
}

TEST_CASE("both states of a link may lose messages", "[network]") {
  const GilbertElliott bursts{.good_to_bad = 0.02, .bad_to_good = 0.1, .loss_good = 0.01, .loss_bad = 0.7};
  const double share = (0.02 * 0.7 + 0.1 * 0.01) / 0.12;
  CHECK(std::abs(bursts.mean_loss() - share) < 1e-12);
  // The variance of the share is at most that of a chain that loses all or nothing by its state.
  const double sigma = std::sqrt(share * (1 - share) * (1 + 0.88) / (1 - 0.88) / kDraws);
  CHECK(std::abs(losses_of(bursts, 5).share - share) < 4 * sigma);
}

TEST_CASE("a link is bad at once with the stationary probability", "[network]") {
  constexpr int kLinks = 5'000;
  int bad = 0;
  for (std::uint64_t seed = 1; seed <= kLinks; ++seed) {
    Network network(seed, 2, 0, bursty({.good_to_bad = 0.1, .bad_to_good = 0.3}));
    bad += lost(network) ? 1 : 0;
  }
  CHECK(std::abs(double(bad) / kLinks - 0.25) < 4 * std::sqrt(0.25 * 0.75 / kLinks));
}

TEST_CASE("bursts leave the delays of messages as they are, and links apart", "[network]") {
  NetworkLaws plain;
  plain.replicas.delay = DelayLaw::exponential(2ms);
  NetworkLaws laws = plain;
  laws.replicas.bursts = GilbertElliott{.good_to_bad = 0.2, .bad_to_good = 0.3};
  Network one(3, 3, 0, plain), other(3, 3, 0, laws), alone(3, 3, 0, laws);
  for (int i = 0; i < 2'000; ++i) {
    const auto fate = other.send(kFrom, kTo, Time{});
    if (fate.lost == Network::Fate::Loss::none) CHECK(fate.arrival == one.send(kFrom, kTo, Time{}).arrival);
    if (fate.lost != Network::Fate::Loss::none) one.pass_over(kFrom, kTo, {});
    other.send(kTo, kFrom, Time{});  // nothing that another link does counts
    CHECK(fate.lost == alone.send(kFrom, kTo, Time{}).lost);
  }
}

TEST_CASE("a message that never gets to the network steps a bursty link all the same", "[network]") {
  const NetworkLaws laws = bursty({.good_to_bad = 0.2, .bad_to_good = 0.2});
  Network one(8, 2, 0, laws), other(8, 2, 0, laws);
  for (int i = 0; i < 1'000; ++i) {
    lost(one);
    other.pass_over(kFrom, kTo, {});
    CHECK(lost(one) == lost(other));
  }
}

TEST_CASE("a law for some messages leaves the others alone, and counts its own", "[network]") {
  NetworkLaws laws;
  laws.replicas.delay = DelayLaw::constant(1ms);
  laws.overrides.push_back({kFrom, kTo, {.loss = 1}, {.types = {"Append"}, .nth = {2, 3}}});
  Network network(1, 2, 0, laws);
  CHECK(network.asks_for_types());
  CHECK(network.passes(kFrom, kTo));
  CHECK(!lost(network, "Append"));
  CHECK(!lost(network, "Vote"));
  CHECK(!lost(network, "Vote"));
  CHECK(lost(network, "Append"));
  CHECK(!lost(network, "Vote"));
  CHECK(lost(network, "Append"));
  CHECK(!lost(network, "Append"));
  CHECK(network.send(kTo, kFrom, Time{}, "Append").lost == Network::Fate::Loss::none);
}

TEST_CASE("of two laws for some messages the later wins, and the earlier gets what it leaves", "[network]") {
  NetworkLaws laws;
  laws.replicas.delay = DelayLaw::constant(1ms);
  laws.overrides.push_back({kFrom, kTo, {.delay = DelayLaw::constant(7ms)}, {.types = {"A", "B"}}});
  laws.overrides.push_back(
      {kFrom, kTo, {.delay = DelayLaw::constant(9ms)}, {.types = {"B"}, .pattern = "-x"}});
  Network network(1, 2, 0, laws);
  const auto delay = [&](std::string_view type) { return network.send(kFrom, kTo, Time{}, type).arrival; };
  CHECK(delay("A") == Time{7ms});
  CHECK(delay("B") == Time{7ms});
  CHECK(delay("B") == Time{9ms});
  CHECK(delay("C") == Time{1ms});
}

TEST_CASE("laws for some messages lie over those of a fault, which ends beneath them", "[network]") {
  const auto only = [](std::string type, Duration delay) {
    NetworkLaws laws{.only_overrides = true};
    laws.overrides.push_back(
        {kFrom, kTo, {.delay = DelayLaw::constant(delay)}, {.types = {std::move(type)}}});
    return laws;
  };
  NetworkLaws usual, faulty;
  usual.replicas.delay = DelayLaw::constant(1ms);
  faulty.replicas.delay = DelayLaw::constant(5ms);
  Network network(1, 2, 0, usual);
  const auto delays = [&] {
    std::vector<Time> all;
    for (const std::string_view type : {"A", "B", "C"})
      all.push_back(network.send(kFrom, kTo, Time{}, type).arrival);
    return all;
  };
  using Times = std::vector<Time>;
  network.impose(7, only("A", 7ms));
  CHECK(delays() == Times{Time{7ms}, Time{1ms}, Time{1ms}});
  network.impose(8, faulty);
  CHECK(delays() == Times{Time{7ms}, Time{5ms}, Time{5ms}});
  network.impose(9, only("B", 9ms));
  CHECK(delays() == Times{Time{7ms}, Time{9ms}, Time{5ms}});
  network.lift(7);
  CHECK(delays() == Times{Time{5ms}, Time{9ms}, Time{5ms}});
  network.lift(8);
  CHECK(delays() == Times{Time{1ms}, Time{9ms}, Time{1ms}});
  CHECK_FALSE(network.usual());
  network.lift(9);
  CHECK(delays() == Times{Time{1ms}, Time{1ms}, Time{1ms}});
  CHECK(network.usual());
}

TEST_CASE("of faults that change all laws the one that began last counts, in whatever order they end",
          "[network]") {
  const auto delayed = [](Duration delay) {
    NetworkLaws laws;
    laws.replicas.delay = DelayLaw::constant(delay);
    return laws;
  };
  Network network(1, 2, 0, delayed(1ms));
  const auto delay = [&] { return network.send(kFrom, kTo, Time{}).arrival; };
  network.impose(1, delayed(2ms));
  network.impose(2, delayed(3ms));
  CHECK(delay() == Time{3ms});
  network.lift(1);
  CHECK(delay() == Time{3ms});
  network.impose(3, delayed(4ms));
  network.lift(3);
  CHECK(delay() == Time{3ms});
  network.lift(2);
  CHECK(delay() == Time{1ms});
}

TEST_CASE("turns and bursts go on when other laws begin and end", "[network]") {
  NetworkLaws laws = bursty({.good_to_bad = 0.2, .bad_to_good = 0.2});
  laws.overrides.push_back({kFrom, kTo, {.loss = 1}, {.types = {"A"}, .nth = {3, 6}}});
  NetworkLaws other{.only_overrides = true};
  other.overrides.push_back({kFrom, kTo, {}, {.types = {"B"}}});
  Network plain(4, 2, 0, laws), disturbed(4, 2, 0, laws);
  for (std::uint32_t i = 0; i < 200; ++i) {
    if (i % 10 == 3) disturbed.impose(i, other);
    if (i % 10 == 7) disturbed.lift(i - 4);
    CHECK(lost(plain, "A") == lost(disturbed, "A"));
    CHECK(lost(plain, "C") == lost(disturbed, "C"));
  }
}
