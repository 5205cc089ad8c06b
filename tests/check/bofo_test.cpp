// Bounded outages and blocking.
#include "sim/check/bofo.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/record_builder.hpp"

using namespace sim;

TEST_CASE("unanswered requests form intervals of when they were sent, split by answered ones") {
  RecordBuilder b(2);
  b.call(10, 12);
  b.call(20);
  b.call(25);
  b.call(30, 99);  // sent then, answered much later
  b.call(40);
  const auto verdict = judge_bofo(b.record);
  REQUIRE(verdict.intervals.size() == 2);
  CHECK(verdict.intervals[0].first == at_ms(20));
  CHECK(verdict.intervals[0].last == at_ms(25));
  CHECK(verdict.intervals[1].first == verdict.intervals[1].last);
  CHECK(verdict.longest == 5ms);
  CHECK(judge_bofo(RecordBuilder(2).record).intervals.empty());
}

TEST_CASE("blocking is the longest time from a primary's receipt to the first answer of anybody") {
  RecordBuilder b(3);
  for (int i = 0; i < 3; ++i) b.call(10 * i, 10 * i + 9);
  b.record.reached_primary = {at_ms(1), at_ms(12), kNever};
  b.record.acknowledgements = {{at_ms(4), NodeId{1}, 0, 0},
                               {at_ms(8), NodeId{0}, 0, 0},
                               {at_ms(14), NodeId{0}, 1, 0},
                               {at_ms(29), NodeId{2}, 2, 0}};
  CHECK(judge_blocking(b.record) == 3ms);
}
