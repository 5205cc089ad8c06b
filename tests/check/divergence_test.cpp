// The divergence judge: hand-made cases for each cause, and a twin that compares whole paths at every
// instant.
#include "sim/check/divergence.hpp"

#include <map>
#include <set>

#include "sim/kernel/rng.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/record_builder.hpp"

using namespace sim;

TEST_CASE("replicas that apply the same requests never diverge, however late") {
  RecordBuilder b(2);
  for (std::int64_t i = 0; i < 3; ++i) b.call(10 * i);
  for (std::uint32_t i = 0; i < 3; ++i) b.apply(100, 0, i, 10 + i);
  for (std::uint32_t i = 0; i < 3; ++i) b.apply(900, 1, i, 10 + i);
  const auto verdict = judge_divergence(b.record);
  CHECK_FALSE(verdict.diverged);
  CHECK(verdict.seconds == 0);
  CHECK_FALSE(verdict.first);
}

TEST_CASE("who is no member, or takes no part, need not hold what the members do") {
  const auto diverged = [](const auto& change) {
    RecordBuilder b(3);
    b.call(0);
    b.apply(10, 0, 0, 1);
    b.apply(10, 1, 0, 1);
    change(b);
    return judge_divergence(b.record).diverged;
  };
  CHECK(diverged([](RecordBuilder&) {}));
  CHECK_FALSE(diverged([](RecordBuilder& b) { b.members(0, {0, 1}); }));
  CHECK(diverged([](RecordBuilder& b) {
    b.members(0, {0, 1});
    b.members(500, {0, 1, 2});
  }));
  CHECK_FALSE(diverged([](RecordBuilder& b) { b.record.parts.push_back({at_ms(5), NodeId{2}, false}); }));
  CHECK(diverged([](RecordBuilder& b) {
    b.record.parts.push_back({at_ms(5), NodeId{2}, false});
    b.record.parts.push_back({at_ms(50), NodeId{2}, true});
  }));
}

TEST_CASE("a removed member that goes its own way is not divergence, from its removal on") {
  RecordBuilder b(3);
  b.call(0);
  b.call(0);
  b.apply(10, 0, 0, 1);
  b.apply(10, 1, 0, 1);
  b.members(500, {0, 1});
  b.apply(300, 2, 1, 2);
  const auto verdict = judge_divergence(b.record);
  CHECK_FALSE(verdict.diverged);
  CHECK(verdict.seconds == Approx(0.2));
}

TEST_CASE("a request that never reached a replica is a loss, seen when that replica goes on") {
  RecordBuilder b(2);
  for (std::int64_t i = 0; i < 3; ++i) b.call(100 * i);
  b.apply(10, 0, 0, 1);
  b.apply(10, 1, 0, 1);
  b.apply(110, 0, 1, 2);
  b.apply(210, 0, 2, 3);
  b.apply(220, 1, 2, 30);
  const auto verdict = judge_divergence(b.record);
  CHECK(verdict.diverged);
  CHECK(verdict.seconds == Approx(0.780));
  REQUIRE(verdict.first);
  CHECK(verdict.first->index == 2);
  CHECK(verdict.first->at == at_ms(220));
  CHECK(verdict.first->other == NodeId{1});
  CHECK(verdict.cause == DivergenceCause::loss);
}

TEST_CASE("two requests in different places are a matter of order, though the states meet again") {
  RecordBuilder b(2);
  for (std::int64_t i = 0; i < 2; ++i) b.call(0);
  b.apply(10, 0, 0, 1);
  b.apply(20, 1, 1, 2);
  b.apply(30, 0, 1, 3);
  b.apply(40, 1, 0, 3);
  const auto verdict = judge_divergence(b.record);
  CHECK_FALSE(verdict.diverged);
  CHECK(verdict.seconds == Approx(0.020));
  CHECK(verdict.first->index == 1);
  CHECK(verdict.cause == DivergenceCause::order);
}

TEST_CASE("one request that leads to two states is nondeterminism") {
  RecordBuilder b(2);
  b.call(0);
  b.apply(10, 0, 0, 1);
  b.apply(20, 1, 0, 2);
  const auto verdict = judge_divergence(b.record);
  CHECK(verdict.diverged);
  CHECK(verdict.cause == DivergenceCause::nondeterminism);
}

TEST_CASE("what a replica did not get because it was down, it missed while down") {
  RecordBuilder b(2);
  for (std::int64_t i = 0; i < 2; ++i) b.call(100 + 200 * i);
  b.crash(50, 1);
  b.apply(110, 0, 0, 1);
  b.restart(200, 1);
  b.apply(310, 0, 1, 2);
  b.apply(310, 1, 1, 9);
  const auto verdict = judge_divergence(b.record);
  CHECK(verdict.diverged);
  CHECK(verdict.first->index == 1);
  CHECK(verdict.cause == DivergenceCause::missed_while_down);
}

