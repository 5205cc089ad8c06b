// Monitors apply where they should and agree with the definition: the monitor, the search and the
// brute-force twin must give the same verdict.
#include "sim/linearizability/monitors/monitors.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "sim/linearizability/verdict.hpp"

#include <array>
#include <functional>
#include <numeric>
#include <string>
#include <utility>

#include "sim/history/generator.hpp"
#include "sim/linearizability/search/just_in_time_search.hpp"
#include "sim/linearizability/search/key_history.hpp"
#include "tests/support/brute_force.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judges_agree.hpp"
#include "tests/support/random_history.hpp"

namespace {

using namespace sim;
using random_history::Dice;
using random_history::Shape;

using Monitor = std::optional<Monitored> (*)(std::span<const Operation>, std::span<const std::uint32_t>,
                                             const Value&, Budget&);

std::vector<std::uint32_t> places_of(const std::vector<Operation>& history) {
  std::vector<std::uint32_t> all(history.size());
  std::iota(all.begin(), all.end(), 0U);
  return all;
}

std::optional<Monitored> judge(Monitor monitor, const std::vector<Operation>& history, const Value& initial) {
  Budget spending;
  return monitor(history, places_of(history), initial, spending);
}

// What the monitor tells must contradict itself, whatever the others did: as the search sees it.
bool contradicts_itself(const std::vector<Operation>& history, Model model, const Monitored& monitored) {
  const auto places = places_of(history);
  KeyHistory key = make_key_history(history, places, model, initial_value(model));
  for (KeyOperation& op : key.operations) {
    op.owed &= std::ranges::find(monitored.witness, op.index) != monitored.witness.end();
  }
  Budget spending;
  return search_just_in_time(key, spending).verdict == Verdict::violation;
}

struct Tally {
  int judged = 0;
  int violations = 0;
};

Tally compare(Monitor monitor, const Shape& shape, int count, std::uint64_t first_seed) {
  Tally tally;
  const Value initial = initial_value(shape.model);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(i);
    Dice dice{seed};
    const auto history = random_history::make(shape, dice);
    const auto monitored = judge(monitor, history, initial);
    if (!monitored) continue;
    ++tally.judged;
    tally.violations += !monitored->linearizable;
    INFO("seed " << seed);
    REQUIRE(monitored->linearizable == brute_force::linearizable(history, initial));
    const auto places = places_of(history);
    Budget spending;
    const auto searched =
        search_just_in_time(make_key_history(history, places, shape.model, initial), spending);
    REQUIRE(monitored->linearizable == (searched.verdict == Verdict::linearizable));
    if (!monitored->linearizable) REQUIRE(contradicts_itself(history, shape.model, *monitored));
  }
  return tally;
}

// For histories with a few unanswered operations and many, by few clients and more.
void all_agree(Monitor monitor, Shape shape, int runs, std::uint64_t first, int judged_min) {
  for (const int pending : {0, 20, 50}) {
    for (const int clients : {2, 5}) {
      shape.pending = pending;
      shape.clients = clients;
      const auto seed = first + static_cast<std::uint64_t>(pending * 100'000 + clients * 10'000);
      const Tally tally = compare(monitor, shape, runs, seed);
      INFO("pending " << pending << ", clients " << clients);
      CHECK(tally.judged > judged_min);
      CHECK(tally.violations > 100);
      CHECK(tally.violations < tally.judged);
    }
  }
}

TEST_CASE("the register's monitor, the search and the twin agree") {
  for (const int pending : {0, 20, 50}) {
    const Shape shape{.model = Model::reg,
                      .operations = 8,
                      .clients = 4,
                      .pending = pending,
                      .spoiled = 90,
                      .distinct = true};
    const Tally tally =
        compare(monitor_register, shape, 5000, 40'000'000 + static_cast<std::uint64_t>(pending));
    CHECK(tally.judged > 500);
    CHECK(tally.violations > 100);
    CHECK(tally.violations < tally.judged);
  }
}

TEST_CASE("the monitor of compare-and-sets, the search and the twin agree") {
  const Shape shape{
      .model = Model::cas_register, .operations = 8, .spoiled = 80, .chained = true, .distinct = true};
  all_agree(monitor_register, shape, 4000, 46'000'000, 2000);
}

TEST_CASE("the queue's monitor, the search and the twin agree") {
  const Shape shape{.model = Model::queue, .operations = 8, .spoiled = 80, .distinct = true};
  all_agree(monitor_queue, shape, 3000, 41'000'000, 700);
}

TEST_CASE("the stack's monitor, the search and the twin agree") {
  const Shape shape{.model = Model::stack, .operations = 8, .spoiled = 80, .distinct = true};
  all_agree(monitor_stack, shape, 3000, 44'000'000, 700);
}

TEST_CASE("the set's monitor, the search and the twin agree: of elements, and of sets that grow") {
  for (const bool growing : {false, true}) {
    for (const int pending : {0, 20, 50}) {
      const Shape shape{.model = Model::set,
                        .operations = 8,
                        .values = 2,
                        .clients = 4,
                        .pending = pending,
                        .spoiled = 80,
                        .growing = growing,
                        .silent = growing ? 30 : 0};
      const auto seed = 45'000'000 + static_cast<std::uint64_t>(pending * 100'000 + growing * 10'000);
      const Tally tally = compare(monitor_set, shape, 3000, seed);
      INFO("growing " << growing << ", pending " << pending);
      CHECK(tally.judged > 2000);
      CHECK(tally.violations > 100);
      CHECK(tally.violations < tally.judged);
    }
  }
}

