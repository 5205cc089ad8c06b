// An offered order is accepted only if it is a proof: against the brute-force verdict on random histories.
#include <algorithm>
#include <numeric>
#include <vector>

#include "sim/history/objects/object_model.hpp"
#include "sim/linearizability/given_order.hpp"
#include "tests/support/brute_force.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judges_agree.hpp"
#include "tests/support/random_history.hpp"

using namespace sim;

namespace {

Operation write_of(std::int64_t value, std::int64_t call, std::int64_t ret) {
  return {.client = ClientId{0},
          .action = Action::write,
          .outcome = Outcome::ok,
          .argument = value,
          .call = Time{Duration{call}},
          .ret = Time{Duration{ret}}};
}

Operation read_of(Value value, std::int64_t call, std::int64_t ret) {
  return {.client = ClientId{0},
          .outcome = Outcome::ok,
          .output = std::move(value),
          .call = Time{Duration{call}},
          .ret = Time{Duration{ret}}};
}

bool any_order_explains(const std::vector<Operation>& history, Model model, const Value& initial) {
  std::vector<std::uint32_t> order(history.size());
  std::iota(order.begin(), order.end(), 0u);
  do {
    for (std::size_t taken = 0; taken <= order.size(); ++taken) {
      if (explains({order.data(), taken}, history, model, initial)) return true;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return false;
}

bool explained(const std::vector<std::uint32_t>& order, const std::vector<Operation>& operations) {
  return explains(order, operations, Model::reg, Nil{});
}

}  // namespace

TEST_CASE("an order explains a history if it respects time and gives the answers") {
  const std::vector<Operation> history{write_of(1, 0, 10), write_of(2, 5, 15),
                                       read_of(std::int64_t{1}, 12, 20)};
  CHECK(explained({1, 0, 2}, history));        // the writes overlap
  CHECK_FALSE(explained({0, 1, 2}, history));  // the read would return 2
  CHECK_FALSE(explained({1, 2, 0}, history));  // the first write had returned before the read was called
  CHECK(explained({1, 0}, history));           // the read comes anywhere
  CHECK(explained({0, 1}, history));           // between the two
  CHECK_FALSE(explained({1}, history));        // the first write changes something
  CHECK_FALSE(explained({1, 0, 0, 2}, history));
}

TEST_CASE("operations at one instant may come in any order, failed ones in none, pending ones may come") {
  const std::vector<Operation> meet{write_of(1, 0, 10), read_of({}, 10, 20)};
  CHECK(explained({1, 0}, meet));
  std::vector<Operation> history{write_of(1, 0, 10), read_of(std::int64_t{1}, 12, 20)};
  history[0].outcome = Outcome::pending;
  history[0].ret = kNever;
  CHECK(explained({0, 1}, history));
  history[1].output = Nil{};
  CHECK(explained({1}, history));
  history[0].outcome = Outcome::failed;
  CHECK_FALSE(explained({0, 1}, history));
}

TEST_CASE("a pending stamp wrote nobody knows what, so that no order with it explains anything") {
  std::vector<Operation> history{{.client = ClientId{0}, .action = Action::stamp}, read_of({}, 5, 8)};
  CHECK_FALSE(explained({0, 1}, history));
  CHECK(explained({1}, history));
}

// All orders of each history: one explains it exactly when it is linearizable.
TEST_CASE("some order explains a random history exactly if it is linearizable: 400 histories a model") {
  for (const ObjectModel* object : object_models()) {
    if (object->model == Model::multi_register) continue;
    CAPTURE(object->name);
    const random_history::Shape shape{.model = object->model, .operations = 5};
    const Value initial = random_history::Recorder::initial(shape);
    int linearizable = 0;
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
      CAPTURE(seed);
      random_history::Dice dice{seed};
      const auto history = random_history::make(shape, dice);
      const bool expected = brute_force::linearizable(history, initial, object->model);
      const bool found = any_order_explains(history, object->model, initial);
      const bool unknown_write = std::ranges::any_of(history, [](const Operation& op) {
        return op.outcome == Outcome::pending && (op.action == Action::stamp || op.action == Action::draw);
      });
      if (unknown_write ? found && !expected : found != expected) FAIL(judges::show(history, object->model));
      linearizable += expected ? 1 : 0;
    }
    CHECK(linearizable > 100);
    CHECK(linearizable < 380);
  }
}
