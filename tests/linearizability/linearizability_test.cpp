// The judge of linearizability, held against cases that can be checked by hand and against laws
// that any judge must obey. Its brute-force twin is in brute_force_test.cpp.
#include "sim/linearizability/linearizability.hpp"

#include "sim/history/vocabulary.hpp"
#include "tests/support/brute_force.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judges_agree.hpp"
#include "tests/support/random_history.hpp"

namespace {

using namespace sim;
using judges::show;
using random_history::Dice;
using random_history::Shape;

std::int64_t n(std::int64_t value) { return value; }
Time ms(std::int64_t t) { return Time{} + std::chrono::milliseconds(t); }

struct When {
  std::int64_t call;
  std::int64_t ret;
};

Operation operation(int client, Action action, When when) {
  Operation op;
  op.client.value = static_cast<std::uint16_t>(client);
  op.action = action;
  op.outcome = Outcome::ok;
  op.call = ms(when.call);
  op.ret = ms(when.ret);
  return op;
}

Operation read(int client, Value output, When when) {
  Operation op = operation(client, Action::read, when);
  op.output = std::move(output);
  return op;
}

Operation write(int client, Value value, When when) {
  Operation op = operation(client, Action::write, when);
  op.argument = std::move(value);
  return op;
}

struct FromTo {
  std::int64_t from;
  std::int64_t to;
};

Operation cas(int client, FromTo values, bool succeeded, When when) {
  Operation op = operation(client, Action::cas, when);
  op.expected = values.from;
  op.argument = values.to;
  op.output = std::int64_t{succeeded};
  return op;
}

Operation append(int client, std::int64_t value, When when) {
  Operation op = operation(client, Action::append, when);
  op.argument = value;
  return op;
}

Operation add(int client, std::int64_t value, std::int64_t output, When when) {
  Operation op = operation(client, Action::add, when);
  op.argument = value;
  op.output = output;
  return op;
}

Operation unanswered(Operation op) {
  op.outcome = Outcome::pending;
  op.output = Nil{};
  op.ret = kNever;
  return op;
}

LinearizabilityResult check(const std::vector<Operation>& history, Model model) {
  const auto result = check_linearizability(history, model, initial_value(model));
  CHECK(linearizability_verdict(history, model, initial_value(model)) == result.verdict);
  return result;
}

Verdict verdict(const std::vector<Operation>& history, Model model = Model::cas_register) {
  return check(history, model).verdict;
}

constexpr auto kLinearizable = Verdict::linearizable;
constexpr auto kViolation = Verdict::violation;

TEST_CASE("a read of the last written value is linearizable") {
  CHECK(verdict({write(0, n(1), {0, 1}), read(1, n(1), {2, 3})}) == kLinearizable);
}

TEST_CASE("a read of what was there before anything was written is linearizable") {
  CHECK(verdict({read(0, Nil{}, {0, 1}), write(0, n(1), {2, 3})}) == kLinearizable);
  CHECK(verdict({read(0, n(0), {0, 1})}, Model::counter) == kLinearizable);
  CHECK(verdict({read(0, List{}, {0, 1})}, Model::log) == kLinearizable);
}

TEST_CASE("a stale read after an acknowledged write is a violation, and its story names both") {
  const std::vector<Operation> history{write(1, n(4), {0, 2}), write(0, n(5), {3, 9}),
                                       read(2, n(4), {12, 13})};
  const auto result = check(history, Model::kv);
  CHECK(result.verdict == kViolation);
  CHECK(result.witness == std::vector<std::size_t>{1, 2});
  CHECK(result.story ==
        "key 0: read by client 2 (12.0 ms to 13.0 ms) returned 4, though the write of 5 by client 0 had "
        "returned "
        "at 9.0 ms and nothing wrote 4 again");
}

TEST_CASE("a read of a value that nobody wrote is a violation by itself") {
  const auto result = check({write(0, n(1), {0, 1}), read(1, n(7), {2, 3})}, Model::reg);
  CHECK(result.verdict == kViolation);
  CHECK(result.witness == std::vector<std::size_t>{1});
  CHECK(result.story == "read by client 1 (2.0 ms to 3.0 ms) returned 7, a value that nothing ever wrote");
}

TEST_CASE("a read can't return what is written only later") {
  const auto result = check({read(1, n(1), {0, 1}), write(0, n(1), {2, 3})}, Model::reg);
  CHECK(result.verdict == kViolation);
  CHECK(result.story ==
        "read by client 1 (0.0 ms to 1.0 ms) returned 1 before anything that could have led to 1 was called");
}

TEST_CASE("a lost write is a violation: what was acknowledged can't be read as absent") {
  const auto result = check({write(0, n(5), {0, 1}), read(1, Nil{}, {2, 3})}, Model::reg);
  CHECK(result.verdict == kViolation);
  CHECK(result.story ==
        "read by client 1 (2.0 ms to 3.0 ms) returned nil, though the write of 5 by client 0 had returned at "
        "1.0 ms "
        "and nothing wrote nil again");
}

TEST_CASE("two reads that disagree on the order of two writes are a violation") {
  const std::vector<Operation> history{write(0, n(1), {0, 10}), write(1, n(2), {0, 10}),
                                       read(2, n(1), {11, 12}), read(2, n(2), {13, 14})};
  CHECK(verdict(history) == kViolation);
}

TEST_CASE("concurrent reads may see old and new, but not new and then old") {
  const auto w = write(0, n(1), {0, 100});
  CHECK(verdict({w, read(1, Nil{}, {10, 20}), read(2, n(1), {15, 25})}) == kLinearizable);
  CHECK(verdict({w, read(1, n(1), {10, 20}), read(2, Nil{}, {30, 40})}) == kViolation);
}

TEST_CASE("an unanswered write may take effect late, or never, but not twice") {
  const auto lost = unanswered(write(0, n(1), {0, 1}));
  CHECK(verdict({lost, read(1, Nil{}, {2, 3})}) == kLinearizable);
  CHECK(verdict({lost, read(1, Nil{}, {2, 3}), read(1, n(1), {100, 101})}) == kLinearizable);
  CHECK(verdict({lost, read(1, n(1), {2, 3}), write(2, n(2), {4, 5}), read(1, n(1), {6, 7})}) == kViolation);
}

TEST_CASE("a failed operation constrains nothing and did nothing") {
  auto gone = write(0, n(1), {0, 1});
  gone.outcome = Outcome::failed;
  CHECK(verdict({gone, read(1, Nil{}, {2, 3})}) == kLinearizable);
  CHECK(verdict({gone, read(1, n(1), {2, 3})}) == kViolation);
}

TEST_CASE("a failed cas that should have succeeded is a violation") {
  const std::vector<Operation> history{write(0, n(3), {0, 1}), cas(1, {3, 4}, false, {2, 3})};
  const auto result = check(history, Model::cas_register);
  CHECK(result.verdict == kViolation);
  CHECK(result.story ==
        "cas from 3 to 4 by client 1 (2.0 ms to 3.0 ms) failed, though the write of 3 by client 0 had "
        "returned at "
        "1.0 ms and nothing had changed it since");
  CHECK(verdict({write(0, n(3), {0, 1}), unanswered(write(2, n(9), {0, 1})),
                 cas(1, {3, 4}, false, {2, 3})}) == kLinearizable);
}

TEST_CASE("two cas from the same value can't both succeed") {
  CHECK(verdict({write(0, n(1), {0, 1}), cas(1, {1, 2}, true, {2, 9}), cas(2, {1, 3}, true, {2, 9})}) ==
        kViolation);
  CHECK(verdict({write(0, n(1), {0, 1}), cas(1, {1, 2}, true, {2, 9}), cas(2, {2, 1}, true, {2, 9})}) ==
        kLinearizable);
}

TEST_CASE("a concurrent write can't cover up two cas from a value that was there once") {
  const std::vector<Operation> history{write(0, n(1), {0, 1}), cas(1, {1, 2}, true, {2, 9}),
                                       cas(2, {1, 3}, true, {2, 9}), write(3, n(5), {2, 9}),
                                       read(4, n(5), {10, 11})};
  CHECK(verdict(history) == kViolation);
}

TEST_CASE("a counter's answers tell how often it was raised") {
  CHECK(verdict({add(0, 1, 1, {0, 5}), add(1, 1, 2, {0, 5}), read(2, n(2), {6, 7})}, Model::counter) ==
        kLinearizable);
  CHECK(verdict({add(0, 1, 1, {0, 5}), add(1, 1, 1, {0, 5})}, Model::counter) == kViolation);
  CHECK(verdict({unanswered(add(0, 1, 0, {0, 5})), add(1, 1, 2, {6, 7})}, Model::counter) == kLinearizable);
}

TEST_CASE("a log's reads must be prefixes of each other in real-time order") {
  const std::vector<Operation> good{append(0, 1, {0, 5}), append(1, 2, {0, 5}), read(2, List{2, 1}, {6, 7})};
  CHECK(verdict(good, Model::log) == kLinearizable);
  CHECK(verdict({good[0], good[1], read(2, List{1}, {6, 7})}, Model::log) == kViolation);
  CHECK(verdict({good[0], good[1], read(2, List{1, 2}, {2, 3}), read(3, List{2, 1}, {2, 4})}, Model::log) ==
        kViolation);
}

TEST_CASE("an unanswered stamp wrote a number that is known only when it's read") {
  auto stamp = operation(0, Action::stamp, {0, 1});
  stamp = unanswered(stamp);
  CHECK(verdict({stamp, read(1, n(77), {2, 3}), read(1, n(77), {4, 5})}, Model::reg) == kLinearizable);
  CHECK(verdict({stamp, read(1, n(77), {2, 3}), read(1, n(78), {4, 5})}, Model::reg) == kViolation);
}

TEST_CASE("keys are independent, and the story names the key") {
  auto w = write(0, n(1), {0, 1});
  auto r = read(1, Nil{}, {2, 3});
  w.key = 2;
  r.key = 3;
  CHECK(verdict({w, r}, Model::kv) == kLinearizable);
  r.key = 2;
  CHECK(check({w, r}, Model::kv).story.starts_with("key 2: "));
}

TEST_CASE("operations that meet at one instant are concurrent, of two clients and of one") {
  CHECK(verdict({write(0, n(1), {0, 5}), read(1, Nil{}, {5, 9})}) == kLinearizable);
  CHECK(verdict({write(0, n(1), {0, 5}), read(0, Nil{}, {5, 9})}) == kLinearizable);
  CHECK(verdict({write(0, n(1), {0, 5}), read(0, Nil{}, {6, 9})}) == kViolation);
  CHECK(verdict({write(0, n(1), {5, 5}), read(0, Nil{}, {5, 5})}) == kLinearizable);
  CHECK(verdict({read(0, n(1), {0, 5}), write(0, n(1), {5, 5})}) == kLinearizable);
}

TEST_CASE("an action that the model doesn't have is refused") {
  CHECK_THROWS_AS(check_linearizability(std::vector{append(0, 1, {0, 1})}, Model::reg, Nil{}),
                  std::invalid_argument);
}

TEST_CASE("an initial value that the model can't hold is refused") {
  const std::vector<Operation> history{append(0, 1, {0, 1})};
  CHECK_THROWS_AS(check_linearizability(history, Model::log, n(4)), std::invalid_argument);
  CHECK_THROWS_AS(linearizability_verdict({}, Model::counter, Nil{}), std::invalid_argument);
  CHECK_THROWS_AS(linearizability_verdict({}, Model::queue, n(1)), std::invalid_argument);
}

TEST_CASE("an empty history is linearizable") { CHECK(verdict({}) == kLinearizable); }

TEST_CASE("a spent budget gives unknown, never a guess, and says what was spent") {
  std::vector<Operation> history;
  for (int i = 0; i < 40; ++i) history.push_back(cas(i, {i % 5, (i * 7 + 1) % 5}, true, {0, 100}));
  history.push_back(read(50, n(9), {200, 201}));
  LinearizabilityBudget budget{.steps = 1000};
  const auto result = check_linearizability(history, Model::cas_register, n(0), budget);
  CHECK(result.verdict == Verdict::unknown);
  CHECK(result.story.find("budget of steps") != std::string::npos);
  CHECK(result.witness.empty());
  budget = {.steps = 1'000'000'000, .out_of_time = [] { return true; }};
  CHECK(linearizability_verdict(history, Model::cas_register, n(0), budget) == Verdict::unknown);
}

TEST_CASE("a witness is a contradiction whatever the other operations did") {
  int violations = 0;
  for (std::uint64_t seed = 20'000'000; seed < 20'002'000; ++seed) {
    Dice dice{seed};
    const Shape shape{
        .model = seed % 2 == 0 ? Model::reg : Model::cas_register, .operations = 7, .spoiled = 100};
    const auto history = random_history::make(shape, dice);
    const auto result = check(history, shape.model);
    if (result.verdict != kViolation) continue;
    ++violations;
    INFO("seed " << seed << "\n" << show(history, shape.model) << result.story);
    REQUIRE_FALSE(result.witness.empty());
    REQUIRE_FALSE(result.story.empty());
    REQUIRE(brute_force::contradict(history, result.witness, Nil{}));
  }
  CHECK(violations > 200);
}

TEST_CASE("verdicts don't depend on the origin of time, the names of clients or the order of the list") {
  for (std::uint64_t seed = 21'000'000; seed < 21'001'000; ++seed) {
    Dice dice{seed};
    const Shape shape{.model = Model::cas_register, .operations = 12, .clients = 4};
    auto history = random_history::make(shape, dice);
    const Verdict before = verdict(history);
    for (auto& op : history) {
      op.call += 1h;
      if (op.ret != kNever) op.ret += 1h;
      op.client.value = static_cast<std::uint16_t>(1000 - op.client.value);
    }
    std::ranges::reverse(history);
    INFO("seed " << seed << "\n" << show(history, shape.model));
    REQUIRE(verdict(history) == before);
  }
}

TEST_CASE("widening an interval never turns a linearizable history into a violation") {
  int linearizable = 0;
  for (std::uint64_t seed = 22'000'000; seed < 22'002'000; ++seed) {
    Dice dice{seed};
    const Shape shape{
        .model = seed % 2 == 0 ? Model::cas_register : Model::kv, .operations = 12, .clients = 4};
    auto history = random_history::make(shape, dice);
    if (verdict(history, shape.model) != kLinearizable) continue;
    ++linearizable;
    auto& op = history[static_cast<std::size_t>(dice.below(shape.operations))];
    op.call = std::max(Time{}, op.call - Duration{dice.below(50)});
    op.client.value = 99;  // a client may not overlap with itself
    if (op.outcome == Outcome::ok && dice.chance(30)) op = unanswered(op);
    if (op.outcome == Outcome::ok) op.ret += Duration{dice.below(50)};
    INFO("seed " << seed << "\n" << show(history, shape.model));
    REQUIRE(verdict(history, shape.model) == kLinearizable);
  }
  CHECK(linearizable > 500);
}

TEST_CASE("long histories of a true object are linearizable, and one stale read in them is found") {
  for (const Model model : {Model::reg, Model::cas_register, Model::kv, Model::counter, Model::log}) {
    Dice dice{23'000'000 + static_cast<std::uint64_t>(model)};
    const Shape shape{
        .model = model, .operations = 300, .values = 1000, .clients = 5, .pending = 3, .spoiled = 0};
    auto history = random_history::make(shape, dice);
    INFO("model " << model_name(model));
    CHECK(verdict(history, model) == kLinearizable);
    auto late = history.back();
    late = read(77, initial_value(model), {1'000'000, 1'000'001});
    history.push_back(late);
    const auto result = check(history, model);
    CHECK(result.verdict == kViolation);
    CHECK_FALSE(result.witness.empty());
  }
}

}  // namespace