// Two clients with several operations open each, whose calls and returns often meet.
std::vector<Operation> crowded(const Shape& shape, std::uint64_t seed) {
  Dice dice{seed};
  auto history = random_history::make(shape, dice);
  for (Operation& op : history) op.client.value %= 2;
  return history;
}

TEST_CASE("monitor, search and twin agree when clients have several operations open and instants meet") {
  constexpr std::array<std::pair<Model, Monitor>, 5> monitors{{{Model::reg, monitor_register},
                                                               {Model::cas_register, monitor_register},
                                                               {Model::queue, monitor_queue},
                                                               {Model::stack, monitor_stack},
                                                               {Model::set, monitor_set}}};
  for (const auto& [model, monitor] : monitors) {
    Tally tally;
    const Value initial = initial_value(model);
    for (std::uint64_t seed = 42'000'000; seed < 42'006'000; ++seed) {
      const Shape shape{.model = model,
                        .operations = 7,
                        .clients = 4,
                        .spoiled = 90,
                        .touching = true,
                        .growing = model == Model::set,
                        .chained = model == Model::cas_register,
                        .distinct = model != Model::set};
      auto history = crowded(shape, seed);
      const bool expected = brute_force::linearizable(history, initial);
      INFO("seed " << seed << "\n" << judges::show(history, model));
      REQUIRE((linearizability_verdict(history, model, initial) == Verdict::linearizable) == expected);
      const auto monitored = judge(monitor, history, initial);
      if (monitored) REQUIRE(monitored->linearizable == expected);
      tally.judged += monitored.has_value();
      tally.violations += !expected;
    }
    CHECK(tally.judged > 50);
    CHECK(tally.violations > 500);
  }
}

TEST_CASE(
    "search and twin agree on every model when clients have several operations open and instants meet") {
  for (const ObjectModel* object : object_models()) {
    const Value initial = initial_value(object->model);
    int violations = 0;
    for (std::uint64_t seed = 43'000'000; seed < 43'003'000; ++seed) {
      const Shape shape{.model = object->model,
                        .operations = 7,
                        .values = 2,
                        .clients = 4,
                        .spoiled = 90,
                        .touching = true};
      const auto history = crowded(shape, seed);
      const bool expected = brute_force::linearizable(history, initial, object->model);
      INFO("seed " << seed << "\n" << judges::show(history, object->model));
      REQUIRE((linearizability_verdict(history, object->model, initial) == Verdict::linearizable) ==
              expected);
      violations += !expected;
    }
    INFO("model " << object->name);
    CHECK(violations > 200);
    CHECK(violations < 2900);
  }
}

// As if the time were up the n-th time that somebody asks, for every n.
TEST_CASE("a monitor whose time is up, or that needs too much memory, says nothing rather than something") {
  for (const Model model : {Model::reg, Model::cas_register, Model::queue, Model::stack, Model::set}) {
    for (const auto bug : {GeneratorPlan::Bug::none, GeneratorPlan::Bug::lost_update}) {
      GeneratorPlan plan{.model = model, .operations = 3000, .bug = bug, .bugs = 200};
      if (model == Model::set) plan.values = 10;
      if (model == Model::set) plan.mix = {{Action::insert, 1}, {Action::remove, 1}, {Action::contains, 1}};
      const auto history = generate_history(plan).operations;
      const auto whole = judges::monitor(history, places_of(history), model, initial_value(model));
      REQUIRE(whole.has_value());
      CHECK(whole->linearizable == (bug == GeneratorPlan::Bug::none));
      int stopped = 0;
      for (bool decided = false; !decided; ++stopped) {
        int asked = 0;
        const std::function<bool()> out_of_time = [&] { return ++asked > stopped; };
        Budget spending{.out_of_time = &out_of_time};
        const auto judged =
            judges::monitor(history, places_of(history), model, initial_value(model), spending);
        decided = judged.has_value();
        CHECK(decided == (spending.exhausted == nullptr));
        if (decided) CHECK(judged->linearizable == whole->linearizable);
        REQUIRE(stopped < 100);
      }
      CHECK(stopped > 1);
      Budget small{.memory_max = 1000};
      CHECK_FALSE(judges::monitor(history, places_of(history), model, initial_value(model), small));
      CHECK(small.exhausted == std::string("memory"));
    }
  }
}

TEST_CASE("a monitor leaves alone what it can't judge") {
  Dice dice{1};
  const Shape repeated{.model = Model::queue, .operations = 30, .values = 2};
  const auto history = random_history::make(repeated, dice);
  CHECK_FALSE(judge(monitor_queue, history, List{}).has_value());
  const Shape cas{.model = Model::cas_register, .operations = 30, .values = 3};
  const auto other = random_history::make(cas, dice);
  CHECK_FALSE(judge(monitor_register, other, Nil{}).has_value());
}

}  // namespace
