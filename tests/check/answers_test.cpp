// The judge of answers, on hand-built records: what clients were told, and which answer they believed.
#include "sim/check/answers.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

Value number(std::int64_t n) { return n; }

// One read that returned `taken`, answered by replicas 0, 1, 2 ... as listed; the last replica is Byzantine.
Record one_read(std::optional<Value> taken, const std::vector<Value>& answers) {
  Record record;
  record.replicas = answers.size();
  Operation read;
  if (taken) {
    read.outcome = Outcome::ok;
    read.output = *taken;
  }
  record.operations = {read};
  record.operation_of = {{0}};
  for (std::uint16_t i = 0; i < answers.size(); ++i)
    record.acknowledgements.push_back({Time{1ms}, NodeId{i}, 0, fingerprint(answers[i])});
  record.byzantine.insert(NodeId{static_cast<std::uint16_t>(answers.size() - 1)});
  return record;
}

}  // namespace

TEST_CASE("an answer that a correct replica gave deceives nobody, contested or not") {
  CHECK(judge_answers(one_read(number(1), {number(1), number(1), number(1)})).contested == 0);
  const auto judgement = judge_answers(one_read(number(1), {number(1), number(1), number(2)}));
  CHECK(judgement.contested == 1);
  CHECK(judgement.deceived == 0);
  CHECK(judgement.undecided == 0);
}

TEST_CASE("a client that takes what only a Byzantine replica said is deceived") {
  const auto judgement = judge_answers(one_read(number(2), {number(1), number(2)}));
  CHECK(judgement.deceived == 1);
  CHECK(judgement.first_deceived == 0u);
}

TEST_CASE("a tie leaves the client undecided") {
  const auto judgement = judge_answers(one_read(std::nullopt, {number(1), number(2)}));
  CHECK(judgement.undecided == 1);
  CHECK(judgement.deceived == 0);
}

TEST_CASE("no answer at all, or nobody Byzantine, is no deceit") {
  CHECK(judge_answers(one_read(std::nullopt, {Value{}})).deceived == 0);
  CHECK(judge_answers(one_read(number(2), {number(2)})).deceived == 0);  // nobody denied it
  Record honest = one_read(number(2), {number(1), number(2)});
  honest.byzantine.clear();
  CHECK(judge_answers(honest).deceived == 0);
  CHECK(judge_answers(honest).contested == 1);
}

TEST_CASE("values have equal fingerprints exactly when they are equal, as far as small ones show") {
  const std::vector<Value> values{Nil{},   number(0),  number(1),     List{},
                                  List{0}, List{0, 1}, std::string{}, std::string{"0"}};
  for (const auto& a : values) {
    for (const auto& b : values) CHECK((fingerprint(a) == fingerprint(b)) == (a == b));
  }
}
