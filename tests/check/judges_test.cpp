// The judges of split brain, lost writes, availability, failover, detectors, latency and cost, on records
// made by hand and against twins that scan.
#include <map>

#include "sim/check/availability.hpp"
#include "sim/check/detector.hpp"
#include "sim/check/failover.hpp"
#include "sim/check/leadership.hpp"
#include "sim/check/lost_writes.hpp"
#include "sim/check/node_lives.hpp"
#include "sim/check/service_quality.hpp"
#include "sim/check/split_brain.hpp"
#include "sim/kernel/rng.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/record_builder.hpp"

using namespace sim;

// ---- split brain

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

// ---- lost writes

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

TEST_CASE("what changed nothing can't be lost") {
  RecordBuilder b(1);
  for (const Action action : {Action::contains, Action::remove, Action::acquire, Action::cas}) {
    b.record.operations[b.call(0, 10, action)].output = std::int64_t{0};
  }
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

// ---- availability

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
      for (const Operation& op : b.record.operations) {
        const Time left = op.outcome == Outcome::ok ? op.ret : op.call + kRules.client_timeout;
        waiting = waiting || (op.call <= at_ms(ms) && left > at_ms(ms));
        answered = answered || (op.outcome == Outcome::ok && op.ret == at_ms(ms));
      }
      if (answered || !waiting) close();
      silent += waiting ? 1 : 0;
    }
    close();
    const auto verdict = judge_availability(b.record, kRules);
    REQUIRE(verdict.outages.size() == outages);
    REQUIRE(verdict.fraction == Approx(1 - static_cast<double>(out_ms) / 1000));
  }
}

// ---- failover

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

// ---- leadership

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

// ---- detectors

TEST_CASE("suspecting a running node is a mistake until it is withdrawn") {
  RecordBuilder b(2);
  b.suspect(100, 1, 0);
  b.suspect(150, 1, 0, false);
  b.suspect(900, 0, 1);
  const auto verdict = judge_detector(b.record);
  CHECK(verdict.false_suspicions == 2);
  CHECK(verdict.mistake_seconds == Approx(0.15));
  CHECK(verdict.detections == 0);
}

TEST_CASE("each running node detects a crash once, at the first suspicion after it") {
  RecordBuilder b(3);
  b.suspect(50, 2, 0);  // wrong until the crash, right from then on
  b.crash(100, 0);
  b.suspect(140, 1, 0);
  b.suspect(160, 1, 0, false);
  b.suspect(180, 1, 0);
  const auto verdict = judge_detector(b.record);
  CHECK(verdict.false_suspicions == 1);
  CHECK(verdict.mistake_seconds == Approx(0.05));
  CHECK(verdict.detections == 2);
  CHECK(verdict.detection_seconds == Approx(0.04));
}

TEST_CASE("who still suspects a restarted node is mistaken from then on") {
  RecordBuilder b(2);
  b.crash(100, 0);
  b.suspect(120, 1, 0);
  b.restart(200, 0);
  b.suspect(230, 1, 0, false);
  const auto verdict = judge_detector(b.record);
  CHECK(verdict.false_suspicions == 0);
  CHECK(verdict.mistake_seconds == Approx(0.03));
  CHECK(verdict.detections == 1);
}

TEST_CASE("to suspect a restarted node that waits for its repair is no mistake, once it is repaired it is") {
  RecordBuilder b(2);
  b.crash(100, 0);
  b.suspect(120, 1, 0);
  b.restart(200, 0);
  b.record.parts.push_back({at_ms(200), NodeId{0}, false});
  b.suspect(210, 1, 0, false);
  b.suspect(220, 1, 0);
  b.record.parts.push_back({at_ms(230), NodeId{0}, true});
  b.suspect(250, 1, 0, false);
  const auto verdict = judge_detector(b.record);
  CHECK(verdict.false_suspicions == 0);
  CHECK(verdict.mistake_seconds == Approx(0.02));
  CHECK(verdict.detections == 1);
}

// ---- latency and cost

TEST_CASE("percentiles are those of the nearest rank") {
  RecordBuilder b(1);
  for (std::int64_t i = 100; i > 0; --i) b.call(0, i);
  b.call(0);
  const auto latency = judge_latency(b.record);
  CHECK(latency.p50 == 50ms);
  CHECK(latency.p99 == 99ms);
  CHECK(latency.max == 100ms);
  CHECK_FALSE(judge_latency(RecordBuilder(1).record).p50);
}

TEST_CASE("cost is per answered operation, and unknown without any") {
  RecordBuilder b(1);
  b.record.messages_for_operations = 12;
  b.record.hops_of_answers = 8;
  b.call(0);
  CHECK_FALSE(judge_cost(b.record).messages_per_operation);
  b.call(0, 1);
  b.call(0, 1);
  CHECK(*judge_cost(b.record).messages_per_operation == 6);
  CHECK(*judge_cost(b.record).delays_per_operation == 4);
}
