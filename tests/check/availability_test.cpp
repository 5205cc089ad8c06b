// The judge of availability, on hand-built records and against a scan of all instants.
#include "sim/check/availability.hpp"

#include <algorithm>

#include "sim/kernel/rng.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/record_builder.hpp"

using namespace sim;

namespace {
constexpr AvailabilityRules kRules{.outage_after = 10ms, .client_timeout = 100ms};
}

TEST_CASE("no outage while answers keep coming or nobody waits") {
  RecordBuilder b(1);
  for (std::int64_t i = 0; i < 20; ++i) b.call(i * 40, i * 40 + 10);  // exactly the limit
  const auto verdict = judge_availability(b.record, kRules);
  CHECK(verdict.outages.empty());
  CHECK(verdict.fraction == 1);
}

TEST_CASE("an outage begins with the last answer and ends with the next") {
  RecordBuilder b(1);
  b.call(0, 5);
  b.call(1, 90);
  b.call(2, 95);
  const auto verdict = judge_availability(b.record, kRules);
  REQUIRE(verdict.outages.size() == 1);
  CHECK(verdict.outages[0].begin == at_ms(5));
  CHECK(verdict.outages[0].end == at_ms(90));
  CHECK(verdict.fraction == Approx(1 - 0.085));
  CHECK(verdict.longest_s == Approx(0.085));
}

TEST_CASE("an outage ends when the last client gives up") {
  RecordBuilder b(1);
  b.call(100);
  b.call(150);
  const auto verdict = judge_availability(b.record, kRules);
  REQUIRE(verdict.outages.size() == 1);
  CHECK(verdict.outages[0].begin == at_ms(100));
  CHECK(verdict.outages[0].end == at_ms(250));
}

TEST_CASE("clients that give up, one after the other, end no outage") {
  RecordBuilder b(1);
  b.call(0, 5);
  for (std::int64_t i = 0; i < 4; ++i) b.call(100 + 150 * i);  // each waits 100 ms in vain, then thinks 50 ms
  const auto verdict = judge_availability(b.record, kRules);
  REQUIRE(verdict.outages.size() == 1);
  CHECK(verdict.outages[0].begin == at_ms(100));
  CHECK(verdict.outages[0].end == at_ms(650));
  CHECK(verdict.longest_s == Approx(0.4));
  CHECK(verdict.fraction == Approx(0.6));
  CHECK(judge_availability(b.record, {.outage_after = 150ms, .client_timeout = 100ms}).outages.size() == 1);
}

TEST_CASE("an operation that waits in vain makes no outage while later ones are answered") {
  RecordBuilder b(1);
  b.call(0);
  for (std::int64_t i = 1; i < 10; ++i) b.call(i * 40, i * 40 + 2);
  const auto verdict = judge_availability(b.record, {.outage_after = 10ms, .client_timeout = 600ms});
  REQUIRE(verdict.outages.size() == 1);  // until the first of the others is answered
  CHECK(verdict.outages[0].end == at_ms(42));
}

TEST_CASE("only the chaos phase counts, though an outage may end later") {
  RecordBuilder b(1, 1000, 2000);
  b.call(980, 1050);
  b.call(1100, 1180);
  const auto verdict = judge_availability(b.record, kRules);
  REQUIRE(verdict.outages.size() == 1);
  CHECK(verdict.longest_s == Approx(0.07));
  CHECK(verdict.fraction == Approx(0.98));
}

TEST_CASE("answers by time count an operation where it was called, whenever it was answered") {
  RecordBuilder b(1, 1000, 2000);
  b.call(0, 10);
  b.call(249, 900);
  b.call(250);
  b.call(999, 1500);
  b.call(1000, 1010);  // when clients should be quiet
  const auto counts = answers_by_time(b.record, 4);
  CHECK(counts.called == std::vector<std::uint64_t>{2, 1, 0, 1});
  CHECK(counts.answered == std::vector<std::uint64_t>{2, 0, 0, 1});
  CHECK(answers_by_time(RecordBuilder(1, 0, 0).record, 2).called == std::vector<std::uint64_t>{0, 0});
}

TEST_CASE("availability agrees with a scan of every millisecond") {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    Rng rng(seed, "availability");
    RecordBuilder b(1);
    std::int64_t now = 0;
    while (now < 900) {
      now += static_cast<std::int64_t>(rng.below(60));
      const auto wait = static_cast<std::int64_t>(1 + rng.below(90));
      if (rng.below(4) == 0) {
        b.call(now);
      } else {
        b.call(now, now + wait);
      }
    }
    std::int64_t out_ms = 0, silent = 0;
    std::size_t outages = 0;
    const auto close = [&] {
      if (silent > 10) ++outages, out_ms += silent;
      silent = 0;
    };
    for (std::int64_t ms = 0; ms < 1000; ++ms) {
      bool waiting = false, answered = false;
      const auto passed_over = [&](Time call) {
        return std::ranges::any_of(b.record.operations, [&](const Operation& later) {
          return later.outcome == Outcome::ok && later.call >= call && later.ret <= at_ms(ms);
        });
      };
      for (const Operation& op : b.record.operations) {
        const Time left = op.outcome == Outcome::ok ? op.ret : op.call + kRules.client_timeout;
        waiting = waiting || (op.call <= at_ms(ms) && left > at_ms(ms) && !passed_over(op.call));
        answered = answered || (op.outcome == Outcome::ok && op.ret == at_ms(ms));
      }
      if (answered) close();
      silent += waiting ? 1 : 0;
    }
    close();
    const auto verdict = judge_availability(b.record, kRules);
    REQUIRE(verdict.outages.size() == outages);
    REQUIRE(verdict.fraction == Approx(1 - static_cast<double>(out_ms) / 1000));
  }
}
