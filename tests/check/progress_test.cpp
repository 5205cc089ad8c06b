// The judge of progress, on records made by hand: it must see a service that has stopped, and say nothing
// where nothing can be said.
#include "sim/check/progress.hpp"
#include "sim/experiment/run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/record_builder.hpp"

using namespace sim;
using Verdict_ = ProgressJudgement::Verdict;

namespace {

// Three replicas; the last fault is over after 100 ms.
RecordBuilder calm_after_100ms() {
  RecordBuilder b(3, 1000, 2000);
  b.record.disturbed_until = at_ms(100);
  return b;
}

constexpr ProgressRules kRules{.client_timeout = 300ms, .within = 400ms, .running = 2};

Verdict_ verdict(const RecordBuilder& b, const ProgressRules& rules = kRules) {
  return judge_progress(b.record, rules).verdict;
}

}  // namespace

TEST_CASE("no update answered while some wait for as long as the bound is no progress") {
  auto b = calm_after_100ms();
  b.call(90, 95);
  b.call(200);
  b.call(400);  // both given up after 300 ms: somebody waited from 200 to 700
  const auto judgement = judge_progress(b.record, kRules);
  CHECK(judgement.verdict == Verdict_::stopped);
  CHECK(judgement.longest == 500ms);
  CHECK(judgement.why.find("2 operations waited") != std::string::npos);
}

TEST_CASE("time in which nobody waits does not count") {
  auto b = calm_after_100ms();
  b.call(200);
  CHECK(judge_progress(b.record, kRules).longest == 300ms);
  CHECK(verdict(b) == Verdict_::unknown);
  b.call(900);  // 300 ms more
  CHECK(verdict(b) == Verdict_::stopped);
}

TEST_CASE("service that stops again after a while has stopped") {
  auto b = calm_after_100ms();
  b.call(200, 210);
  b.call(300);
  b.call(500);
  CHECK(verdict(b) == Verdict_::stopped);
}

TEST_CASE("reads that go on say nothing of updates, and the other way round") {
  for (const auto& [kept, stuck] : {std::pair{Action::read, Action::write}, {Action::write, Action::read}}) {
    auto b = calm_after_100ms();
    for (std::int64_t at = 200; at < 900; at += 100) {
      b.call(at, at + 10, kept);
      b.call(at, stuck);
    }
    CHECK(verdict(b) == Verdict_::stopped);
  }
}

TEST_CASE("an answer just within the bound is progress, one at it is not") {
  for (const std::int64_t answer : {599, 600}) {
    auto b = calm_after_100ms();
    b.call(200, answer);
    CHECK(verdict(b, {.client_timeout = 500ms, .within = 400ms, .running = 2}) ==
          (answer == 599 ? Verdict_::held : Verdict_::stopped));
  }
}

TEST_CASE("what was called while something was wrong does not count") {
  auto b = calm_after_100ms();
  b.call(10);
  b.call(50, 900);
  CHECK(verdict(b) == Verdict_::unknown);
}

TEST_CASE("what clients still ask for when all is well again counts from then on") {
  auto b = calm_after_100ms();
  b.call(50, 900);
  ProgressRules rules{.client_timeout = 1000ms, .clients_ask_again = true, .within = 400ms, .running = 2};
  CHECK(verdict(b, rules) == Verdict_::stopped);
  CHECK(judge_progress(b.record, rules).longest == 800ms);
  b.call(60, 450);  // somebody was answered meanwhile, and then again
  CHECK(judge_progress(b.record, rules).longest == 450ms);
  rules.within = 500ms;
  CHECK(verdict(b, rules) == Verdict_::held);
}

TEST_CASE("a run without a bound, without calls, or that was disturbed to its end is not judged") {
  auto b = calm_after_100ms();
  CHECK(verdict(b) == Verdict_::unknown);
  CHECK(verdict(RecordBuilder(0, 0, 0)) == Verdict_::unknown);
  b.call(200);
  b.call(500);
  CHECK(verdict(b) == Verdict_::stopped);
  CHECK(judge_progress(b.record, std::nullopt).verdict == Verdict_::unknown);
  b.record.disturbed_until = b.record.chaos_end;
  CHECK(verdict(b) == Verdict_::unknown);
}

TEST_CASE("nothing is demanded beyond the protocol's assumptions") {
  const auto stuck = [] {
    auto b = calm_after_100ms();
    b.call(200);
    b.call(500);
    return b;
  };
  auto one_down = stuck();
  one_down.crash(100, 0);
  CHECK(verdict(one_down) == Verdict_::stopped);
  auto two_down = one_down;
  two_down.crash(100, 1);
  CHECK(verdict(two_down) == Verdict_::unknown);

  auto liar = stuck();
  liar.record.byzantine.insert(NodeId{0});
  CHECK(verdict(liar) == Verdict_::unknown);
  auto rules = kRules;
  rules.despite_liars = true;
  CHECK(verdict(liar, rules) == Verdict_::stopped);
  rules.running = 3;
  CHECK(verdict(liar, rules) == Verdict_::unknown);

  auto amnesia = stuck();
  amnesia.record.lost_disk.insert(NodeId{0});
  CHECK(verdict(amnesia) == Verdict_::unknown);

  auto untold = stuck();
  untold.record.untold.insert(NodeId{0});
  CHECK(verdict(untold) == Verdict_::stopped);
  rules = kRules;
  rules.untold = false;
  CHECK(verdict(untold, rules) == Verdict_::unknown);

  auto clocks = stuck();
  clocks.record.clock_drift = 200'000'000;
  CHECK(verdict(clocks) == Verdict_::unknown);
}

TEST_CASE("replicas that rely on each other's memories must not forget too many at a time") {
  auto rules = kRules;
  rules.on_disk = false;
  rules.within = 30ms;
  const auto stuck = [](std::int64_t second_crash) {
    RecordBuilder b(3, 1000, 2000);
    b.crash(10, 0);
    b.restart(20, 0);
    b.crash(second_crash, 1);
    b.restart(second_crash + 5, 1);
    b.record.disturbed_until = at_ms(second_crash + 5);
    b.call(500);
    return b;
  };
  CHECK(verdict(stuck(60), rules) == Verdict_::stopped);
  CHECK(verdict(stuck(15), rules) == Verdict_::unknown);
  CHECK(verdict(stuck(40), rules) == Verdict_::unknown);  // 0 may not know everything again yet
}

TEST_CASE("only the members are asked whether enough of them run") {
  auto b = calm_after_100ms();
  b.call(200);
  b.call(500);
  b.crash(100, 0);
  NodeSet members;
  members.insert(NodeId{0});
  members.insert(NodeId{1});
  b.record.memberships.push_back({at_ms(0), 1, members});
  CHECK(verdict(b) == Verdict_::unknown);
}
