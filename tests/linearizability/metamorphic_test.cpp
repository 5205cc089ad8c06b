// What must not change a verdict: another origin of time, other names of clients, keys and values, and
// cutting a history where nothing is open. And what may only help: a longer interval, an answer less, an
// unanswered operation more.
#include <algorithm>
#include <array>

#include "sim/history/generator.hpp"
#include "sim/history/history.hpp"
#include "sim/history/objects/object_model.hpp"
#include "sim/history/objects/transaction.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "sim/linearizability/monitors/monitors.hpp"
#include "sim/linearizability/search/just_in_time_search.hpp"
#include "sim/linearizability/search/order_search.hpp"
#include "sim/linearizability/verdict.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judges_agree.hpp"

namespace {

using namespace sim;

Verdict judged(const History& history) {
  return linearizability_verdict(history.operations, *history.model, initial_value(*history.model));
}

// Clients with several operations open, which also call at the very moment at which they are answered.
void tangle(History& history) {
  std::vector<Time> calls;
  for (Operation& op : history.operations) {
    op.client.value = static_cast<std::uint16_t>(op.client.value % 2);
    calls.push_back(op.call);
  }
  std::ranges::sort(calls);
  for (std::size_t i = 0; i < history.operations.size(); i += 2) {
    Operation& op = history.operations[i];
    const auto next = std::ranges::lower_bound(calls, op.ret);
    if (op.outcome == Outcome::ok && next != calls.end()) op.ret = *next;
  }
}

// Short enough that every verdict is reached; a third of them have a bug that shows.
History subject(const ObjectModel& model, std::uint64_t seed) {
  GeneratorPlan plan{.model = model.model,
                     .operations = 40,
                     .clients = 3 + static_cast<std::uint32_t>(seed % 3),
                     .keys = 1 + static_cast<std::uint32_t>(seed % 2),
                     .values = seed % 4 == 0 ? 0U : 4U,
                     .crashes = seed % 3,
                     .bug = static_cast<GeneratorPlan::Bug>(seed % 4),
                     .bugs = 2,
                     .seed = seed};
  History history = generate_history(plan);
  if (seed % 5 == 0) tangle(history);
  return history;
}

void change_values(Operation& op, const auto& change) {
  for (Value* value : {&op.argument, &op.expected, &op.output}) {
    const bool is_truth = value == &op.output && output_of(op.action) == Output::truth;
    if (is_truth) continue;
    if (auto* number = value->as_number()) *number = change(*number);
    if (auto* list = value->as_list()) std::ranges::transform(*list, list->begin(), change);
  }
}

struct Tally {
  int linearizable = 0;
  int violations = 0;
  void count(Verdict verdict) {
    linearizable += verdict == Verdict::linearizable;
    violations += verdict == Verdict::violation;
  }
};

template <typename Change> void verdicts_stay(std::uint64_t first_seed, const Change& change) {
  Tally tally;
  for (const ObjectModel* model : object_models()) {
    for (std::uint64_t seed = first_seed; seed < first_seed + 60; ++seed) {
      const History before = subject(*model, seed);
      History after = before;
      change(after);
      const Verdict verdict = judged(before);
      INFO("model " << model->name << ", seed " << seed);
      REQUIRE(judged(after) == verdict);
      tally.count(verdict);
    }
  }
  CHECK(tally.linearizable > 100);
  CHECK(tally.violations > 100);
}

TEST_CASE("shifting all times changes no verdict") {
  verdicts_stay(1, [](History& history) {
    for (Operation& op : history.operations) {
      op.call += std::chrono::hours(1);
      if (op.ret != kNever) op.ret += std::chrono::hours(1);
    }
  });
}

TEST_CASE("renaming clients changes no verdict") {
  verdicts_stay(100, [](History& history) {
    for (Operation& op : history.operations) {
      op.client.value = static_cast<std::uint16_t>(60'000 - op.client.value);
    }
  });
}

TEST_CASE("renaming keys changes no verdict") {
  verdicts_stay(200, [](History& history) {
    for (Operation& op : history.operations) op.key = 4'000'000'000U - op.key;
  });
}

TEST_CASE("renaming values changes no verdict") {
  verdicts_stay(300, [](History& history) {
    // Whose values mean something.
    if (*history.model == Model::counter || *history.model == Model::multi_register) return;
    const std::int64_t factor = history.seed % 2 == 0 ? 3 : -3;
    for (Operation& op : history.operations) {
      change_values(op, [=](std::int64_t value) { return factor * value - 1'000'000; });
    }
  });
}

TEST_CASE("the order in which a history's operations are listed changes no verdict") {
  verdicts_stay(400, [](History& history) { std::ranges::reverse(history.operations); });
}

TEST_CASE("a longer interval never turns a linearizable history into a violation") {
  int widened = 0;
  for (const ObjectModel* model : object_models()) {
    for (std::uint64_t seed = 500; seed < 560; ++seed) {
      History history = subject(*model, seed);
      if (judged(history) != Verdict::linearizable) continue;
      ++widened;
      for (std::size_t i = seed % 5; i < history.operations.size(); i += 5) {
        Operation& op = history.operations[i];
        op.call = std::max(Time{}, op.call - std::chrono::milliseconds(2));
        if (op.outcome == Outcome::ok) op.ret += std::chrono::milliseconds(2);
      }
      INFO("model " << model->name << ", seed " << seed);
      REQUIRE(judged(history) == Verdict::linearizable);
    }
  }
  CHECK(widened > 100);
}

// After a write that nothing overlaps, the past is forgotten: both parts can be judged alone.
TEST_CASE("cutting a history at a write that stands alone changes no verdict") {
  Tally tally;
  for (const Model model : {Model::reg, Model::cas_register, Model::kv}) {
    for (std::uint64_t seed = 600; seed < 700; ++seed) {
      const GeneratorPlan plan{.model = model,
                               .operations = 30,
                               .values = 4,
                               .bug = static_cast<GeneratorPlan::Bug>(seed % 4),
                               .bugs = 2,
                               .seed = seed};
      History first = generate_history(plan);
      GeneratorPlan other = plan;
      other.seed = seed + 1000;
      History second = generate_history(other);
      Operation reset = first.operations.front();
      reset.action = Action::write;
      reset.argument = std::int64_t{2};
      reset.output = reset.expected = Nil{};
      reset.call = Time{} + std::chrono::hours(1);
      reset.ret = reset.call + std::chrono::milliseconds(1);
      second.operations.insert(second.operations.begin(), reset);
      for (std::size_t i = 1; i < second.operations.size(); ++i) {
        second.operations[i].call += std::chrono::hours(2);
        second.operations[i].ret += std::chrono::hours(2);
      }
      History whole = first;
      whole.operations.insert(whole.operations.end(), second.operations.begin(), second.operations.end());
      const bool parts = judged(first) == Verdict::linearizable && judged(second) == Verdict::linearizable;
      INFO("model " << model_name(model) << ", seed " << seed);
      const Verdict verdict = judged(whole);
      REQUIRE((verdict == Verdict::linearizable) == parts);
      tally.count(verdict);
    }
  }
  CHECK(tally.violations > 50);
}

// Calls `change` on linearizable histories of every model; they must stay so.
template <typename Change> void stay_linearizable(std::uint64_t first_seed, const Change& change) {
  int changed = 0;
  for (const ObjectModel* model : object_models()) {
    for (std::uint64_t seed = first_seed; seed < first_seed + 60; ++seed) {
      History history = subject(*model, seed);
      if (judged(history) != Verdict::linearizable) continue;
      change(history);
      INFO("model " << model->name << ", seed " << seed);
      REQUIRE(judged(history) == Verdict::linearizable);
      ++changed;
    }
  }
  CHECK(changed > 100);
}

TEST_CASE("an answer less never turns a linearizable history into a violation") {
  stay_linearizable(700, [](History& history) {
    for (std::size_t i = history.seed % 7; i < history.operations.size(); i += 7) {
      Operation& op = history.operations[i];
      op.outcome = Outcome::pending;
      op.output = Nil{};
      op.ret = kNever;
    }
  });
}

TEST_CASE("an unanswered operation more never turns a linearizable history into a violation") {
  stay_linearizable(800, [](History& history) {
    Operation more = history.operations[history.seed % history.operations.size()];
    more.client.value = 50'000;
    more.outcome = Outcome::pending;
    more.output = Nil{};
    more.ret = kNever;
    history.operations.push_back(more);
  });
}

TEST_CASE("whoever only looked can be forgotten") {
  stay_linearizable(900, [](History& history) {
    std::erase_if(history.operations, [](const Operation& op) { return changed_nothing(op); });
  });
}

// One of the states that the object can be in after all of `operations`; its initial one if there is none.
Value state_after(std::vector<Operation> operations, const ObjectModel& model) {
  for (Operation& op : operations) {  // what these wrote isn't known
    const bool guessed = op.action == Action::stamp || op.action == Action::draw;
    if (guessed && op.outcome == Outcome::pending) op.outcome = Outcome::failed;
  }
  const OrderFound found = search_order(operations, model.model, model.initial, {}, {.steps = 1'000'000});
  Value state = model.initial;
  if (found.verdict != Verdict::linearizable) return state;
  for (const std::size_t i : found.order) model.execute(state, operations[i]);
  return state;
}

// Operations one after the other, from `at` on, that can only be answered so in `state`, and leave it as it
// is.
class Probe {
 public:
  Probe(Time at, Model model, const Value& state) : at_(at) {
    const List values = state.as_list() != nullptr ? *state.as_list() : List{};
    if (model == Model::lock || model == Model::mutex) {
      const auto* holder = state.as_number();
      const int client = holder != nullptr ? static_cast<int>(*holder) : 50'000;
      const bool held = holder != nullptr;
      add(held ? Action::release : Action::acquire, client, Nil{}, truth(true));
      add(held ? Action::acquire : Action::release, client, Nil{}, truth(true));
    } else if (model == Model::multi_register) {
      std::vector<TransactionStep> steps;  // on all that the generator knows
      for (std::int64_t reg = 0; reg < 4; ++reg) steps.push_back({TransactionStep::Kind::read, reg});
      Operation op;
      op.action = Action::txn;
      op.argument = transaction_argument(steps);
      Value copy = state;
      const Value output = object_model(model).execute(copy, op);
      add(Action::txn, 50'000, op.argument, output);
    } else if (model == Model::queue || model == Model::unordered_queue) {
      for (const std::int64_t value : values) add(Action::dequeue, 50'000, Nil{}, value);
      add(Action::dequeue, 50'000, Nil{}, Nil{});
      for (const std::int64_t value : values) add(Action::enqueue, 50'000, value, Nil{});
    } else if (model == Model::stack) {
      for (std::size_t i = values.size(); i-- > 0;) add(Action::pop, 50'000, Nil{}, values[i]);
      add(Action::pop, 50'000, Nil{}, Nil{});
      for (const std::int64_t value : values) add(Action::push, 50'000, value, Nil{});
    } else {
      add(Action::read, 50'000, Nil{}, state);
    }
  }

  const std::vector<Operation>& operations() const { return operations_; }

 private:
  void add(Action action, int client, Value argument, Value output) {
    Operation op;
    op.client.value = static_cast<std::uint16_t>(client);
    op.action = action;
    op.outcome = Outcome::ok;
    op.argument = std::move(argument);
    op.output = std::move(output);
    op.call = at_ += Duration{1};
    op.ret = at_ += Duration{1};
    operations_.push_back(op);
  }

  Time at_;
  std::vector<Operation> operations_{};
};

struct Halves {
  std::vector<Operation> before;
  std::vector<Operation> after;
};

// Nothing may be open at the cut: what is, ends before it or begins after it.
Halves cut(const History& history, Time at) {
  Halves halves;
  for (Operation op : history.operations) {
    const bool ends_before = op.ret < at || (op.call < at && op.ret - at < at - op.call);
    if (ends_before) {
      op.ret = std::min(op.ret, at);
      halves.before.push_back(op);
    } else {
      op.call = std::max(op.call, at) + std::chrono::hours(1);
      op.ret += std::chrono::hours(1);
      halves.after.push_back(op);
    }
  }
  return halves;
}

// Where it's known which state the object is in, the past matters no more: the whole is linearizable if and
// only if the past can lead to that state and the rest can start from it.
TEST_CASE("cutting a history where nothing is open and the state is known changes no verdict") {
  for (const ObjectModel* model : object_models()) {
    Tally tally;
    for (std::uint64_t seed = 1000; seed < 1150; ++seed) {
      GeneratorPlan plan{.model = model->model,
                         .operations = 24,
                         .clients = 2 + static_cast<std::uint32_t>(seed % 2),
                         .values = seed % 4 == 0 ? 0U : 4U,
                         .bug = static_cast<GeneratorPlan::Bug>(seed % 8 < 4 ? 0 : seed % 4),
                         .seed = seed};
      History history = generate_history(plan);
      const Time middle = history.operations[12].call + std::chrono::microseconds(1);
      if (seed % 5 == 0) tangle(history);
      const Halves halves = cut(history, middle);
      const Value state = seed % 6 == 0 ? model->initial : state_after(halves.before, *model);
      std::vector<Operation> past = halves.before;
      const Probe probe(middle, model->model, state);
      past.insert(past.end(), probe.operations().begin(), probe.operations().end());
      std::vector<Operation> whole = past;
      whole.insert(whole.end(), halves.after.begin(), halves.after.end());
      const auto linearizable = [&](const std::vector<Operation>& operations, const Value& initial) {
        return linearizability_verdict(operations, model->model, initial) == Verdict::linearizable;
      };
      INFO("model " << model->name << ", seed " << seed);
      const Verdict verdict = linearizability_verdict(whole, model->model, model->initial);
      REQUIRE(verdict != Verdict::unknown);
      REQUIRE((verdict == Verdict::linearizable) ==
              (linearizable(past, model->initial) && linearizable(halves.after, state)));
      tally.count(verdict);
    }
    INFO("model " << model->name << ", linearizable " << tally.linearizable);
    CHECK(tally.linearizable > 20);
    CHECK(tally.violations > 20);
  }
}

// Beyond what brute force can do: a monitor and the search on histories of some length.
TEST_CASE("monitors and search agree on longer histories") {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    constexpr std::array models{Model::reg, Model::cas_register, Model::queue, Model::stack};
    const GeneratorPlan plan{.model = models[seed % models.size()],
                             .operations = 60,
                             .clients = 2 + static_cast<std::uint32_t>(seed % 3),
                             .crashes = seed % 4,
                             .bug = static_cast<GeneratorPlan::Bug>(seed / 4 % 4),
                             .bugs = 1,
                             .seed = seed};
    const History history = generate_history(plan);
    std::vector<std::uint32_t> places(history.operations.size());
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = static_cast<std::uint32_t>(i);
    const Value initial = initial_value(plan.model);
    const auto monitored = judges::monitor(history.operations, places, plan.model, initial);
    if (!monitored) continue;
    Budget spending{.steps_max = 20'000'000};
    const auto searched =
        search_just_in_time(make_key_history(history.operations, places, plan.model, initial), spending);
    if (searched.verdict == Verdict::unknown) continue;
    INFO("seed " << seed);
    REQUIRE(monitored->linearizable == (searched.verdict == Verdict::linearizable));
    tally.count(searched.verdict);
  }
  CHECK(tally.linearizable > 50);
  CHECK(tally.violations > 50);
}

}  // namespace
