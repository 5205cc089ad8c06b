// Compare-and-sets by hand: what the monitor says of histories small enough to be understood, and of a large
// one.
#include <optional>
#include <vector>

#include "sim/history/generator.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/monitor_cases.hpp"

namespace {

using namespace sim;

constexpr std::int64_t kOpenEnd = -1;  // instead of a return: never answered

Operation cell_operation(Action action, std::int64_t call, std::int64_t ret) {
  Operation op;
  op.action = action;
  op.outcome = ret == kOpenEnd ? Outcome::pending : Outcome::ok;
  op.call = Time{Duration{call}};
  if (ret != kOpenEnd) op.ret = Time{Duration{ret}};
  return op;
}

Operation set_to(std::int64_t value, std::int64_t call, std::int64_t ret) {
  Operation op = cell_operation(Action::write, call, ret);
  op.argument = value;
  return op;
}

Operation saw(Value value, std::int64_t call, std::int64_t ret) {
  Operation op = cell_operation(Action::read, call, ret);
  op.output = std::move(value);
  return op;
}

Operation swap(Value from, std::int64_t to, std::int64_t call, std::int64_t ret, bool did = true) {
  Operation op = cell_operation(Action::cas, call, ret);
  op.expected = std::move(from);
  op.argument = to;
  if (ret != kOpenEnd) op.output = truth(did);
  return op;
}

Operation found_other(Value expected, std::int64_t call, std::int64_t ret) {
  return swap(std::move(expected), 99, call, ret, false);
}

Value value(std::int64_t n) { return n; }

std::optional<Monitored> judged(std::vector<Operation> history) {
  return monitor_cases::judged(std::move(history), Model::cas_register);
}

bool right(const std::vector<Operation>& history) {
  return monitor_cases::right(history, Model::cas_register);
}

TEST_CASE("a value that was swapped for another is never there again") {
  CHECK(right({set_to(1, 0, 1), swap(value(1), 2, 2, 3), saw(value(2), 4, 5)}));
  CHECK_FALSE(right({set_to(1, 0, 1), swap(value(1), 2, 2, 3), saw(value(1), 4, 5)}));
  CHECK(right({set_to(1, 0, 1), swap(value(1), 2, 2, 5), saw(value(1), 4, 5)}));
  CHECK_FALSE(right({swap(value(1), 2, 0, 1)}));
  CHECK_FALSE(right({swap(Nil{}, 1, 0, 9), swap(Nil{}, 2, 0, 9)}));
  CHECK_FALSE(right({swap(value(2), 1, 0, 9), swap(value(1), 2, 0, 9)}));
}

TEST_CASE("nothing comes between a value and the one that it was swapped for") {
  CHECK_FALSE(right({set_to(1, 0, 1), saw(value(1), 2, 3), set_to(3, 4, 5), saw(value(3), 6, 7),
                     swap(value(1), 2, 0, 9), saw(value(2), 8, 9)}));
  CHECK(right(
      {set_to(1, 0, 9), set_to(3, 4, 5), saw(value(3), 6, 7), swap(value(1), 2, 0, 9), saw(value(2), 8, 9)}));
}

TEST_CASE("an unanswered swap counts if its value was seen, and so does what it found") {
  CHECK(right({set_to(1, 0, 1), swap(value(1), 2, 2, kOpenEnd), saw(value(1), 4, 5)}));
  CHECK_FALSE(
      right({set_to(1, 0, 1), swap(value(1), 2, 2, kOpenEnd), saw(value(2), 4, 5), saw(value(1), 6, 7)}));
  CHECK(right({set_to(1, 0, kOpenEnd), swap(value(1), 2, 0, kOpenEnd), swap(value(2), 3, 0, 1)}));
  CHECK_FALSE(right({swap(value(1), 2, 0, kOpenEnd), swap(value(2), 3, 0, 1)}));
  CHECK_FALSE(right({set_to(1, 0, 9), swap(value(1), 2, 0, kOpenEnd), swap(value(1), 3, 0, kOpenEnd),
                     saw(value(2), 0, 9), saw(value(3), 0, 9)}));
}

TEST_CASE("a swap that failed lies before its value is written or behind the next writing") {
  CHECK(right({set_to(1, 0, 5), found_other(value(1), 1, 2), saw(value(1), 6, 7)}));
  CHECK(right({set_to(1, 0, 1), set_to(2, 2, 9), found_other(value(1), 3, 4), saw(value(2), 10, 11)}));
  CHECK(right({set_to(1, 0, 1), found_other(value(7), 2, 3)}));
  CHECK(right({set_to(1, 0, 1), found_other(Nil{}, 2, 3)}));
  CHECK_FALSE(judged({set_to(1, 0, 1), found_other(value(1), 2, 3)}).has_value());  // the search says no
  CHECK_FALSE(judged({found_other(Nil{}, 2, 3), set_to(1, 4, 5)}).has_value());
}

// The second must be written soon, since one found the first gone; the other one that failed is pushed behind
// the third.
TEST_CASE("swaps that failed make each other room") {
  CHECK(right({set_to(1, 0, 1), set_to(2, 2, 20), found_other(value(1), 3, 4), found_other(value(2), 5, 20),
               set_to(3, 2, 20), saw(value(3), 21, 22)}));
}

TEST_CASE("a large history of swaps is judged without a search, and so is a bug at its end") {
  for (const auto bug : {GeneratorPlan::Bug::none, GeneratorPlan::Bug::stale_read}) {
    const GeneratorPlan plan{.model = Model::cas_register,
                             .operations = 50'000,
                             .clients = 20,
                             .crashes = 100,
                             .bug = bug,
                             .bugs = 20,
                             .bug_from = 0.9,
                             .seed = 3};
    monitor_cases::judge_without_search(plan);
  }
}

}  // namespace
