// Generated histories follow their plan. A correct object's history is linearizable, whatever the plan; in
// one with a planted bug the judge finds a violation.
#include "sim/history/generator.hpp"
#include "sim/history/history.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/linearizability/verdict.hpp"

#include <algorithm>

#include "sim/history/objects/object_model.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "tests/support/brute_force.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace sim;
using Bug = GeneratorPlan::Bug;

Verdict verdict_of(const History& history) {
  return linearizability_verdict(history.operations, *history.model, initial_value(*history.model));
}

TEST_CASE("a generated history of a true object is linearizable, crashed clients or not, for every model") {
  for (const ObjectModel* model : object_models()) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      const History history = generate_history({.model = model->model,
                                                .operations = 120,
                                                .clients = 4,
                                                .values = seed % 2 == 0 ? 0U : 4U,
                                                .crashes = seed % 3,
                                                .seed = seed});
      INFO("model " << model->name << ", seed " << seed);
      CHECK(history.operations.size() == 120);
      CHECK(verdict_of(history) == Verdict::linearizable);
    }
  }
}

TEST_CASE("each planted bug makes violations of every model") {
  for (const ObjectModel* model : object_models()) {
    for (const Bug bug : {Bug::stale_read, Bug::lost_update, Bug::reordered}) {
      int violations = 0;
      for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const History history = generate_history(
            {.model = model->model, .operations = 100, .clients = 3, .bug = bug, .bugs = 5, .seed = seed});
        violations += verdict_of(history) == Verdict::violation;
      }
      INFO("model " << model->name << ", bug " << static_cast<int>(bug));
      CHECK(violations >= 5);
    }
  }
}

// With or without a bug, whichever the plan allows.
History small_history(GeneratorPlan plan) {
  plan.bug = static_cast<Bug>(plan.seed / 2 % 4);
  try {
    return generate_history(plan);
  } catch (const std::invalid_argument&) {  // too few operations that the bug could hit
    plan.bug = Bug::none;
    plan.crashes = 0;
    return generate_history(plan);
  }
}

TEST_CASE("judge and twin agree on generated histories, with and without a bug") {
  for (const ObjectModel* model : object_models()) {
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
      const History history = small_history({.model = model->model,
                                             .operations = 7,
                                             .clients = 3,
                                             .values = seed % 4,
                                             .crashes = seed % 2,
                                             .seed = seed});
      const bool expected =
          brute_force::linearizable(history.operations, initial_value(model->model), model->model);
      INFO("model " << model->name << ", seed " << seed);
      CHECK((verdict_of(history) == Verdict::linearizable) == expected);
    }
  }
}

TEST_CASE("the same plan gives the same history, and another seed another one") {
  const GeneratorPlan plan{.model = Model::kv, .operations = 500, .keys = 3, .crashes = 10};
  CHECK(generate_history(plan) == generate_history(plan));
  GeneratorPlan other = plan;
  other.seed = 2;
  CHECK_FALSE(generate_history(plan) == generate_history(other));
}

TEST_CASE("as many operations are unanswered as the plan says, each of a client that is never seen again") {
  const History history = generate_history({.model = Model::cas_register, .operations = 300, .crashes = 20});
  const auto pending = [](const Operation& op) { return op.outcome == Outcome::pending; };
  CHECK(std::ranges::count_if(history.operations, pending) == 20);
  for (const Operation& lost : history.operations) {
    if (!pending(lost)) continue;
    CHECK(std::ranges::none_of(history.operations, [&](const Operation& op) {
      return op.client == lost.client && op.call > lost.call;
    }));
  }
}

TEST_CASE("a plan that can't be carried out is refused") {
  CHECK_THROWS_AS(generate_history({.model = Model::reg, .mix = {{Action::cas, 1}}}), std::invalid_argument);
  CHECK_THROWS_AS(generate_history({.model = Model::reg, .operations = 5, .crashes = 50}),
                  std::invalid_argument);
  CHECK_THROWS_AS(generate_history({.model = Model::reg, .clients = 65'000, .crashes = 1000}),
                  std::invalid_argument);
}

}  // namespace
