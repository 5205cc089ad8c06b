// Histories on which the judge once gave up, took too long, or gave an unreadable explanation.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sim/history/history.hpp"
#include "sim/history/objects/object_model.hpp"
#include "sim/history/read_history.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/linearizability/explain/prefix.hpp"
#include "sim/linearizability/explanation.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_history.hpp"

namespace {

using namespace sim;

History hard(const std::string& file) {
  return read_history_file(std::string(REPSIM_SOURCE_DIR) + "/tests/data/hard/" + file);
}

LinearizabilityResult verdict_of(const History& history) {
  return check_linearizability(history.operations, *history.model, initial_value(*history.model), {},
                               TimeUnit::nanoseconds, Detail::verdict);
}

TEST_CASE("hard histories are decided within a few steps") {
  const auto decided = [](const std::string& file, std::uint64_t steps) {
    CAPTURE(file);
    const auto result = verdict_of(hard(file));
    CHECK(result.verdict == Verdict::linearizable);
    CHECK(result.steps < steps);
  };
  decided("stack_100ops_100values_5clients.jsonl", 100'000);
  decided("counter_subset_sum_22_reachable.jsonl", 20'000);
  decided("undecided_tie_history.jsonl", 100'000);
}

// Unanswered additions, of which a few add up to what is read in the end, or none do.
History additions(int count, bool reachable, std::uint64_t seed) {
  random_history::Dice dice{seed};
  History history;
  history.model = Model::counter;
  std::int64_t sum = 0;
  for (int i = 0; i < count; ++i) {
    Operation add;
    add.action = Action::add;
    add.client.value = static_cast<std::uint16_t>(i);
    add.argument = 2 * (1 + dice.below(1'000'000'000'000));
    add.call = Time{Duration{i}};
    if (dice.chance(50)) sum += *add.argument.as_number();
    history.operations.push_back(add);
  }
  Operation read;
  read.outcome = Outcome::ok;
  read.client.value = static_cast<std::uint16_t>(count);
  read.call = Time{Duration{1000}};
  read.ret = Time{Duration{1001}};
  read.output = reachable ? sum : sum + 1;  // all that is added is even
  history.operations.push_back(read);
  return history;
}

TEST_CASE("which of many unanswered additions were read is found out without trying all choices") {
  for (const int count : {10, 22, 30, 34}) {
    CAPTURE(count);
    CHECK(verdict_of(additions(count, true, 7)).verdict == Verdict::linearizable);
    CHECK(verdict_of(additions(count, false, 7)).verdict == Verdict::violation);
  }
}

TEST_CASE("a contradiction too long to read is told by where every order ends, and by the nearest one") {
  const History history = hard("witness_of_899_operations.jsonl");
  const auto found = verdict_of(history);
  REQUIRE(found.verdict == Verdict::violation);
  CHECK(found.steps < 3'000'000);
  const Explanation why = explain_violation(history.operations, Model::set, List{}, found);
  INFO(why.story);
  REQUIRE(why.dead_end);
  const DeadEnd& end = *why.dead_end;
  CHECK(end.operation == why.contradiction.prefix_end);
  CHECK(why.story.starts_with("no order reaches the return of the read by client 17"));
  CHECK(why.story.find("would have returned [") != std::string::npos);
  CHECK(why.story.find("open at that time: ") != std::string::npos);
  CHECK(end.open.size() + end.answered_before + 1 == why.prefix_operations);

  // The order is one if that operation is answered as it says, and none with its real answer.
  for (const bool told : {false, true}) {
    std::vector<Operation> in_order;
    for (const std::size_t i : end.order) {
      Operation op = history.operations[i];
      if (i == end.operation && !told) op.output = end.answer;
      op.call = op.ret = Time{Duration{static_cast<std::int64_t>(in_order.size())}};
      if (std::ranges::find(end.open, i) != end.open.end()) forget_answer(op);
      in_order.push_back(std::move(op));
    }
    CHECK(in_order.size() > end.answered_before);
    const Verdict verdict = linearizability_verdict(in_order, Model::set, List{});
    CHECK(verdict == (told ? Verdict::violation : Verdict::linearizable));
  }
}

}  // namespace