TEST_CASE("two primaries that choose different requests for one place diverge by split brain") {
  RecordBuilder b(2);
  for (std::int64_t i = 0; i < 2; ++i) b.call(100);
  b.become(0, 0, Role::primary);
  b.become(50, 1, Role::primary);
  b.apply(110, 0, 0, 1);
  b.apply(120, 1, 1, 2);
  const auto verdict = judge_divergence(b.record);
  CHECK(verdict.diverged);
  CHECK(verdict.cause == DivergenceCause::split_brain);

  b.record.roles.pop_back();
  CHECK(judge_divergence(b.record).cause == DivergenceCause::loss);
}

TEST_CASE("a last write that never arrives diverges only at the end") {
  RecordBuilder b(3);
  for (std::int64_t i = 0; i < 2; ++i) b.call(10);
  for (std::uint16_t n = 0; n < 3; ++n) b.apply(20, n, 0, 1);
  for (std::uint16_t n = 0; n < 2; ++n) b.apply(30, n, 1, 2);
  const auto verdict = judge_divergence(b.record);
  CHECK(verdict.diverged);
  CHECK(verdict.seconds == 0);
  CHECK(verdict.first->index == 2);
  CHECK_FALSE(verdict.first->found);
  CHECK(verdict.cause == DivergenceCause::loss);
}

TEST_CASE("what was first applied late in the settle phase may still be on its way: no divergence") {
  const auto diverged = [](std::int64_t applied_at, std::uint64_t other_state) {
    RecordBuilder b(2, 1000, 3000);
    b.call(0);
    b.call(0);
    b.apply(10, 0, 0, 1);
    b.apply(10, 1, 0, other_state);
    b.apply(applied_at, 0, 1, 2);
    return judge_divergence(b.record).diverged;
  };
  CHECK(diverged(1500, 1));
  CHECK(diverged(2000, 1));
  CHECK_FALSE(diverged(2001, 1));
  CHECK(diverged(2001, 7));  // what it has is another thing
}

TEST_CASE(
    "what may be on its way when a short settle phase ends is no divergence, what should have arrived is") {
  RecordBuilder b(2, 1000, 1000);  // no settle phase at all
  b.call(0);
  b.apply(985, 0, 0, 1);
  CHECK(judge_divergence(b.record, true, {.on_the_way = 10ms}).diverged);
  CHECK_FALSE(judge_divergence(b.record, true, {.on_the_way = 20ms}).diverged);
  b.record.disturbed_until = at_ms(985);
  CHECK(judge_divergence(b.record, true, {.on_the_way = 10ms}).compared == 2);
  CHECK(judge_divergence(b.record, true, {.on_the_way = 20ms}).compared == 0);
}

TEST_CASE("what replicas tell each other only from time to time is no divergence before that time") {
  RecordBuilder b(2, 1000, 1000);
  b.call(0);
  b.apply(955, 0, 0, 1);
  CHECK(judge_divergence(b.record, true, {.on_the_way = 10ms, .told_again = 30ms}).diverged);
  CHECK_FALSE(judge_divergence(b.record, true, {.on_the_way = 10ms, .told_again = 40ms}).diverged);
  b.record.disturbed_until = at_ms(955);  // a fault may have kept it from hearing
  CHECK(judge_divergence(b.record, true, {.on_the_way = 10ms, .told_again = 30ms}).compared == 2);
  CHECK(judge_divergence(b.record, true, {.on_the_way = 10ms, .told_again = 40ms}).compared == 0);
  b.record.disturbed_until = Time{};
  b.apply(960, 1, 0, 7);
  CHECK(judge_divergence(b.record, true, {.on_the_way = 10ms, .told_again = 40ms}).diverged);
}

TEST_CASE("a replica that lags while nobody leads is not divergent, one that went another way is") {
  const auto diverged = [](std::int64_t leads_from, std::uint64_t other_state) {
    RecordBuilder b(2, 1000, 1000);
    b.call(0);
    b.call(0);
    b.apply(10, 0, 0, 1);
    b.apply(10, 1, 0, other_state);
    b.apply(500, 0, 1, 2);
    b.become(1, 0, Role::primary);
    b.become(600, 0, Role::backup);
    if (leads_from > 0) b.become(leads_from, 0, Role::primary);
    return judge_divergence(b.record, true, {.on_the_way = 10ms, .told_again = 90ms}).diverged;
  };
  CHECK(diverged(700, 1));
  CHECK(diverged(900, 1));
  CHECK_FALSE(diverged(901, 1));  // its first message may not be there yet
  CHECK_FALSE(diverged(0, 1));
  CHECK(diverged(0, 7));
}

