// The kernel's parts: numbers that are the same everywhere, and an order of events that leaves nothing to
// chance.
#include <algorithm>
#include <cmath>
#include <deque>
#include <tuple>
#include <vector>

#include "sim/kernel/clock.hpp"
#include "sim/kernel/event_queue.hpp"
#include "sim/kernel/math.hpp"
#include "sim/kernel/node_set.hpp"
#include "sim/kernel/pool.hpp"
#include "sim/kernel/ring.hpp"
#include "sim/kernel/rng.hpp"
#include "sim/kernel/short_list.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

TEST_CASE("the generators give the numbers that their authors publish") {
  // SplitMix64 from state 1234567, from its reference implementation's documentation.
  std::uint64_t state = 1234567;
  CHECK(mix(state += kGolden) == 6457827717110365317u);
  CHECK(mix(state += kGolden) == 3203168211198807973u);
  CHECK(mix(state += kGolden) == 9817491932198370423u);
}

TEST_CASE("streams with different names or numbers do not resemble each other") {
  Rng a(1, "arrivals", 0), b(1, "arrivals", 1), c(1, "choices", 0), d(2, "arrivals", 0),
      same(1, "arrivals", 0);
  const auto first = a.next();
  CHECK(first == same.next());
  CHECK(first != b.next());
  CHECK(first != c.next());
  CHECK(first != d.next());
}

