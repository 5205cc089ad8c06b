// The judge of sequential consistency, held against the definition, against linearizability, which
// implies it, and against the examples that tell the two apart.
#include "sim/linearizability/sequential_consistency.hpp"
#include "sim/history/vocabulary.hpp"

#include <algorithm>

#include "sim/history/generator.hpp"
#include "sim/linearizability/explain/prefix.hpp"
#include "tests/support/brute_force.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_history.hpp"

namespace sequential_consistency_test {

using namespace sim;
using random_history::Dice;
using random_history::Shape;

struct By {
  int client;
  std::int64_t call;
  std::uint32_t key = 0;
};

Operation operation(By by, Action action) {
  Operation op;
  op.client.value = static_cast<std::uint16_t>(by.client);
  op.key = by.key;
  op.action = action;
  op.outcome = Outcome::ok;
  op.call = Time{} + std::chrono::milliseconds(by.call);
  op.ret = op.call + std::chrono::milliseconds(1);
  return op;
}

Operation write(By by, std::int64_t value) {
  Operation op = operation(by, Action::write);
  op.argument = value;
  return op;
}

Operation read(By by, Value value) {
  Operation op = operation(by, Action::read);
  op.output = std::move(value);
  return op;
}

std::int64_t n(std::int64_t value) { return value; }

Verdict verdict(const std::vector<Operation>& history, Model model = Model::kv) {
  return check_sequential_consistency(history, model, initial_value(model)).verdict;
}

TEST_CASE("a stale read by another client is sequentially consistent, by the writer itself it isn't") {
  CHECK(verdict({write({1, 0}, 1), write({1, 10}, 2), read({2, 20}, n(1))}) == Verdict::linearizable);
  CHECK(verdict({write({1, 0}, 1), write({1, 10}, 2), read({1, 20}, n(1))}) == Verdict::violation);
}

TEST_CASE("clients that see two writes in different orders aren't served sequentially") {
  CHECK(verdict({write({1, 0}, 1), write({2, 0}, 2), read({3, 10}, n(1)), read({3, 20}, n(2)),
                 read({4, 10}, n(2)), read({4, 20}, n(1))}) == Verdict::violation);
}

TEST_CASE("two keys that are sequentially consistent alone needn't be together") {
  const std::vector<Operation> crossed{write({1, 0, 0}, 1), read({1, 10, 1}, Nil{}), write({2, 0, 1}, 1),
                                       read({2, 10, 0}, Nil{})};
  for (const std::uint32_t key : {0U, 1U}) {
    std::vector<Operation> alone;
    std::ranges::copy_if(crossed, std::back_inserter(alone), [&](const auto& op) { return op.key == key; });
    CHECK(verdict(alone) == Verdict::linearizable);
  }
  const auto result = check_sequential_consistency(crossed, Model::kv, Nil{});
  CHECK(result.verdict == Verdict::violation);
  CHECK(result.witness == std::vector<std::size_t>{0, 1, 2, 3});
  CHECK(result.story.starts_with("key 0: no order that keeps each client's own explains these 4 operations"));
}

TEST_CASE("the judge of sequential consistency agrees with its twin, and its witness is one") {
  int weaker = 0;
  for (const ObjectModel* object : object_models()) {
    Shape shape{.model = object->model, .operations = 6, .values = 2, .spoiled = 100};
    shape.keys = object->model == Model::kv ? 2 : 1;
    const Value initial = initial_value(shape.model);
    for (std::uint64_t seed = 60'000'000; seed < 60'000'400; ++seed) {
      Dice dice{seed};
      auto history = random_history::make(shape, dice);
      const bool expected = brute_force::sequentially_consistent(history, initial, shape.model);
      const auto result = check_sequential_consistency(history, shape.model, initial);
      INFO("model " << object->name << ", seed " << seed << ": " << result.story);
      REQUIRE(result.verdict == (expected ? Verdict::linearizable : Verdict::violation));
      const bool linearizable = brute_force::linearizable(history, initial, shape.model);
      if (linearizable) REQUIRE(expected);
      weaker += expected && !linearizable;
      if (expected) continue;
      for (std::size_t i = 0; i < history.size(); ++i) {
        if (!std::ranges::binary_search(result.witness, i)) forget_answer(history[i]);
      }
      REQUIRE_FALSE(brute_force::sequentially_consistent(history, initial, shape.model));
    }
  }
  CHECK(weaker > 50);
}

TEST_CASE("a spent budget leaves sequential consistency undecided, and says so") {
  GeneratorPlan plan{.model = Model::reg, .operations = 300, .clients = 5};
  plan.values = 3;
  plan.bug = GeneratorPlan::Bug::stale_read;
  plan.bugs = 5;
  const auto history = generate_history(plan).operations;
  const auto result = check_sequential_consistency(history, Model::reg, Nil{}, {.steps = 500});
  CHECK(result.verdict == Verdict::unknown);
  CHECK(result.story.starts_with("undecided: the budget of steps was spent after"));
}

}  // namespace sequential_consistency_test
