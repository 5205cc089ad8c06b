// The search finds an order exactly when there is one. It is held against the definition for
// linearizability and for sequential consistency, and against histories known from the literature.
#include "sim/linearizability/search/order_search.hpp"

#include "tests/support/brute_force.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judges_agree.hpp"
#include "tests/support/random_history.hpp"

namespace order_search_test {

using namespace sim;
using judges::show;
using random_history::Dice;
using random_history::Shape;

constexpr Consistency kBoth[] = {Consistency::linearizable, Consistency::sequential};

// Every answered operation is in it, the answers are right one after the other, and nothing overtakes
// what it follows.
void require_explains(const std::vector<Operation>& history, const OrderFound& found, const Shape& shape,
                      Consistency consistency) {
  std::vector<Operation> in_order;
  for (const std::size_t i : found.order) in_order.push_back(history[i]);
  for (std::size_t i = 0; i < history.size(); ++i) {
    const bool there = std::ranges::find(found.order, i) != found.order.end();
    REQUIRE((there || history[i].outcome != Outcome::ok));
  }
  for (std::size_t a = 0; a < in_order.size(); ++a) {
    for (std::size_t b = a + 1; b < in_order.size(); ++b) {
      const bool related =
          consistency == Consistency::linearizable || in_order[a].client == in_order[b].client;
      REQUIRE_FALSE((related && in_order[b].ret < in_order[a].call));
    }
    in_order[a].call = Time{Duration{2 * static_cast<std::int64_t>(a)}};
    if (in_order[a].outcome == Outcome::ok)
      in_order[a].ret = Time{Duration{2 * static_cast<std::int64_t>(a) + 1}};
  }
  REQUIRE(brute_force::linearizable(in_order, random_history::Recorder::initial(shape), shape.model));
}

void compare_with_twin(const Shape& shape, int count, std::uint64_t first_seed) {
  const Value initial = random_history::Recorder::initial(shape);
  for (const Consistency consistency : kBoth) {
    int violations = 0;
    for (std::uint64_t seed = first_seed; seed < first_seed + static_cast<std::uint64_t>(count); ++seed) {
      Dice dice{seed};
      const auto history = random_history::make(shape, dice);
      const bool expected = consistency == Consistency::linearizable
                                ? brute_force::linearizable(history, initial, shape.model)
                                : brute_force::sequentially_consistent(history, initial, shape.model);
      const OrderFound found = search_order(history, shape.model, initial, {.consistency = consistency});
      violations += !expected;
      INFO("seed " << seed << ", " << (consistency == Consistency::sequential ? "sequential" : "linearizable")
                   << "\n"
                   << show(history, shape.model));
      REQUIRE(found.verdict == (expected ? Verdict::linearizable : Verdict::violation));
      if (expected) require_explains(history, found, shape, consistency);
    }
    INFO("violations " << violations << " of " << count << ", first seed " << first_seed);
    CHECK(violations * 50 >= count);
    CHECK(violations * 10 <= count * 9);
  }
}

TEST_CASE("an order is found exactly when the definition says that there is one, for every model") {
  for (const ObjectModel* object : object_models()) {
    const Model model = object->model;
    const std::uint64_t seed = 40'000'000 + 100'000 * static_cast<std::uint64_t>(model);
    const Shape shape{.model = model, .operations = 7, .keys = model == Model::kv ? 2 : 1, .spoiled = 100};
    compare_with_twin(shape, 1000, seed);
  }
  compare_with_twin({.model = Model::set, .operations = 6, .values = 2, .spoiled = 100, .whole = true}, 500,
                    41'000'000);
  compare_with_twin({.model = Model::kv, .operations = 6, .values = 2, .spoiled = 100, .text = true}, 500,
                    41'100'000);
}

TEST_CASE("search and twin agree when calls and returns coincide, or much is unanswered") {
  for (const Model model : {Model::reg, Model::cas_register, Model::queue}) {
    const std::uint64_t seed = 42'000'000 + 100'000 * static_cast<std::uint64_t>(model);
    compare_with_twin({.model = model, .operations = 6, .values = 2, .spoiled = 100, .touching = true}, 1000,
                      seed);
    compare_with_twin({.model = model, .operations = 6, .values = 2, .pending = 45, .spoiled = 100}, 1000,
                      seed + 50'000);
  }
}

}  // namespace order_search_test
