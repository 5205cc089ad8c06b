// Leadership: needless changes of the primary, and time without one.
#include "sim/check/leadership.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/record_builder.hpp"

using namespace sim;

namespace {

// Replica 0 leads three and is succeeded by 1 after 500 ms; `between` is what happens before.
template <class Between> std::uint64_t needless_changes(const Between& between) {
  RecordBuilder b(3);
  b.become(0, 0, Role::primary, 1);
  between(b);
  b.become(500, 0, Role::backup, 2);
  b.become(510, 1, Role::primary, 2);
  const auto verdict = judge_leadership(b.record);
  CHECK(verdict->changes == 1);
  return verdict->needless;
}

}  // namespace

TEST_CASE("a change of the leader is needless if the old one was up and connected all along") {
  CHECK(needless_changes([](RecordBuilder&) {}) == 1);
  // Another's trouble excuses nothing, as long as the leader reaches most of the others.
  CHECK(needless_changes([](RecordBuilder& b) { b.life(200, 2, Record::Life::paused); }) == 1);
  CHECK(needless_changes([](RecordBuilder& b) { b.reach(200, 0, {0, 1}); }) == 1);
  CHECK(needless_changes([](RecordBuilder& b) { b.reach(200, 0, {0}); }) == 0);
  CHECK(needless_changes([](RecordBuilder& b) {
          b.reach(200, 0, {0});
          b.reach(300, 0, {0, 1, 2});
        }) == 0);
  CHECK(needless_changes([](RecordBuilder& b) {
          b.life(200, 0, Record::Life::paused);
          b.life(300, 0, Record::Life::resumed);
        }) == 0);
  CHECK(needless_changes([](RecordBuilder& b) {
          b.record.orders.push_back({.at = at_ms(200), .id = 0, .settled = {}});
        }) == 0);
}

TEST_CASE("a second primary beside one that is well is a needless change, too") {
  RecordBuilder b(3);
  b.become(0, 0, Role::primary);
  b.become(200, 1, Role::primary);
  CHECK(judge_leadership(b.record)->needless == 1);
}

TEST_CASE("of two, neither is connected when they can't hear each other") {
  RecordBuilder b(2);
  b.become(0, 0, Role::primary);
  b.reach(100, 0, {0});
  b.reach(100, 1, {1});
  b.become(200, 1, Role::primary);
  CHECK(judge_leadership(b.record)->needless == 0);
  CHECK(judge_leadership(b.record)->without_s == 0);  // who is left alone with half of all may go on
}

TEST_CASE("time without a primary counts whatever ended the last one") {
  const auto without = [](const auto& end) {
    RecordBuilder b(3);
    b.become(50, 0, Role::primary);
    end(b);
    b.become(400, 1, Role::primary);
    return judge_leadership(b.record)->without_s;
  };
  CHECK(without([](RecordBuilder&) {}) == 0);
  CHECK(without([](RecordBuilder& b) { b.reach(100, 0, {0}); }) == Approx(0.3));
  CHECK(without([](RecordBuilder& b) { b.life(100, 0, Record::Life::paused); }) == Approx(0.3));
  CHECK(without([](RecordBuilder& b) { b.become(150, 0, Role::backup); }) == Approx(0.25));
  CHECK(without([](RecordBuilder& b) {
          b.become(100, 0, Role::none);
          b.crash(100, 0);
        }) == Approx(0.3));
}

TEST_CASE("nothing is said of leadership where nobody led, or a Byzantine replica may have") {
  RecordBuilder b(3);
  b.become(0, 1, Role::candidate, 1);
  CHECK_FALSE(judge_leadership(b.record));
  b.become(10, 1, Role::primary, 1);
  CHECK(judge_leadership(b.record));
  b.record.byzantine.insert(NodeId{2});
  CHECK_FALSE(judge_leadership(b.record));
}

TEST_CASE("a vacancy is time in which no node at all acts as primary, whoever can reach whom") {
  RecordBuilder b(3);
  b.become(100, 0, Role::primary);
  b.reach(200, 0, {0});  // cut off, and still primary
  b.become(300, 0, Role::backup);
  b.become(340, 1, Role::primary);
  b.crash(500, 1);
  b.become(500, 1, Role::none);
  b.become(520, 2, Role::primary);
  const auto verdict = judge_leadership(b.record);
  REQUIRE(verdict);
  CHECK(verdict->longest_vacancy == 40ms);
  CHECK(verdict->longest_without_s == Approx(0.14));
}

TEST_CASE("a primary that omits messages is in trouble: it isn't needless to replace it") {
  RecordBuilder b(3);
  b.become(100, 0, Role::primary);
  b.record.omits.push_back({at_ms(200), NodeId{0}, true});
  b.become(300, 0, Role::backup);
  b.become(300, 1, Role::primary);
  CHECK(judge_leadership(b.record)->needless == 0);
}
