// The witness of a violation is as short as promised and a contradiction by itself. Prefixes and witnesses
// are held against the definition.
#include <algorithm>
#include <array>
#include <bit>

#include "sim/history/generator.hpp"
#include "sim/history/objects/object_model.hpp"
#include "sim/linearizability/explain/prefix.hpp"
#include "sim/linearizability/explanation.hpp"
#include "sim/linearizability/search/just_in_time_search.hpp"
#include "tests/linearizability/explained.hpp"
#include "tests/support/brute_force.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judges_agree.hpp"
#include "tests/support/random_history.hpp"

namespace witness_test {

using namespace explained;
using random_history::Dice;
using random_history::Shape;

// By definition: the first return at which what happened until then has no order.
std::size_t shortest_prefix(const std::vector<Operation>& history, const Value& initial, Model model) {
  const auto returns = returns_of(history);
  std::size_t rank = 0;
  while (brute_force::linearizable(prefix_until(history, returns, rank), initial, model)) ++rank;
  return returns[rank];
}

// By definition: whether no choice of the others has an order together with these.
bool contradict(const std::vector<Operation>& history, const std::vector<std::size_t>& some,
                const Value& initial, Model model) {
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (std::ranges::find(some, i) == some.end()) others.push_back(i);
  }
  for (std::uint32_t bits = 0; bits < 1U << others.size(); ++bits) {
    std::vector<Operation> chosen = history;
    for (std::size_t k = 0; k < others.size(); ++k) {
      if ((bits >> k & 1U) == 0) chosen[others[k]].outcome = Outcome::failed;
    }
    if (brute_force::linearizable(chosen, initial, model)) return false;
  }
  return true;
}

// What was called until the return of `last`, and what can contradict each other then, by definition.
struct Prefix {
  std::vector<Operation> operations{};
  std::vector<std::size_t> places{};
  std::size_t last = 0;
  Model model;

  Prefix(const std::vector<Operation>& history, std::size_t end, Model of) : model(of) {
    const auto returns = returns_of(history);
    const auto rank = static_cast<std::size_t>(std::ranges::find(returns, end) - returns.begin());
    operations = prefix_until(history, returns, rank, &places);
    last = here(end);
  }

  std::size_t here(std::size_t place) const {
    return static_cast<std::size_t>(std::ranges::find(places, place) - places.begin());
  }

  // The size of the smallest contradiction that has the last operation.
  std::size_t smallest_witness(const Value& initial) const {
    std::size_t smallest = operations.size();
    for (std::uint32_t bits = 1; bits < 1U << operations.size(); ++bits) {
      std::vector<std::size_t> some;
      for (std::size_t i = 0; i < operations.size(); ++i) {
        if ((bits >> i & 1U) != 0 && operations[i].outcome == Outcome::ok) some.push_back(i);
      }
      const bool all_answered = some.size() == static_cast<std::size_t>(std::popcount(bits));
      if (!all_answered || (bits >> last & 1U) == 0 || some.size() >= smallest) continue;
      if (brute_force::contradict(operations, some, initial, model)) smallest = some.size();
    }
    return smallest;
  }

  bool is_minimal(std::vector<std::size_t> witness, const Value& initial) const {
    for (std::size_t& i : witness) i = here(i);
    return std::ranges::none_of(witness, [&](std::size_t i) {
      auto fewer = witness;
      std::erase(fewer, i);
      return i != last && brute_force::contradict(operations, fewer, initial, model);
    });
  }
};

struct Tally {
  int violations = 0;
  int minimal = 0;
  int smallest = 0;
};

void hold_against_definition(const Shape& shape, std::uint64_t seed, Tally& tally) {
  const Value initial = initial_value(shape.model);
  Dice dice{seed};
  const auto history = random_history::make(shape, dice);
  if (brute_force::linearizable(history, initial, shape.model)) return;
  const Explanation explained = explain(history, shape.model);
  const Contradiction& why = explained.contradiction;
  INFO("model " << model_name(shape.model) << ", seed " << seed << ": " << explained.story << '\n'
                << judges::show(history, shape.model));
  REQUIRE(why.prefix_is_shortest);
  REQUIRE(history[why.prefix_end].ret == history[shortest_prefix(history, initial, shape.model)].ret);
  REQUIRE(std::ranges::find(why.witness, why.prefix_end) != why.witness.end());
  REQUIRE(contradict(history, why.witness, initial, shape.model));
  const Prefix prefix(history, why.prefix_end, shape.model);
  const std::size_t smallest = prefix.smallest_witness(initial);
  REQUIRE(why.witness.size() >= smallest);
  if (why.witness_is_smallest) REQUIRE(why.witness.size() == smallest);
  if (why.witness_is_minimal) REQUIRE(prefix.is_minimal(why.witness, initial));
  REQUIRE_FALSE(explained.story.empty());
  ++tally.violations;
  tally.minimal += why.witness_is_minimal;
  tally.smallest += why.witness_is_smallest;
}

TEST_CASE("prefix and witness are as short as the definition allows, for every model") {
  Tally tally;
  for (const ObjectModel* object : object_models()) {
    for (std::uint64_t seed = 50'000'000; seed < 50'000'300; ++seed) {
      Shape shape{.model = object->model, .operations = 6, .values = 2, .spoiled = 100};
      shape.whole = seed % 2 == 0;
      shape.distinct = seed % 3 == 0;
      hold_against_definition(shape, seed, tally);
    }
  }
  INFO(tally.minimal << " minimal, " << tally.smallest << " smallest of " << tally.violations);
  CHECK(tally.violations > 600);
  CHECK(tally.minimal == tally.violations);
  CHECK(100 * tally.smallest > 99 * tally.violations);
}

