// Failovers: from the crash of a primary to the next that acts, and to the next that lasts.
#include "sim/check/failover.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/support/record_builder.hpp"

using namespace sim;

TEST_CASE("a failover lasts from the primary's crash until somebody acts as primary") {
  RecordBuilder b(2);
  b.become(0, 0, Role::primary);
  b.become(100, 0, Role::none);
  b.crash(100, 0);
  b.become(130, 1, Role::primary);
  CHECK(judge_failover(b.record).completed == std::vector<Duration>{30ms});
}

TEST_CASE("a failover counts the terms that passed without a primary") {
  const auto after = [](std::uint64_t term) {
    RecordBuilder b(2);
    b.become(0, 0, Role::primary, 3);
    b.become(100, 0, Role::none);
    b.crash(100, 0);
    b.become(120, 1, Role::candidate, 4);
    b.become(130, 1, Role::primary, term);
    return judge_failover(b.record).vain_terms;
  };
  CHECK(after(0) == 0);  // a protocol without terms
  CHECK(after(4) == 0);
  CHECK(after(7) == 3);
}

TEST_CASE("a pause, or a crash beside a second primary, begins no failover") {
  RecordBuilder b(2);
  b.become(0, 0, Role::primary);
  b.life(10, 0, Record::Life::paused);
  b.become(50, 1, Role::primary);
  b.life(80, 0, Record::Life::resumed);
  b.become(90, 0, Role::none);
  b.crash(90, 0);
  CHECK(judge_failover(b.record).completed.empty());
  CHECK(judge_failover(b.record).unfinished == 0);
}

TEST_CASE("a primary that crashes while it is paused begins a failover, unless another acts by then") {
  for (const std::int64_t successor : {30, 130}) {
    RecordBuilder b(2);
    b.become(0, 0, Role::primary, 1);
    b.life(10, 0, Record::Life::paused);
    b.become(successor, 1, Role::primary, 4);
    b.become(100, 0, Role::none);
    b.crash(100, 0);
    std::ranges::stable_sort(b.record.roles, {}, &Record::RoleChange::at);
    const auto verdict = judge_failover(b.record);
    CHECK(verdict.completed == (successor < 100 ? std::vector<Duration>{} : std::vector<Duration>{30ms}));
    CHECK(verdict.vain_terms == (successor < 100 ? 0 : 2));
    CHECK(verdict.unfinished == 0);
  }
  RecordBuilder all(2);
  all.become(0, 0, Role::primary, 1);
  all.life(10, 0, Record::Life::paused);
  all.become(100, 0, Role::none);
  all.crash(100, 0);
  all.crash(110, 1);
  CHECK(judge_failover(all.record).unfinished == 1);
}

TEST_CASE("a failover without end counts, and so do the terms in which somebody stood in vain") {
  RecordBuilder b(3);
  b.become(0, 0, Role::primary, 2);
  b.become(100, 0, Role::none);
  b.crash(100, 0);
  for (std::int64_t i = 0; i < 5; ++i)
    b.become(200 + 100 * i, 1, Role::candidate, 3 + static_cast<std::uint64_t>(i));
  const auto verdict = judge_failover(b.record);
  CHECK(verdict.completed.empty());
  CHECK(verdict.unfinished == 1);
  CHECK(verdict.vain_terms == 5);
}

TEST_CASE("the first primary that lasts may come after the first primary") {
  RecordBuilder b(3);
  b.become(0, 0, Role::primary, 1);
  b.become(100, 0, Role::none);
  b.crash(100, 0);
  b.become(130, 1, Role::primary, 2);
  b.become(150, 1, Role::backup, 3);  // deposed though it is well
  b.become(180, 2, Role::primary, 3);
  const auto verdict = judge_failover(b.record);
  CHECK(verdict.completed == std::vector<Duration>{30ms});
  CHECK(verdict.stable == std::vector<Duration>{80ms});
}