TEST_CASE("replicas are compared only where they should become alike and had the time to") {
  RecordBuilder b(2, 1000, 3000);
  b.call(0);
  b.apply(10, 0, 0, 1);
  REQUIRE(judge_divergence(b.record).diverged);
  CHECK_FALSE(judge_divergence(b.record, false).diverged);
  b.record.disturbed_until = at_ms(2000);
  CHECK(judge_divergence(b.record).diverged);
  b.record.disturbed_until = at_ms(2001);  // past half of the settle phase
  CHECK_FALSE(judge_divergence(b.record).diverged);
  CHECK(judge_divergence(b.record).compared == 0);
}

TEST_CASE("a crashed replica takes no part, and one that installs a state agrees with it") {
  RecordBuilder b(2);
  for (std::int64_t i = 0; i < 2; ++i) b.call(0);
  b.apply(10, 0, 0, 1);
  b.apply(20, 1, 1, 2);
  b.crash(30, 1);
  b.restart(60, 1);
  b.install(70, 1, 0);
  const auto verdict = judge_divergence(b.record);
  CHECK_FALSE(verdict.diverged);
  CHECK(verdict.seconds == Approx(0.010));
}

namespace {

struct Twin {
  double seconds = 0;
  bool diverged = false;
  std::optional<Time> first_at;
};

std::vector<std::uint64_t> states_on_path(const Record& record, Version v) {
  std::vector<std::uint64_t> states;
  for (; v.id != 0; v = record.versions[v.id].parent) states.push_back(record.versions[v.id].state);
  return {states.rbegin(), states.rend()};
}

// Looks at whole paths after every instant.
Twin brute_force(const Record& record) {
  std::set<Time> instants{Time{}};
  for (const auto& m : record.moves) instants.insert(m.at);
  for (const auto& l : record.lives) instants.insert(l.at);
  Twin twin;
  std::optional<Time> since;
  for (const Time now : instants) {
    std::map<std::uint16_t, std::vector<std::uint64_t>> running;
    for (std::uint16_t n = 0; n < record.replicas; ++n) {
      bool up = true;
      Version at{};
      for (const auto& l : record.lives) {
        if (l.at <= now && l.node.value == n) up = l.life != Record::Life::down;
      }
      for (const auto& m : record.moves) {
        if (m.at <= now && m.node.value == n) at = m.to;
      }
      if (up) running[n] = states_on_path(record, at);
    }
    const std::vector<std::uint64_t>* reference = nullptr;
    for (const auto& [n, path] : running) {
      if (reference == nullptr || path.size() > reference->size()) reference = &path;
    }
    bool differs = false;
    twin.diverged = false;
    for (const auto& [n, path] : running) {
      differs = differs || (!path.empty() && path.back() != (*reference)[path.size() - 1]);
      const auto last = [](const auto& p) { return p.empty() ? std::uint64_t{0} : p.back(); };
      twin.diverged = twin.diverged || last(path) != last(*reference);
    }
    if (differs && !since) since = now;
    if (differs && !twin.first_at) twin.first_at = now;
    if (!differs && since) twin.seconds += seconds(now - *std::exchange(since, std::nullopt));
  }
  if (since) twin.seconds += seconds(record.end - *since);
  return twin;
}

Record random_record(std::uint64_t seed) {
  Rng rng(seed, "divergence");
  const auto replicas = static_cast<std::uint16_t>(1 + rng.below(4));
  RecordBuilder b(replicas);
  for (std::int64_t i = 0; i < 8; ++i) b.call(i);
  std::vector<bool> up(replicas, true);
  std::int64_t now = 10;
  for (int i = 0; i < 40; ++i) {
    now += static_cast<std::int64_t>(rng.below(3));
    const auto n = static_cast<std::uint16_t>(rng.below(replicas));
    const auto from = static_cast<std::uint16_t>(rng.below(replicas));
    const auto what = rng.below(12);
    if (what == 0 && up[n]) b.crash(now, n);
    if (what == 0 && !up[n]) b.restart(now, n);
    if (what == 0) up[n] = !up[n];
    if (!up[n]) continue;
    if (what == 1 && up[from]) b.install(now, n, from);
    if (what > 1) b.apply(now, n, static_cast<std::uint32_t>(rng.below(8)), 1 + rng.below(3));
  }
  return b.record;
}

}  // namespace

TEST_CASE("divergence agrees with a comparison of whole paths at every instant") {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    CAPTURE(seed);
    const Record record = random_record(seed);
    const Twin twin = brute_force(record);
    const auto verdict = judge_divergence(record);
    REQUIRE(verdict.seconds == Approx(twin.seconds));
    REQUIRE(verdict.diverged == twin.diverged);
    if (twin.first_at) REQUIRE(verdict.first->at == *twin.first_at);
    REQUIRE(verdict.cause.has_value() == verdict.first.has_value());
  }
}
