// Split brain: how long two nodes act as primary, on hand-built records and against a scan of every millisecond.
#include "sim/check/split_brain.hpp"

#include <map>
#include <vector>

#include "sim/kernel/rng.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/record_builder.hpp"

using namespace sim;

TEST_CASE("two nodes that act as primary for a while are one episode") {
  RecordBuilder b(2);
  b.become(0, 0, Role::primary);
  b.become(100, 1, Role::primary);
  b.become(150, 0, Role::backup);
  const auto verdict = judge_split_brain(b.record);
  REQUIRE(verdict.episodes.size() == 1);
  CHECK(verdict.seconds == Approx(0.05));
  CHECK(verdict.harmful == 0);
}

TEST_CASE("a third primary prolongs an episode instead of beginning one") {
  RecordBuilder b(3);
  b.become(0, 0, Role::primary);
  b.become(100, 1, Role::primary);
  b.become(120, 2, Role::primary);
  b.become(150, 0, Role::backup);
  const auto verdict = judge_split_brain(b.record);
  REQUIRE(verdict.episodes.size() == 1);
  CHECK(verdict.seconds == Approx(0.9));
}

TEST_CASE("a handover at one instant is no split brain") {
  RecordBuilder b(2);
  b.become(0, 0, Role::primary);
  b.become(100, 1, Role::primary);
  b.become(100, 0, Role::backup);
  CHECK(judge_split_brain(b.record).episodes.empty());
}

TEST_CASE("a paused or crashed primary does not act") {
  RecordBuilder b(2);
  b.become(0, 0, Role::primary);
  b.life(10, 0, Record::Life::paused);
  b.become(50, 1, Role::primary);
  CHECK(judge_split_brain(b.record).episodes.empty());
  b.life(80, 0, Record::Life::resumed);
  b.become(90, 0, Role::none);
  b.life(90, 0, Record::Life::down);
  CHECK(judge_split_brain(b.record).seconds == Approx(0.01));
}

namespace {

Record random_roles(std::uint64_t seed) {
  Rng rng(seed, "roles");
  const auto replicas = static_cast<std::uint16_t>(2 + rng.below(3));
  RecordBuilder b(replicas);
  std::vector<bool> up(replicas, true), paused(replicas, false);
  std::int64_t now = 0;
  for (int i = 0; i < 30; ++i) {
    now += static_cast<std::int64_t>(rng.below(4));
    const auto n = static_cast<std::uint16_t>(rng.below(replicas));
    const auto what = rng.below(6);
    if (what == 0 && up[n]) {
      b.become(now, n, Role::none);
      b.life(now, n, Record::Life::down);
      up[n] = paused[n] = false;
    } else if (what == 0) {
      b.life(now, n, Record::Life::up);
      up[n] = true;
    } else if (what == 1 && up[n]) {
      b.life(now, n, paused[n] ? Record::Life::resumed : Record::Life::paused);
      paused[n] = !paused[n];
    } else if (up[n] && !paused[n]) {
      b.become(now, n, what < 4 ? Role::primary : Role::backup);
    }
  }
  return b.record;
}

// How many nodes act as primary during the millisecond that follows `now`.
std::size_t acting_after(const Record& record, Time now) {
  std::map<NodeId, Role> roles;
  std::map<NodeId, Record::Life> lives;
  for (const auto& r : record.roles) {
    if (r.at <= now) roles[r.node] = r.role;
  }
  for (const auto& l : record.lives) {
    if (l.at <= now) lives[l.node] = l.life;
  }
  std::size_t acting = 0;
  for (const auto& [node, role] : roles) {
    const bool halted =
        lives.contains(node) && (lives[node] == Record::Life::down || lives[node] == Record::Life::paused);
    acting += role == Role::primary && !halted ? 1u : 0u;
  }
  return acting;
}

}  // namespace

TEST_CASE("split brain agrees with a count of primaries in every millisecond") {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    const Record record = random_roles(seed);
    std::size_t episodes = 0, milliseconds = 0;
    bool split = false;
    for (std::int64_t ms = 0; ms < 1000; ++ms) {
      const bool now = acting_after(record, at_ms(ms)) >= 2;
      episodes += now && !split ? 1u : 0u;
      milliseconds += now ? 1u : 0u;
      split = now;
    }
    const auto verdict = judge_split_brain(record);
    REQUIRE(verdict.episodes.size() == episodes);
    REQUIRE(verdict.seconds == Approx(static_cast<double>(milliseconds) / 1000));
  }
}
