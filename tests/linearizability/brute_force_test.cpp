// The judge of linearizability agrees with its brute-force twin on random histories of every model.
#include <cstdint>
#include <vector>

#include "sim/history/objects/object_model.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "sim/linearizability/search/order_search.hpp"
#include "tests/support/brute_force.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judges_agree.hpp"
#include "tests/support/random_history.hpp"

namespace {

using namespace sim;
using judges::show;
using random_history::Dice;
using random_history::Shape;

constexpr auto kLinearizable = Verdict::linearizable;
constexpr auto kViolation = Verdict::violation;

// The second search must not contradict the first, and the order that it finds must be one.
bool agrees_order_search(const std::vector<Operation>& history, Model model, const Value& initial,
                         Verdict verdict) {
  const OrderFound found = search_order(history, model, initial, {}, {.steps = 1'000'000});
  if (found.verdict != Verdict::unknown && found.verdict != verdict) return false;
  Value state = initial;
  for (const std::size_t i : found.order) {
    const bool guessed = history[i].action == Action::stamp || history[i].action == Action::draw;
    if (guessed && history[i].outcome == Outcome::pending) return true;  // it isn't told what it wrote
    const Value output = object_model(model).execute(state, history[i]);
    const bool told = history[i].outcome == Outcome::ok && output_of(history[i].action) != Output::none;
    if (told && !answer_fits(history[i], output)) return false;
  }
  return true;
}

// Judge and twin on `count` random histories; both verdicts must be frequent, or the test would prove
// nothing.
void compare_with_twin(const Shape& shape, int count, std::uint64_t first_seed) {
  int violations = 0;
  const Value initial = random_history::Recorder::initial(shape);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(i);
    Dice dice{seed};
    const auto history = random_history::make(shape, dice);
    const bool expected = brute_force::linearizable(history, initial);
    const Verdict quick = linearizability_verdict(history, shape.model, initial);
    violations += !expected;
    if (shape.keys == 1 && !agrees_order_search(history, shape.model, initial, quick)) {
      FAIL("seed " << seed << ": the search for an order differs\n" << show(history, shape.model));
    }
    if (quick != (expected ? kLinearizable : kViolation)) {
      FAIL("seed " << seed << ": the twin says " << (expected ? "linearizable" : "violation")
                   << ", the judge " << verdict_name(quick) << "\n"
                   << show(history, shape.model));
    }
  }
  INFO("violations " << violations << " of " << count << ", first seed " << first_seed);
  CHECK(violations * 10 >= count);
  CHECK(violations * 10 <= count * 9);
}

TEST_CASE("the judge agrees with its brute-force twin on small random histories of every model") {
  compare_with_twin({.model = Model::reg, .operations = 7}, 4000, 1'000'000);
  compare_with_twin({.model = Model::cas_register, .operations = 7}, 4000, 2'000'000);
  compare_with_twin({.model = Model::kv, .operations = 7, .values = 2}, 4000, 3'000'000);
  compare_with_twin({.model = Model::kv, .operations = 7, .keys = 2}, 2000, 4'000'000);
  compare_with_twin({.model = Model::kv, .operations = 7, .values = 2, .text = true}, 2000, 5'000'000);
  compare_with_twin({.model = Model::counter, .operations = 7, .values = 2}, 3000, 6'000'000);
  compare_with_twin({.model = Model::log, .operations = 7, .values = 3, .spoiled = 100}, 3000, 7'000'000);
}

TEST_CASE("judge and twin agree when many operations are unanswered or overlap") {
  compare_with_twin({.model = Model::reg, .operations = 7, .clients = 6, .pending = 35, .spoiled = 100}, 2000,
                    8'000'000);
  compare_with_twin(
      {.model = Model::cas_register, .operations = 7, .clients = 6, .pending = 45, .spoiled = 90}, 2000,
      9'000'000);
  compare_with_twin({.model = Model::kv, .operations = 7, .values = 2, .clients = 6, .spoiled = 90}, 2000,
                    10'000'000);
}

TEST_CASE("judge and twin agree on collections and locks") {
  compare_with_twin({.model = Model::set, .operations = 7, .values = 2}, 3000, 31'000'000);
  compare_with_twin({.model = Model::set, .operations = 7, .values = 3, .spoiled = 90, .whole = true}, 3000,
                    32'000'000);
  compare_with_twin({.model = Model::set, .operations = 7, .values = 2, .keys = 2}, 2000, 33'000'000);
  for (const Model model : {Model::queue, Model::stack}) {
    const auto seed = 34'000'000 + 10'000'000 * static_cast<std::uint64_t>(model);
    compare_with_twin({.model = model, .operations = 7, .values = 2}, 3000, seed);
    compare_with_twin({.model = model, .operations = 7, .clients = 6, .pending = 40}, 2000, seed + 1'000'000);
    compare_with_twin({.model = model, .operations = 7, .distinct = true}, 3000, seed + 2'000'000);
    compare_with_twin({.model = model, .operations = 7, .clients = 5, .pending = 0, .distinct = true}, 3000,
                      seed + 3'000'000);
  }
  compare_with_twin({.model = Model::lock, .operations = 7}, 3000, 35'000'000);
  compare_with_twin({.model = Model::lock, .operations = 7, .clients = 5, .pending = 40, .spoiled = 90}, 3000,
                    36'000'000);
}

TEST_CASE("judge and twin agree when calls and returns coincide") {
  for (const Model model :
       {Model::reg, Model::cas_register, Model::kv, Model::queue, Model::stack, Model::lock}) {
    const auto seed = 11'000'000 + 1'000'000 * static_cast<std::uint64_t>(model);
    compare_with_twin({.model = model, .operations = 7, .values = 2, .spoiled = 100, .touching = true}, 2000,
                      seed);
  }
}

}  // namespace
