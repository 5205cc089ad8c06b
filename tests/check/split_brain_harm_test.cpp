// Harm of a split brain: each case on hand-built records, and against a scan of all pairs.
#include <map>
#include <set>

#include "sim/check/changes.hpp"
#include "sim/check/split_brain.hpp"
#include "sim/kernel/rng.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/record_builder.hpp"

using namespace sim;

namespace {

// 0 acts from the beginning, 1 from 100 ms to the end, which is at 1,000 ms.
RecordBuilder two_primaries() {
  RecordBuilder b(3);
  b.become(0, 0, Role::primary);
  b.become(100, 1, Role::primary);
  return b;
}

std::uint64_t harmful(const RecordBuilder& b) { return judge_split_brain(b.record).harmful; }

}  // namespace

TEST_CASE("two updates that went past each other do harm") {
  auto b = two_primaries();
  const auto one = b.call(200, 220), other = b.call(200, 230);
  b.apply(210, 0, one, 1);
  b.apply(210, 1, other, 2);
  b.acknowledge(220, 0, one);
  CHECK(harmful(b) == 0);  // so far only one of them has answered
  b.acknowledge(230, 1, other);
  CHECK(harmful(b) == 1);
}

TEST_CASE("primaries that execute in one order do no harm, however many answer") {
  auto b = two_primaries();
  const auto one = b.call(200, 220), other = b.call(200, 230);
  b.apply(210, 0, one, 1);
  b.apply(215, 1, one, 1);
  b.apply(225, 1, other, 2);
  b.acknowledge(220, 0, one);
  b.acknowledge(230, 1, other);
  CHECK(harmful(b) == 0);
}

TEST_CASE("an update learned only after the own answer does harm all the same") {
  auto b = two_primaries();
  const auto one = b.call(200, 220), other = b.call(200, 230);
  b.apply(210, 0, one, 1);
  b.apply(225, 1, other, 2);
  b.acknowledge(220, 0, one);
  b.acknowledge(230, 1, other);
  b.apply(300, 0, other, 3);
  b.apply(300, 1, one, 4);
  CHECK(harmful(b) == 1);
}

TEST_CASE("an update that was rolled back before the answer was not known any more") {
  auto b = two_primaries();
  const auto one = b.call(200, 220), other = b.call(200, 230);
  b.apply(205, 1, one, 1);
  b.install(207, 1, 2);  // which has nothing
  b.apply(210, 0, one, 1);
  b.apply(225, 1, other, 2);
  b.acknowledge(220, 0, one);
  b.acknowledge(230, 1, other);
  CHECK(harmful(b) == 1);
}

TEST_CASE(
    "a read that misses what was answered before its call does harm, but one that was called before does "
    "none") {
  const auto read_called_at = [](std::int64_t at) {
    auto b = two_primaries();
    const auto update = b.call(200, 230);
    b.apply(210, 1, update, 1);
    b.acknowledge(220, 1, update);
    const auto read = b.call(at, 400, Action::read);
    b.acknowledge(390, 0, read);
    return harmful(b);
  };
  CHECK(read_called_at(240) == 1);
  CHECK(read_called_at(230) == 0);  // at one instant, neither is before the other
  CHECK(read_called_at(201) == 0);
}

TEST_CASE("an update that the other primary knew and that is lost all the same does harm") {
  const auto split = [](bool loses) {
    auto b = two_primaries();
    const auto one = b.call(200, 220), other = b.call(200, 230);
    b.apply(210, 0, one, 1);
    b.apply(215, 1, one, 1);
    b.apply(225, 1, other, 2);
    b.acknowledge(220, 0, one);
    b.acknowledge(230, 1, other);
    for (std::uint16_t node = 0; loses && node < 2; ++node) b.install(300, node, 2);  // which has nothing
    return harmful(b);
  };
  CHECK(split(true) == 1);
  CHECK(split(false) == 0);
}

TEST_CASE("an update robs nobody where too few run to tell whether it is lost") {
  auto b = two_primaries();
  const auto one = b.call(200, 220);
  b.apply(210, 0, one, 1);
  b.acknowledge(220, 0, one);
  b.install(300, 0, 2);  // which has nothing
  CHECK(judge_split_brain(b.record, 3).harmful == 1);
  b.crash(400, 2);
  CHECK(judge_split_brain(b.record, 2).harmful == 1);
  CHECK(judge_split_brain(b.record, 3).harmful == 0);
}

TEST_CASE("a read of another key misses nothing") {
  auto b = two_primaries();
  const auto update = b.call(200, 230);
  b.apply(210, 1, update, 1);
  b.acknowledge(220, 1, update);
  const auto read = b.call(300, 400, Action::read);
  b.record.operations[read].key = 1;
  b.acknowledge(390, 0, read);
  CHECK(harmful(b) == 0);
}

