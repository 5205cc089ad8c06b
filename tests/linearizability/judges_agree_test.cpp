// Every judge of a history agrees with the definition on random histories of every model. A
// sample by default; REPSIM_HISTORIES=100000 in the environment tries as many of each model.
#include <cstdlib>
#include <string>

#include "sim/history/generator.hpp"
#include "sim/history/vocabulary.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judges_agree.hpp"
#include "tests/support/random_history.hpp"

namespace {

using namespace sim;
using random_history::Dice;

int histories_per_model() {
  const char* wanted = std::getenv("REPSIM_HISTORIES");
  return wanted == nullptr ? 4000 : std::stoi(wanted);
}

struct Subject {
  std::vector<Operation> operations;
  Value initial;
};

// From one true object, with a few clients that crash and any of the generator's bugs, or none.
Subject generated(Model model, Dice& dice) {
  GeneratorPlan plan{.model = model,
                     .operations = 7,
                     .clients = static_cast<std::uint32_t>(2 + dice.below(4)),
                     .keys = dice.chance(15) ? 2U : 1U,
                     .values = dice.chance(40) ? 0U : 2U,
                     .bug = static_cast<GeneratorPlan::Bug>(dice.below(4)),
                     .bugs = static_cast<std::uint64_t>(1 + dice.below(2)),
                     .seed = dice.next()};
  if (plan.bug != GeneratorPlan::Bug::none) plan.operations = 8;
  const auto crashes = static_cast<std::uint64_t>(dice.below(4));
  for (plan.crashes = crashes;; plan.seed = dice.next()) {
    try {
      return {generate_history(plan).operations, initial_value(model)};
    } catch (const std::invalid_argument&) {  // too few operations to crash or to hit: another seed
    }
  }
}

// An order drawn first and spoiled then: more overlap, more unanswered operations, stranger answers.
Subject drawn(Model model, Dice& dice) {
  const bool holds_text = model == Model::kv;
  const random_history::Shape shape{.model = model,
                                    .operations = 5 + dice.below(3),
                                    .values = 2 + dice.below(2),
                                    .keys = dice.chance(15) ? 2 : 1,
                                    .clients = 2 + dice.below(4),
                                    .pending = dice.chance(50) ? 15 : 40,
                                    .spoiled = 70,
                                    .touching = dice.chance(30),
                                    .text = holds_text && dice.chance(40),
                                    .mixed = holds_text && dice.chance(30),
                                    .whole = dice.chance(50),
                                    .growing = model == Model::set && dice.chance(40),
                                    .silent = dice.chance(50) ? 0 : 30,
                                    .chained = dice.chance(50),
                                    .sizes = holds_elements(model) && dice.chance(15),
                                    .distinct = dice.chance(40)};
  return {random_history::make(shape, dice), random_history::Recorder::initial(shape)};
}

// Clients that have several operations open, and calls at the very moment of a return.
void blur(std::vector<Operation>& operations, Dice& dice) {
  if (dice.chance(30)) {
    for (Operation& op : operations) op.client.value = static_cast<std::uint16_t>(op.client.value % 2);
  }
  if (!dice.chance(30)) return;
  std::vector<Time> moments;
  for (const Operation& op : operations) moments.push_back(op.call);
  std::ranges::sort(moments);
  for (Operation& op : operations) {
    if (op.outcome != Outcome::ok) continue;
    const auto next = std::ranges::lower_bound(moments, op.ret);
    if (next != moments.end()) op.ret = *next;
  }
}

TEST_CASE("all judges agree with the definition on random histories of every model, with every bug") {
  const int count = histories_per_model();
  for (const ObjectModel* model : object_models()) {
    int violations = 0;
    int monitored = 0;
    for (int i = 0; i < count; ++i) {
      const std::uint64_t seed = 50'000'000 + static_cast<std::uint64_t>(i);
      Dice dice{seed};
      Subject subject = i % 2 == 0 ? generated(model->model, dice) : drawn(model->model, dice);
      blur(subject.operations, dice);
      const auto judged = judges::compare_all(subject.operations, model->model, subject.initial);
      if (!judged.problem.empty()) FAIL("seed " << seed << ": " << judged.problem);
      violations += !judged.linearizable;
      monitored += judged.monitored;
    }
    INFO("model " << model->name << ": " << violations << " violations, " << monitored << " monitored, of "
                  << count);
    CHECK(violations * 10 > count);
    CHECK(violations * 10 < count * 9);
    const bool has_monitor = model->model == Model::reg || model->model == Model::queue ||
                             model->model == Model::stack || model->model == Model::set ||
                             model->model == Model::unordered_queue;
    if (has_monitor) CHECK(monitored * 10 > count);
  }
}

// Every time is one of five, so that nearly all operations meet others at both of their ends. Times that were
// in order still are, or are equal now.
void collide(std::vector<Operation>& operations) {
  Time last{};
  for (const Operation& op : operations) last = std::max({last, op.call, op.ret == kNever ? last : op.ret});
  const auto squeezed = [&](Time time) {
    constexpr std::int64_t moments = 5;
    const std::int64_t whole = last.time_since_epoch().count() + 1;
    return Time{Duration{1 + time.time_since_epoch().count() * moments / whole}};
  };
  for (Operation& op : operations) {
    op.call = squeezed(op.call);
    if (op.ret != kNever) op.ret = squeezed(op.ret);
  }
}

// The rule of precedes() written out: then nothing meets anything else.
std::vector<Operation> parted(std::vector<Operation> operations) {
  for (Operation& op : operations) {
    op.call += op.call.time_since_epoch();
    if (op.ret != kNever) op.ret += op.ret.time_since_epoch() + Duration{1};
  }
  return operations;
}

TEST_CASE(
    "all judges agree with the definition where every time collides, and as if what meets were parted") {
  const int count = histories_per_model() / 2;
  for (const ObjectModel* model : object_models()) {
    int violations = 0;
    for (int i = 0; i < count; ++i) {
      const std::uint64_t seed = 60'000'000 + static_cast<std::uint64_t>(i);
      Dice dice{seed};
      Subject subject = i % 2 == 0 ? generated(model->model, dice) : drawn(model->model, dice);
      collide(subject.operations);
      if (dice.chance(50)) blur(subject.operations, dice);
      const auto judged = judges::compare_all(subject.operations, model->model, subject.initial);
      if (!judged.problem.empty()) FAIL("seed " << seed << ": " << judged.problem);
      const auto apart = parted(subject.operations);
      const Verdict same = linearizability_verdict(apart, model->model, subject.initial);
      if ((same == Verdict::linearizable) != judged.linearizable) FAIL("seed " << seed << ": parted");
      violations += !judged.linearizable;
    }
    INFO("model " << model->name << ": " << violations << " violations of " << count);
    CHECK(violations * 25 > count);
    CHECK(violations * 10 < count * 9);
  }
}

Operation operation(int client, Action action, std::int64_t call, std::int64_t ret) {
  Operation op;
  op.client.value = static_cast<std::uint16_t>(client);
  op.action = action;
  op.outcome = Outcome::ok;
  op.call = Time{Duration{call}};
  op.ret = Time{Duration{ret}};
  return op;
}

Operation write(int client, std::int64_t value, std::int64_t call, std::int64_t ret) {
  Operation op = operation(client, Action::write, call, ret);
  op.argument = value;
  return op;
}

Operation read(int client, std::int64_t value, std::int64_t call, std::int64_t ret) {
  Operation op = operation(client, Action::read, call, ret);
  op.output = value;
  return op;
}

std::string problem(const std::vector<Operation>& history, Model model) {
  return judges::compare_all(history, model, initial_value(model)).problem;
}

Verdict verdict(const std::vector<Operation>& history, Model model) {
  return linearizability_verdict(history, model, initial_value(model));
}

TEST_CASE("a call is concurrent with everything that returns at that moment, also of its own client") {
  const std::vector<Operation> history{write(0, 1, 0, 5), write(0, 2, 1, 5), read(0, 1, 5, 9),
                                       read(1, 2, 10, 11)};
  CHECK(verdict(history, Model::cas_register) == Verdict::linearizable);
  CHECK(problem(history, Model::cas_register).empty());
  auto later = history;
  later[2].call += Duration{1};
  CHECK(verdict(later, Model::cas_register) == Verdict::violation);
  CHECK(problem(later, Model::cas_register).empty());
  const std::vector<Operation> longer{write(0, 1, 0, 5), write(0, 2, 1, 9), write(0, 3, 5, 20),
                                      read(1, 3, 6, 7), read(1, 1, 8, 9)};
  CHECK(verdict(longer, Model::reg) == Verdict::violation);
  CHECK(problem(longer, Model::reg).empty());
}

TEST_CASE(
    "operations that take no time and share a moment are concurrent, in whatever order they are listed") {
  const std::vector<Operation> history{read(0, 1, 5, 9), write(1, 1, 0, 20), write(0, 2, 5, 5)};
  CHECK(problem(history, Model::reg).empty());
  const std::vector<Operation> listed_late{read(0, 1, 5, 7), read(0, 1, 0, 0), write(0, 1, 0, 0)};
  CHECK(verdict(listed_late, Model::reg) == Verdict::linearizable);
  CHECK(problem(listed_late, Model::reg).empty());
}

TEST_CASE("an append that follows its client's write at once can be hidden by another write") {
  Operation append = operation(3, Action::append, 0, 0);
  append.argument = std::string("b");
  std::vector<Operation> history{write(1, 0, 0, 0), write(3, 0, 0, 0), append, read(0, 0, 1, 1)};
  for (Operation& op : history) {
    if (op.action == Action::write) op.argument = std::string();
    if (op.action == Action::read) op.output = std::string();
  }
  CHECK(linearizability_verdict(history, Model::kv, std::string()) == Verdict::linearizable);
  CHECK(judges::compare_all(history, Model::kv, std::string()).problem.empty());
}

Operation append(int client, Value piece, std::int64_t call, std::int64_t ret) {
  Operation op = operation(client, Action::append, call, ret);
  op.argument = std::move(piece);
  return op;
}

Operation read_of(Value value, std::int64_t call, std::int64_t ret) {
  Operation op = operation(9, Action::read, call, ret);
  op.output = std::move(value);
  return op;
}

TEST_CASE("appending an empty text changes nothing, and isn't held against anybody") {
  const Value a = std::string("a"), nothing = std::string();
  const std::vector<Operation> history{append(0, nothing, 0, 1), append(0, a, 2, 3), append(0, nothing, 4, 5),
                                       read_of(a, 6, 7)};
  CHECK(linearizability_verdict(history, Model::kv, std::string()) == Verdict::linearizable);
  CHECK(judges::compare_all(history, Model::kv, std::string()).problem.empty());
  CHECK(verdict({append(0, nothing, 0, 1), read_of(nothing, 2, 3)}, Model::kv) == Verdict::linearizable);
  CHECK(verdict({append(0, nothing, 0, 1), read_of(Nil{}, 2, 3)}, Model::kv) == Verdict::violation);
}

TEST_CASE("what doesn't fit isn't appended: a number to a text, text to a list") {
  const Value a = std::string("a"), b = std::string("b"), one = std::int64_t{1}, two = std::int64_t{2};
  const auto right = [](const std::vector<Operation>& history) {
    CHECK(problem(history, Model::kv).empty());
    return verdict(history, Model::kv) == Verdict::linearizable;
  };
  CHECK(right(
      {append(0, a, 0, 1), append(0, one, 2, 3), append(0, b, 4, 5), read_of(std::string("ab"), 6, 7)}));
  CHECK(right({append(0, one, 0, 1), append(0, a, 2, 3), append(0, two, 4, 5), read_of(List{1, 2}, 6, 7)}));
  CHECK(right({write(0, 1, 0, 1), append(0, a, 2, 3), read_of(one, 4, 5)}));
  CHECK_FALSE(right({append(0, a, 0, 1), append(0, one, 2, 3), read_of(List{1}, 4, 5)}));
  CHECK(right({append(0, a, 0, 9), append(1, one, 0, 9), read_of(List{1}, 10, 11)}));
  CHECK(right({append(0, a, 0, 9), append(1, one, 0, 9), read_of(a, 10, 11)}));
}

TEST_CASE("a witness holds without the answers of the others: of a counter's adds and a queue's dequeues") {
  Operation once = operation(1, Action::add, 5, 14);
  once.argument = std::int64_t{1};
  Operation twice = once;
  once.output = std::int64_t{5};
  twice.output = std::int64_t{2};
  CHECK(problem({once, twice}, Model::counter).empty());

  Operation first = operation(3, Action::enqueue, 7, 12);
  first.argument = std::int64_t{3};
  Operation second = operation(0, Action::enqueue, 0, 0);
  second.argument = std::int64_t{1};
  Operation taken = operation(3, Action::dequeue, 8, 18);
  taken.output = std::int64_t{1};
  const Operation nothing_there = operation(2, Action::dequeue, 15, 30);
  CHECK(verdict({first, second, taken, nothing_there}, Model::queue) == Verdict::violation);
  CHECK(problem({first, second, taken, nothing_there}, Model::queue).empty());
}

TEST_CASE("an initial value that the model can't have is refused") {
  const std::vector<Operation> history{read(0, 1, 0, 1)};
  for (const Model model : {Model::counter, Model::log, Model::set}) {
    CHECK_THROWS_AS(linearizability_verdict(history, model, std::string("x")), std::invalid_argument);
    CHECK_THROWS_AS(linearizability_verdict(history, model, Nil{}), std::invalid_argument);
  }
}

}  // namespace