TEST_CASE("the same for 20,000 seeds of every model, by hand", "[.]") {
  Tally tally;
  for (const ObjectModel* object : object_models()) {
    for (std::uint64_t seed = 53'000'000; seed < 53'020'000; ++seed) {
      Shape shape{.model = object->model, .operations = 6, .values = 2, .spoiled = 100};
      shape.operations += static_cast<std::int64_t>(seed % 2);
      shape.values += static_cast<std::int64_t>(seed % 3);
      shape.pending = seed % 5 == 0 ? 40 : 10;
      shape.whole = seed % 7 < 3;
      shape.distinct = seed % 11 < 4;
      hold_against_definition(shape, seed, tally);
    }
  }
  WARN(tally.minimal << " minimal, " << tally.smallest << " smallest of " << tally.violations);
  CHECK(tally.minimal == tally.violations);
}

// Whether the search, too, says so of the whole history, with the others as recorded or not at all.
Verdict search_contradiction(const std::vector<Operation>& history, Model model,
                             const std::vector<std::size_t>& witness) {
  const RegisterReduction reduction(history, model, initial_value(model));
  const auto all = reduction.operations();
  std::vector<std::uint32_t> of_key;
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (all[i].key == all[witness.front()].key) of_key.push_back(i);
  }
  KeyHistory key = make_key_history(all, of_key, reduction.model(), reduction.initial());
  for (KeyOperation& op : key.operations) op.owed &= std::ranges::binary_search(witness, op.index);
  Budget spending{.steps_max = 3'000'000};
  return search_just_in_time(key, spending).verdict;
}

TEST_CASE("the witness of a long history is a contradiction by itself and for the search, and is short") {
  constexpr std::array bugs{GeneratorPlan::Bug::stale_read, GeneratorPlan::Bug::lost_update,
                            GeneratorPlan::Bug::reordered};
  std::vector<std::size_t> sizes;
  for (const ObjectModel* object : object_models()) {
    for (std::uint64_t seed = 1; seed <= 18; ++seed) {
      GeneratorPlan plan{.model = object->model, .operations = 150, .clients = 4, .seed = seed};
      plan.values = seed % 2 == 0 ? 0 : 2 + seed % 5;
      plan.bug = bugs[seed % bugs.size()];
      plan.bug_from = 0.4;
      plan.crashes = seed % 4 == 0 ? 4 : 0;
      if (object->model == Model::set && seed % 3 != 0)
        plan.mix = {{Action::read, 2}, {Action::insert, 1}, {Action::remove, 1}};
      const auto history = generate_history(plan).operations;
      const auto result = check_linearizability(history, plan.model, object->initial, {.steps = 3'000'000});
      if (result.verdict != Verdict::violation) continue;
      INFO(object->name << ", seed " << seed << ": " << result.story);
      std::vector<Operation> alone;
      for (const std::size_t i : result.witness) alone.push_back(history[i]);
      REQUIRE(linearizability_verdict(alone, plan.model, object->initial) == Verdict::violation);
      REQUIRE(search_contradiction(history, plan.model, result.witness) != Verdict::linearizable);
      // A value that was put in often must be taken out as often, and once more, to contradict itself; a
      // mutex that nobody signs must be locked once more than all that may have unlocked it; and whole
      // transactions hang together.
      const bool is_long = object->model == Model::unordered_queue || object->model == Model::mutex ||
                           object->model == Model::multi_register;
      if (!is_long) sizes.push_back(result.witness.size());
    }
  }
  std::ranges::sort(sizes);
  REQUIRE(sizes.size() > 60);
  INFO(sizes.size() << " violations, the longest witnesses: " << sizes[sizes.size() - 2] << ", "
                    << sizes.back());
  CHECK(sizes[sizes.size() / 2] <= 2);
  CHECK(sizes[sizes.size() * 9 / 10] <= 6);
}

TEST_CASE("the prefix ends at the first contradiction of any key") {
  auto late = read({1, 50, 60}, n(7));
  auto early = read({2, 10, 20}, n(8));
  early.key = 1;
  const auto why = explain({early, late}, Model::kv);
  CHECK(why.contradiction.prefix_end == 0);
  CHECK(why.prefix_operations == 1);
  CHECK(why.contradiction.witness == std::vector<std::size_t>{0});
}

TEST_CASE("a long history of a counter that lost an update is contradicted by two of its answers") {
  GeneratorPlan plan{.model = Model::counter, .operations = 600, .clients = 5};
  plan.bug = GeneratorPlan::Bug::lost_update;
  plan.bug_from = 0.8;
  for (plan.seed = 1; plan.seed <= 5; ++plan.seed) {
    const auto why = explain(generate_history(plan).operations, Model::counter);
    INFO("seed " << plan.seed << ": " << why.story);
    CHECK(why.contradiction.witness.size() == 2);
  }
}

TEST_CASE("long histories of lists and queues are contradicted by a few of their answers") {
  for (const Model model : {Model::log, Model::kv, Model::queue}) {
    GeneratorPlan plan{.model = model, .operations = 600, .clients = 5};
    plan.bug = GeneratorPlan::Bug::stale_read;
    plan.bug_from = 0.8;
    if (model == Model::kv) plan.mix = {{Action::read, 1}, {Action::append, 1}};
    if (model == Model::queue) plan.bug = GeneratorPlan::Bug::reordered;
    if (model == Model::queue) plan.operations = 100;
    for (plan.seed = 1; plan.seed <= 3; ++plan.seed) {
      const auto history = generate_history(plan).operations;
      if (linearizability_verdict(history, model, initial_value(model)) != Verdict::violation) continue;
      const auto why = explain(history, model);
      INFO(model_name(model) << ", seed " << plan.seed << ": " << why.story);
      CHECK(why.contradiction.witness.size() <= 4);
    }
  }
}

}  // namespace witness_test