TEST_CASE("where clients take a vote, one voter that knew both orders them") {
  auto b = two_primaries();
  const auto one = b.call(200, 240), other = b.call(200, 240);
  b.apply(210, 0, one, 1);
  b.apply(210, 1, other, 2);
  b.apply(205, 2, one, 1);
  b.apply(215, 2, other, 3);
  b.acknowledge(220, 0, one);
  b.acknowledge(230, 1, other);
  CHECK(harmful(b) == 1);
  b.acknowledge(225, 2, other);
  CHECK(harmful(b) == 0);
}

TEST_CASE("answers that no client took, and those outside the episode, don't count") {
  auto b = two_primaries();
  const auto one = b.call(20, 60), other = b.call(200, 230), third = b.call(200);
  b.apply(30, 0, one, 1);
  b.apply(210, 1, other, 2);
  b.apply(220, 0, third, 3);
  b.acknowledge(50, 0, one);
  b.acknowledge(225, 1, other);
  b.acknowledge(230, 0, third);  // which never arrived
  CHECK(harmful(b) == 0);
}

TEST_CASE("nothing happened is no harm") {
  CHECK(harmful(two_primaries()) == 0);
  CHECK(harmful(RecordBuilder(1)) == 0);
  CHECK(judge_split_brain(RecordBuilder(0, 0, 0).record).episodes.empty());
}

namespace {

Record random_split(std::uint64_t seed) {
  Rng rng(seed, "harm");
  auto b = two_primaries();
  std::int64_t now = 100;
  std::vector<std::uint32_t> open;
  std::map<std::uint32_t, std::set<std::uint16_t>> has;
  while (now < 200) {
    now += static_cast<std::int64_t>(rng.below(3));
    const auto node = static_cast<std::uint16_t>(rng.below(3));
    const auto what = rng.below(6);
    if (what < 2) {
      const auto number = b.call(now, rng.below(3) == 0 ? Action::read : Action::write);
      b.record.operations[number].key = static_cast<std::uint32_t>(rng.below(2));
      open.push_back(number);
    } else if (what < 4 && !open.empty()) {
      const auto number = open[rng.below(open.size())];
      if (b.record.operations[number].action == Action::write && has[number].insert(node).second)
        b.apply(now, node, number, rng.below(1000));
    } else if (what == 4 && !open.empty()) {
      const auto place = rng.below(open.size());
      const auto number = open[place];
      Operation& op = b.record.operations[number];
      const bool may = op.action == Action::read || has[number].contains(node);
      if (!may) continue;
      op.outcome = Outcome::ok;
      b.acknowledge(now, node, number);
      op.ret = at_ms(now + static_cast<std::int64_t>(rng.below(3)));
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(place));
    } else if (rng.below(10) == 0) {
      b.install(now, node, static_cast<std::uint16_t>(rng.below(3)));
    }
  }
  return b.record;
}

// Whether the request is in the node's past when the instant `at` is over or begins.
bool knows(const Record& record, NodeId node, Time at, std::uint32_t operation) {
  Version before, now;
  for (const auto& move : record.moves) {
    if (move.node != node || move.at > at) continue;
    if (move.at < at) before = move.to;
    now = move.to;
  }
  std::vector<Version> all{before, now};
  for (const auto& move : record.moves) {
    if (move.node == node && move.at == at) all.push_back(move.to);
  }
  for (Version v : all) {
    for (; v.id != 0; v = record.versions[v.id].parent) {
      if (record.find(record.versions[v.id].request) == operation) return true;
    }
  }
  return false;
}

// Whether one of the primaries answered in the episode an update that nobody knows at the end.
bool robbed_by_scan(const Record& record) {
  bool lost = false;
  for (const auto& a : record.acknowledgements) {
    if (a.by == NodeId{2} || a.at < at_ms(100)) continue;
    const bool known = knows(record, NodeId{0}, record.end, a.operation) ||
                       knows(record, NodeId{1}, record.end, a.operation) ||
                       knows(record, NodeId{2}, record.end, a.operation);
    lost = lost || (changed_something(record.operations[a.operation]) && !known);
  }
  return lost;
}

bool harm_by_scan(const Record& record) {
  if (robbed_by_scan(record)) return true;
  for (const auto& a : record.acknowledgements) {
    for (const auto& b : record.acknowledgements) {
      if (a.by == b.by || a.by == NodeId{2} || b.by == NodeId{2} || a.operation == b.operation) continue;
      if (a.at < at_ms(100) || b.at < at_ms(100)) continue;
      const Operation& one = record.operations[a.operation];
      const Operation& other = record.operations[b.operation];
      const bool missed = !knows(record, a.by, a.at, b.operation);
      if (!changed_something(other)) continue;
      if (changed_something(one) && missed && !knows(record, b.by, b.at, a.operation)) return true;
      if (!changed_something(one) && one.key == other.key && other.ret < one.call && missed) return true;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("harm agrees with a scan of all pairs of answers") {
  std::size_t harms = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    CAPTURE(seed);
    const Record record = random_split(seed);
    const bool expected = harm_by_scan(record);
    harms += expected ? 1u : 0u;
    REQUIRE((judge_split_brain(record).harmful > 0) == expected);
  }
  CHECK(harms > 200);
  CHECK(harms < 1800);
}
