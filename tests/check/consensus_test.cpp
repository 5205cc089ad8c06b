// The judge of consensus, on hand-built records and against a twin that compares all pairs of decisions.
#include <map>
#include <string>
#include <vector>

#include "sim/check/consensus.hpp"
#include "sim/kernel/rng.hpp"
#include "sim/workload/command.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/record_builder.hpp"

using namespace sim;

namespace {

Decision decision(std::int64_t at, std::uint16_t by, std::uint64_t slot, std::uint64_t value,
                  std::uint64_t term = 0) {
  return {at_ms(at), NodeId{by}, slot, value, term};
}

// A record of `replicas` that propose 1, 2 and 3.
Record proposals(std::size_t replicas) {
  Record record = RecordBuilder(replicas).record;
  record.proposals = {1, 2, 3};
  return record;
}

void leads(Record& record, std::uint16_t node, std::uint64_t term, std::uint64_t last_slot = 0) {
  record.roles.push_back({at_ms(0), NodeId{node}, Role::primary, term});
  record.leaderships.push_back({at_ms(0), NodeId{node}, term, last_slot});
}

}  // namespace

TEST_CASE(
    "replicas that decide alike agree, and the judge names the lowest slot that they decide differently") {
  Record record = proposals(3);
  for (std::uint16_t node = 0; node < 3; ++node) record.decisions.add(decision(10 + node, node, 1, 2));
  CHECK_FALSE(judge_consensus(record).disagreement);
  record.decisions.add(decision(20, 0, 3, 1));
  record.decisions.add(decision(21, 1, 3, 2));
  record.decisions.add(decision(22, 0, 2, 3));
  record.decisions.add(decision(23, 2, 2, 1));
  const auto judgement = judge_consensus(record);
  REQUIRE(judgement.disagreement);
  CHECK(judgement.disagreement->one.slot == 2);
  CHECK(judgement.disagreement->one.by == NodeId{0});
  CHECK(judgement.disagreement->other.by == NodeId{2});
  CHECK(story_of(judgement).find("slot 2 holds 3 for replica 0") != std::string::npos);
}

TEST_CASE("one replica that decides otherwise after a restart contradicts itself") {
  Record record = proposals(1);
  record.decisions.add(decision(10, 0, 1, 1));
  record.decisions.add(decision(50, 0, 1, 2));
  CHECK(judge_consensus(record).disagreement);
}

TEST_CASE("a decision that nobody proposed is invented, or where clients ask, one that no client asked") {
  Record own = proposals(2);
  own.decisions.add(decision(10, 0, 1, 3));
  CHECK_FALSE(judge_consensus(own).invented);
  own.decisions.add(decision(20, 0, 2, 4));
  REQUIRE(judge_consensus(own).invented);
  CHECK(judge_consensus(own).invented->slot == 2);

  RecordBuilder builder(2);
  builder.call(0);
  Record& record = builder.record;
  const Command command{.action = Action::write, .argument = 7};
  Command changed = command;
  changed.argument = 8;
  const RequestId id{ClientId{0}, 0};
  record.asked = {fingerprint(id, command)};
  record.decisions.add(decision(10, 0, 1, 0));  // an empty slot
  record.decisions.add(decision(10, 0, 2, fingerprint(id, command)));
  CHECK_FALSE(judge_consensus(record).invented);
  SECTION("the right client's request with another content") {
    record.decisions.add(decision(11, 1, 3, fingerprint(id, changed)));
    CHECK(judge_consensus(record).invented);
  }
  SECTION("a request with a number that the client has not reached") {
    record.decisions.add(decision(11, 1, 3, fingerprint({ClientId{0}, 1}, command)));
    CHECK(judge_consensus(record).invented);
  }
  SECTION("a client that does not exist") {
    record.decisions.add(decision(11, 1, 3, fingerprint({ClientId{9}, 0}, command)));
    CHECK(judge_consensus(record).invented);
  }
}

TEST_CASE("a fingerprint names its request") {
  const RequestId id{ClientId{65535}, 0xffffffff};
  CHECK(request_of(fingerprint(id, Command{.action = Action::cas, .key = 3})) == id);
  CHECK(fingerprint({ClientId{0}, 0}, Command{}) != 0);
}

TEST_CASE("two replicas may lead in different terms, not in one, and one may lead a term twice") {
  Record record = proposals(3);
  leads(record, 0, 1);
  leads(record, 1, 2);
  leads(record, 1, 2);
  CHECK_FALSE(judge_consensus(record).two_leaders);
  leads(record, 2, 2);
  const auto judgement = judge_consensus(record);
  REQUIRE(judgement.two_leaders);
  CHECK(judgement.two_leaders->term == 2);
}

TEST_CASE("a leader must hold what was settled in earlier terms, and only that") {
  Record record = proposals(3);
  record.decisions.add(decision(10, 0, 1, 1, 1));
  record.decisions.add(decision(20, 0, 2, 1, 3));
  leads(record, 1, 2, 1);
  CHECK_FALSE(judge_consensus(record).incomplete);  // slot 2 was settled later
  SECTION("a log that is too short") {
    leads(record, 2, 4, 1);
    REQUIRE(judge_consensus(record).incomplete);
    CHECK(judge_consensus(record).incomplete->slot == 2);
  }
  SECTION("a log that holds something else") {
    leads(record, 2, 4, 2);
    record.leaderships.back().lacking = {1};
    CHECK(judge_consensus(record).incomplete->slot == 1);
  }
}

TEST_CASE("who is up and has not decided is undecided, and who is down or lies owes nothing") {
  Record record = proposals(4);
  CHECK(judge_consensus(record).undecided.size() == 4);
  record.decisions.add(decision(10, 0, 1, 1));
  record.lives.push_back({at_ms(20), NodeId{1}, Record::Life::down});
  record.byzantine.insert(NodeId{2});
  CHECK(judge_consensus(record).undecided == std::vector{NodeId{3}});
  record.decisions.add(decision(30, 3, 1, 1));
  CHECK(judge_consensus(record).undecided.empty());
}

TEST_CASE("a protocol that declares neither decisions nor terms is not judged") {
  RecordBuilder b(2);
  b.become(0, 0, Role::primary);
  CHECK_FALSE(judge_consensus(b.record).applies);
}

TEST_CASE("the judge agrees with a twin that compares all decisions, in 20,000 random records") {
  Rng rng(7, "consensus twin");
  int disagreements = 0;
  for (int round = 0; round < 20'000; ++round) {
    Record record = proposals(4);
    std::vector<Decision> all;
    const auto count = rng.below(9);
    for (std::uint64_t i = 0; i < count; ++i) {
      // Now and then a slot far away, to try the sparse half of the store.
      const std::uint64_t slot = 1 + rng.below(4) * (rng.below(3) == 0 ? 100'000 : 1);
      all.push_back(decision(static_cast<std::int64_t>(i), static_cast<std::uint16_t>(rng.below(4)), slot,
                             1 + (rng.below(5) == 0 ? 1 : 0)));
      record.decisions.add(all.back());
    }
    std::optional<std::uint64_t> lowest;
    for (const Decision& a : all) {
      for (const Decision& b : all) {
        if (a.slot == b.slot && a.value != b.value && (!lowest || a.slot < *lowest)) lowest = a.slot;
      }
    }
    const auto judged = judge_consensus(record).disagreement;
    disagreements += lowest ? 1 : 0;
    INFO("round " << round);
    REQUIRE(judged.has_value() == lowest.has_value());
    if (lowest) REQUIRE(judged->one.slot == *lowest);
  }
  CHECK(disagreements > 2'000);
  CHECK(disagreements < 18'000);
}
