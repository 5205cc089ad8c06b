// Stacks by hand: what the monitor says of histories small enough to be understood, and of one that is large.
#include <algorithm>
#include <optional>
#include <vector>

#include "sim/history/generator.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/monitor_cases.hpp"

namespace {

using namespace sim;

Operation stack_operation(Action action, std::int64_t call, std::int64_t ret) {
  Operation op;
  op.action = action;
  op.outcome = ret < 0 ? Outcome::pending : Outcome::ok;
  op.call = Time{Duration{call}};
  if (ret >= 0) op.ret = Time{Duration{ret}};
  return op;
}

constexpr std::int64_t kUnanswered = -1;

Operation push(std::int64_t value, std::int64_t call, std::int64_t ret) {
  Operation op = stack_operation(Action::push, call, ret);
  op.argument = value;
  return op;
}

Operation pop(Value value, std::int64_t call, std::int64_t ret) {
  Operation op = stack_operation(Action::pop, call, ret);
  op.output = std::move(value);
  return op;
}

Value number(std::int64_t n) { return n; }

std::optional<Monitored> judged(std::vector<Operation> history) {
  return monitor_cases::judged(std::move(history), Model::stack);
}

bool right(const std::vector<Operation>& history) { return monitor_cases::right(history, Model::stack); }

TEST_CASE("what was pushed last is popped first, where pushes or pops don't overlap") {
  CHECK(right({push(1, 0, 1), push(2, 2, 3), pop(number(2), 4, 5), pop(number(1), 6, 7)}));
  CHECK_FALSE(right({push(1, 0, 1), push(2, 2, 3), pop(number(1), 4, 5), pop(number(2), 6, 7)}));
  CHECK(right({push(1, 0, 2), push(2, 1, 3), pop(number(1), 4, 5), pop(number(2), 6, 7)}));
  CHECK(right({push(1, 0, 1), push(2, 2, 3), pop(number(1), 4, 7), pop(number(2), 6, 8)}));
  CHECK(right({push(1, 0, 2), push(2, 2, 3), pop(number(1), 4, 5), pop(number(2), 6, 7)}));
}

TEST_CASE("a value that is popped must have been pushed, before that, and once") {
  CHECK_FALSE(right({pop(number(1), 0, 1)}));
  CHECK_FALSE(right({pop(number(1), 0, 1), push(1, 2, 3)}));
  CHECK_FALSE(right({push(1, 0, 1), pop(number(1), 2, 3), pop(number(1), 4, 5)}));
  CHECK(right({pop(number(1), 0, 2), push(1, 1, 3)}));
  CHECK(right({push(1, 0, kUnanswered), pop(number(1), 1, 2)}));
}

TEST_CASE("nothing is found only at a moment at which nothing need be in") {
  CHECK(right({push(1, 0, 3), pop(number(1), 3, 9), pop(Nil{}, 2, 4)}));
  CHECK_FALSE(right({push(1, 0, 2), pop(number(1), 6, 9), pop(Nil{}, 3, 5)}));
  CHECK_FALSE(right({push(1, 0, 2), pop(number(1), 6, 9), push(2, 3, 5), pop(Nil{}, 4, 7)}));
  CHECK(right({push(1, 0, 2), pop(number(1), 6, 9), push(2, 3, 6), pop(Nil{}, 4, 7)}));
}

// Each two of them can lie one on the other.
TEST_CASE("three values contradict each other though no two do") {
  const std::vector<Operation> history{push(1, 0, 1),          push(2, 2, 8),
                                       push(3, 15, 18),        pop(number(1), 10, 25),
                                       pop(number(2), 20, 31), pop(number(3), 30, 32)};
  const auto monitored = judged(history);
  REQUIRE(monitored.has_value());
  CHECK_FALSE(monitored->linearizable);
  CHECK(monitored->witness == std::vector<std::size_t>{0, 1, 2, 3, 4, 5});
  for (std::size_t out = 0; out < 3; ++out) {
    std::vector<Operation> two = history;
    two.erase(two.begin() + static_cast<std::ptrdiff_t>(out + 3));
    two.erase(two.begin() + static_cast<std::ptrdiff_t>(out));
    CHECK(right(two));
  }
}

TEST_CASE("an unanswered pop may have popped what is in the way, once, if it was called in time") {
  const auto covered = [](std::int64_t called) {
    return std::vector<Operation>{push(1, 0, 1), push(2, 2, 3), pop(number(1), 4, 6),
                                  pop(Nil{}, called, kUnanswered)};
  };
  CHECK(right(covered(6)));
  CHECK_FALSE(right(covered(7)));
  auto twice = covered(0);
  twice.push_back(push(3, 2, 3));
  CHECK_FALSE(right(twice));
  twice.push_back(pop(Nil{}, 5, kUnanswered));
  CHECK(right(twice));
}

TEST_CASE("a large stack is judged without a search, and so is a bug at its end") {
  for (const auto bug : {GeneratorPlan::Bug::none, GeneratorPlan::Bug::lost_update}) {
    const GeneratorPlan plan{.model = Model::stack,
                             .operations = 50'000,
                             .clients = 20,
                             .crashes = 10,
                             .bug = bug,
                             .bugs = 5,
                             .bug_from = 0.9,
                             .seed = 3};
    monitor_cases::judge_without_search(plan);
  }
}

}  // namespace
