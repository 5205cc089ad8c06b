// Lost writes: acknowledged, but missing from every running member.
#include "sim/check/lost_writes.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/record_builder.hpp"

using namespace sim;

TEST_CASE("an acknowledged write that no running replica has is lost") {
  RecordBuilder b(2);
  const auto kept = b.call(0, 10);
  const auto lost = b.call(20, 30);
  b.call(40);                    // never acknowledged
  b.call(50, 60, Action::read);  // not a write
  const auto failed_cas = b.call(70, 80, Action::cas);
  b.record.operations[failed_cas].output = std::int64_t{0};
  b.apply(5, 0, kept, 1);
  b.apply(25, 0, lost, 2);
  b.apply(6, 1, kept, 1);
  CHECK(judge_lost_writes(b.record).operations.empty());
  b.crash(100, 0);
  CHECK(judge_lost_writes(b.record).operations == std::vector<std::uint32_t>{lost});
  CHECK(judge_lost_writes(b.record, 2).operations.empty());  // one of two doesn't decide
  CHECK(judge_lost_writes(b.record, 2).unknown == std::vector<std::uint32_t>{lost});
  b.crash(200, 1);
  CHECK(judge_lost_writes(b.record).operations.empty());  // nobody is left to ask
  CHECK(judge_lost_writes(b.record).unknown == std::vector<std::uint32_t>{kept, lost});
}

TEST_CASE("a write that a running replica holds without having executed it is not lost") {
  RecordBuilder b(3);
  const auto write = b.call(0, 10);
  CHECK(judge_lost_writes(b.record).operations == std::vector<std::uint32_t>{write});
  b.record.held.push_back({NodeId{1}, write});
  CHECK(judge_lost_writes(b.record).operations.empty());
  CHECK(judge_lost_writes(b.record).held == std::vector<std::uint32_t>{write});
  b.crash(100, 1);
  CHECK(judge_lost_writes(b.record).held.empty());
  CHECK(judge_lost_writes(b.record).operations == std::vector<std::uint32_t>{write});
}

TEST_CASE("what only a replica holds that is no member any more is lost") {
  RecordBuilder b(3);
  const auto write = b.call(0, 10);
  b.apply(5, 2, write, 1);
  CHECK(judge_lost_writes(b.record).operations.empty());
  b.members(100, {0, 1});
  CHECK(judge_lost_writes(b.record).operations == std::vector<std::uint32_t>{write});
}

TEST_CASE("replicas that wait to be repaired say that they have nothing, those that are down say nothing") {
  RecordBuilder b(3);
  const auto write = b.call(0, 10);
  for (std::uint16_t i = 0; i < 3; ++i) {
    b.crash(50, i);
    b.restart(60, i);
    b.record.parts.push_back({at_ms(60), NodeId{i}, false});
  }
  CHECK(judge_lost_writes(b.record, 2).operations == std::vector<std::uint32_t>{write});
  b.crash(70, 1);
  b.crash(70, 2);
  CHECK(judge_lost_writes(b.record, 2).unknown == std::vector<std::uint32_t>{write});
}

TEST_CASE("what changed nothing can't be lost") {
  RecordBuilder b(1);
  for (const Action action : {Action::contains, Action::remove, Action::acquire, Action::cas}) {
    b.record.operations[b.call(0, 10, action)].output = std::int64_t{0};
  }
  b.record.operations[b.call(0, 10, Action::size)].output = std::int64_t{3};
  b.call(0, 10, Action::pop);  // there was nothing
  CHECK(judge_lost_writes(b.record).operations.empty());
  b.record.operations[b.call(0, 10, Action::pop)].output = std::int64_t{7};
  CHECK(judge_lost_writes(b.record).operations.size() == 1);
}

TEST_CASE("a write that was undone by installing another state is lost") {
  RecordBuilder b(2);
  const auto first = b.call(0, 10);
  const auto second = b.call(0, 10);
  b.apply(5, 0, first, 1);
  b.apply(5, 1, second, 2);
  b.install(50, 0, 1);
  CHECK(judge_lost_writes(b.record).operations == std::vector<std::uint32_t>{first});
}

TEST_CASE("a successful cas that is gone is a lost write") {
  RecordBuilder b(1);
  const auto cas = b.call(0, 10, Action::cas);
  b.record.operations[cas].output = std::int64_t{1};
  CHECK(judge_lost_writes(b.record).operations == std::vector<std::uint32_t>{cas});
}
