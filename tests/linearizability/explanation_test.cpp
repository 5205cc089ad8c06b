// The judge's explanations are true: stories, and orders against the answers that they must explain.
#include "sim/linearizability/explanation.hpp"

#include <algorithm>
#include <optional>

#include "sim/history/objects/object_model.hpp"
#include "sim/linearizability/explain/prefix.hpp"
#include "tests/linearizability/explained.hpp"
#include "tests/support/brute_force.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_history.hpp"

namespace explanation_test {

using namespace explained;
using random_history::Dice;
using random_history::Shape;

TEST_CASE("two that took out one value are told so") {
  auto put = operation({1, 0, 10}, Action::enqueue);
  put.argument = n(7);
  auto first = operation({2, 20, 30}, Action::dequeue);
  auto second = operation({3, 25, 40}, Action::dequeue);
  first.output = second.output = n(7);
  CHECK(explain({put, first, second}, Model::queue).story ==
        "dequeue by client 3 (25.0 ms to 40.0 ms) returned 7, and so did the dequeue by client 2 (20.0 ms to "
        "30.0 ms), though it was put in once");
}

TEST_CASE("the order that is handed out explains all answers, or all but the one that breaks it") {
  for (const ObjectModel* object : object_models()) {
    const Shape shape{.model = object->model, .operations = 7, .spoiled = 60};
    const Value initial = initial_value(shape.model);
    for (std::uint64_t seed = 51'000'000; seed < 51'000'200; ++seed) {
      Dice dice{seed};
      auto history = random_history::make(shape, dice);
      std::optional<std::size_t> end;
      if (!brute_force::linearizable(history, initial, object->model))
        end = explain(history, shape.model).contradiction.prefix_end;
      const auto order = find_linearization(history, shape.model, initial, end);
      INFO("model " << object->name << ", seed " << seed);
      if (end) {
        const auto returns = returns_of(history);
        const auto rank = std::ranges::find(returns, *end) - returns.begin();
        const Time last = history[*end].ret;
        for (auto k = static_cast<std::size_t>(rank); k < returns.size(); ++k)
          forget_answer(history[returns[k]]);
        for (Operation& op : history) op.outcome = op.call > last ? Outcome::failed : op.outcome;
      }
      for (std::size_t i = 0; i < history.size(); ++i) {
        const auto placed = std::ranges::find(order, i, &OrderedOperation::index);
        REQUIRE((placed != order.end() || history[i].outcome != Outcome::ok));
        if (placed == order.end()) continue;
        REQUIRE(placed->at >= history[i].call);
        REQUIRE(placed->at <= history[i].ret);
        history[i].call = history[i].ret = Time{Duration{1 + (placed - order.begin())}};
        history[i].client.value = 0;
        if (history[i].outcome == Outcome::pending) history[i].ret = kNever;
      }
      if (object->model != Model::lock) REQUIRE(brute_force::linearizable(history, initial, object->model));
    }
  }
}

}  // namespace explanation_test
