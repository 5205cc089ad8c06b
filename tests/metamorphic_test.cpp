// What must not change a verdict: another origin of time, other names of clients, keys and values, and
// cutting a history where nothing is open. And what may only help: a longer interval.
#include <algorithm>

#include "sim/check/linearizability.hpp"
#include "sim/check/linearizability_sweep.hpp"
#include "sim/check/monitors.hpp"
#include "sim/history/generator.hpp"
#include "sim/history/object_model.hpp"
#include "tests/catch.hpp"

namespace {

using namespace sim;

Verdict judged(const History& history) {
  return linearizability_verdict(history.operations, *history.model, initial_value(*history.model));
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
  return generate_history(plan);
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
    if (*history.model == Model::counter) return;  // whose values mean something
    for (Operation& op : history.operations) {
      change_values(op, [](std::int64_t value) { return 3 * value - 1'000'000; });
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

// Beyond what brute force can do: a monitor and the search on histories of some length.
TEST_CASE("monitors and search agree on longer histories") {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const GeneratorPlan plan{.model = seed % 2 == 0 ? Model::reg : Model::queue,
                             .operations = 60,
                             .clients = 2 + static_cast<std::uint32_t>(seed % 3),
                             .crashes = seed % 4,
                             .bug = static_cast<GeneratorPlan::Bug>(seed / 2 % 4),
                             .bugs = 1,
                             .seed = seed};
    const History history = generate_history(plan);
    std::vector<std::uint32_t> places(history.operations.size());
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = static_cast<std::uint32_t>(i);
    const Value initial = initial_value(plan.model);
    const auto monitored = plan.model == Model::reg ? monitor_register(history.operations, places, initial)
                                                    : monitor_queue(history.operations, places, initial);
    if (!monitored) continue;
    Spending spending{.steps_max = 20'000'000};
    const auto searched =
        sweep(make_key_history(history.operations, places, plan.model, initial), {}, spending);
    if (searched.verdict == Verdict::unknown) continue;
    INFO("seed " << seed);
    REQUIRE(monitored->linearizable == (searched.verdict == Verdict::linearizable));
    tally.count(searched.verdict);
  }
  CHECK(tally.linearizable > 50);
  CHECK(tally.violations > 50);
}

}  // namespace