TEST_CASE("a thousand draws from a die show each side as often as they should") {
  Rng rng(7);
  std::vector<int> seen(6);
  for (int i = 0; i < 60'000; ++i) ++seen[rng.below(6)];
  for (const int n : seen) CHECK(std::abs(n - 10'000) < 4 * std::sqrt(60'000 * (1.0 / 6) * (5.0 / 6)));
}

TEST_CASE("logarithm, exponential and power agree with the C library to the last digits") {
  Rng rng(11);
  for (int i = 0; i < 100'000; ++i) {
    const double x = std::ldexp(0.5 + rng.unit() / 2, static_cast<int>(rng.below(200)) - 100);
    CAPTURE(x);
    REQUIRE(std::abs(exact_log(x) - std::log(x)) <= 4e-16 * std::abs(std::log(x)) + 1e-17);
    const double y = (rng.unit() - 0.5) * 1400;
    CAPTURE(y);
    REQUIRE(std::abs(exact_exp(y) / std::exp(y) - 1) <= 1e-15 * (1 + std::abs(y) * 0.01));
  }
  CHECK(exact_exp(0) == 1.0);
  CHECK(exact_log(1) == 0.0);
  CHECK(std::abs(exact_pow(10, -8) / 1e-8 - 1) < 1e-14);
}

TEST_CASE("the normal distribution and its inverse agree with the error function and with each other") {
  for (double z = -8; z <= 8; z += 0.01) {
    CAPTURE(z);
    REQUIRE(std::abs(normal_cdf(z) - 0.5 * std::erfc(-z / std::sqrt(2.0))) < 1e-14);
  }
  for (const double p : {1e-15, 1e-8, 0.001, 0.02, 0.0243, 0.3, 0.5, 0.7, 0.98, 0.9999}) {
    CAPTURE(p);
    REQUIRE(std::abs(normal_cdf(normal_quantile(p)) / p - 1) < 1e-9);
  }
  CHECK(std::abs(normal_quantile(0.975) - 1.959963984540054) < 1e-12);
  CHECK(std::abs(normal_quantile(1e-8) + 5.612001244174789) < 1e-9);
}

TEST_CASE("events come out by time, then rank, then insertion, like from a sorted list") {
  const std::uint64_t seed = 3;
  CAPTURE(seed);
  Rng rng(seed);
  EventQueue queue;
  using Expected = std::tuple<std::int64_t, int, std::uint32_t>;
  std::vector<Expected> expected;
  std::uint32_t inserted = 0;
  std::int64_t now = 0;
  for (int round = 0; round < 20'000; ++round) {
    const double growth = round % 4'000 < 2'000 ? 0.55 : 0.42;  // few are kept otherwise than many
    if (queue.empty() || rng.chance(growth)) {
      const auto at = now + static_cast<std::int64_t>(rng.below(8));  // few distinct times: many ties
      const auto rank = static_cast<Rank>(rng.below(3));
      const auto line = rng.below(2 * EventQueue::kLines);
      if (line < EventQueue::kLines) {
        queue.push_in_line(line, Time{Duration{at}}, rank, Event{.handle = inserted});
      } else {
        queue.push(Time{Duration{at}}, rank, Event{.handle = inserted});
      }
      expected.emplace_back(at, static_cast<int>(rank), inserted++);
    } else {
      const auto first = std::ranges::min_element(expected);
      const auto [when, event] = queue.pop();
      REQUIRE(when == Time{Duration{std::get<0>(*first)}});
      REQUIRE(event.handle == std::get<2>(*first));
      now = std::get<0>(*first);
      expected.erase(first);
    }
  }
  CHECK(inserted > 9'000);
}

TEST_CASE("an event pushed with an old ticket takes its old place among its equals") {
  EventQueue queue;
  const auto ticket = queue.take_ticket();
  queue.push(Time{5ns}, Rank::timer, Event{.handle = 2});
  queue.push(Time{5ns}, Rank::timer, Event{.handle = 1}, ticket);
  CHECK(queue.pop().event.handle == 1);
  CHECK(queue.pop().event.handle == 2);
}

TEST_CASE("a ring hands out what it was given in the same order, while it grows and turns") {
  Ring<int> ring;
  std::deque<int> expected;
  Rng rng(5);
  for (int i = 0; i < 10'000; ++i) {
    if (expected.empty() || rng.chance(0.51)) {
      ring.push_back(i);
      expected.push_back(i);
    } else {
      ring.pop_front();
      expected.pop_front();
    }
    REQUIRE(ring.size() == expected.size());
    if (expected.empty()) continue;
    REQUIRE(ring.front() == expected.front());
    REQUIRE(ring.back() == expected.back());
    REQUIRE(ring[ring.size() / 2] == expected[expected.size() / 2]);
  }
}

TEST_CASE("a short list is the same list, whether it has few elements or many") {
  const std::vector<int> source{3, 1, 4, 1, 5};
  for (std::ptrdiff_t n = 0; n <= 5; ++n) {
    CAPTURE(n);
    ShortList<int, 2> list(source.begin(), source.begin() + n);
    REQUIRE(std::equal(list.begin(), list.end(), source.begin(), source.begin() + n));
    const ShortList<int, 2> copy = list;
    REQUIRE(copy == list);
    if (n == 0) continue;
    list.pop_back();
    REQUIRE(std::equal(list.begin(), list.end(), source.begin(), source.begin() + n - 1));
    REQUIRE_FALSE(copy == list);
  }
}

TEST_CASE("values in a pool stay where they are, and are reused after the last reference") {
  Pool<int> pool;
  const auto a = pool.put(1);
  pool.set_references(a, 2);
  const int* const where = &pool[a];
  for (int i = 0; i < 1000; ++i) pool.set_references(pool.put(i), 1);
  CHECK(where == &pool[a]);
  pool.release(a);
  CHECK(pool.in_use() == 1001);
  const Pool<int> copy = pool;
  pool.release(a);
  CHECK(pool.put(9) == a);
  CHECK(copy[a] == 1);
}

TEST_CASE("a set of nodes counts each node once, above 64 too") {
  NodeSet set;
  CHECK(set.insert(NodeId{3}));
  CHECK_FALSE(set.insert(NodeId{3}));
  CHECK(set.insert(NodeId{700}));
  CHECK_FALSE(set.contains(NodeId{64}));
  CHECK(set.contains(NodeId{700}));
  CHECK(set.size() == 2);
  CHECK(set.erase(NodeId{3}));
  CHECK_FALSE(set.erase(NodeId{3}));
  CHECK(set.size() == 1);
}

TEST_CASE("a drifting clock gains what it should, and its spans are never too short") {
  DriftingClock clock;
  CHECK(clock.read(Time{5s}) == LocalTime{5s});
  clock.set(Time{5s}, 2ms, 1'000'000);  // a thousandth fast
  CHECK(clock.read(Time{5s}) == LocalTime{5002ms});
  CHECK(clock.read(Time{6s}) == LocalTime{6003ms});
  for (const std::int64_t drift : {-900'000'000LL, -1'000LL, 7LL, 50'000'000LL}) {
    CAPTURE(drift);
    clock.set(Time{0s}, 0s, drift);
    for (const Duration local : {Duration{1}, Duration{999'999'937}, Duration{10s}}) {
      const Duration span = clock.true_span(local);
      CHECK(clock.read(Time{span}) - clock.read(Time{0s}) >= local);
      CHECK(clock.read(Time{span - 3ns - 3ns * (drift < 0 ? 10 : 1)}) - clock.read(Time{0s}) <= local);
    }
  }
}
