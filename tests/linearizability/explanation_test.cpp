// Does the judge say why, and is it true? Prefixes and witnesses are held against the definition, kinds of
// faults against histories with planted ones, orders against the answers that they must explain.
#include "sim/linearizability/explanation.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "sim/linearizability/search/just_in_time_sweep.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <sstream>

#include "sim/history/generator.hpp"
#include "sim/history/objects/object_model.hpp"
#include "sim/linearizability/explain/prefix.hpp"
#include "tests/support/brute_force.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judges_agree.hpp"
#include "tests/support/random_history.hpp"

namespace explanation_test {

using namespace sim;
using random_history::Dice;
using random_history::Shape;

Time at(std::int64_t ms) { return Time{} + std::chrono::milliseconds(ms); }

struct From {
  int client;
  std::int64_t call;
  std::int64_t ret;
};

Operation operation(From from, Action action) {
  Operation op;
  op.client.value = static_cast<std::uint16_t>(from.client);
  op.action = action;
  op.outcome = Outcome::ok;
  op.call = at(from.call);
  op.ret = at(from.ret);
  return op;
}

Operation write(From from, std::int64_t value) {
  Operation op = operation(from, Action::write);
  op.argument = value;
  return op;
}

Operation read(From from, Value value) {
  Operation op = operation(from, Action::read);
  op.output = std::move(value);
  return op;
}

Operation cas(From from, Value expected, std::int64_t value) {
  Operation op = operation(from, Action::cas);
  op.expected = std::move(expected);
  op.argument = value;
  op.output = truth(true);
  return op;
}

std::int64_t n(std::int64_t value) { return value; }

Explanation explain(const std::vector<Operation>& history, Model model) {
  const Value initial = initial_value(model);
  const auto found =
      check_linearizability(history, model, initial, {}, TimeUnit::nanoseconds, Detail::verdict);
  REQUIRE(found.verdict == Verdict::violation);
  return explain_violation(history, model, initial, found);
}

FaultKind kind_of(const std::vector<Operation>& history) {
  return *explain(history, Model::cas_register).kind;
}

// By definition: the first return at which what happened until then has no order.
std::size_t shortest_prefix(const std::vector<Operation>& history, const Value& initial, Model model) {
  const auto returns = returns_of(history);
  std::size_t rank = 0;
  while (brute_force::linearizable(prefix_until(history, returns, rank), initial, model)) ++rank;
  return returns[rank];
}

// By definition: whether no choice of the others has an order together with these.
bool contradict(const std::vector<Operation>& history, const std::vector<std::size_t>& some,
                const Value& initial, Model model) {
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (std::ranges::find(some, i) == some.end()) others.push_back(i);
  }
  for (std::uint32_t bits = 0; bits < 1U << others.size(); ++bits) {
    std::vector<Operation> chosen = history;
    for (std::size_t k = 0; k < others.size(); ++k) {
      if ((bits >> k & 1U) == 0) chosen[others[k]].outcome = Outcome::failed;
    }
    if (brute_force::linearizable(chosen, initial, model)) return false;
  }
  return true;
}

// What was called until the return of `last`, and what can contradict each other then, by definition.
struct Prefix {
  std::vector<Operation> operations{};
  std::vector<std::size_t> places{};
  std::size_t last = 0;
  Model model;

  Prefix(const std::vector<Operation>& history, std::size_t end, Model of) : model(of) {
    const auto returns = returns_of(history);
    const auto rank = static_cast<std::size_t>(std::ranges::find(returns, end) - returns.begin());
    operations = prefix_until(history, returns, rank, &places);
    last = here(end);
  }

  std::size_t here(std::size_t place) const {
    return static_cast<std::size_t>(std::ranges::find(places, place) - places.begin());
  }

  // The size of the smallest contradiction that has the last operation.
  std::size_t smallest_witness(const Value& initial) const {
    std::size_t smallest = operations.size();
    for (std::uint32_t bits = 1; bits < 1U << operations.size(); ++bits) {
      std::vector<std::size_t> some;
      for (std::size_t i = 0; i < operations.size(); ++i) {
        if ((bits >> i & 1U) != 0 && operations[i].outcome == Outcome::ok) some.push_back(i);
      }
      const bool all_answered = some.size() == static_cast<std::size_t>(std::popcount(bits));
      if (!all_answered || (bits >> last & 1U) == 0 || some.size() >= smallest) continue;
      if (brute_force::contradict(operations, some, initial, model)) smallest = some.size();
    }
    return smallest;
  }

  bool is_minimal(std::vector<std::size_t> witness, const Value& initial) const {
    for (std::size_t& i : witness) i = here(i);
    return std::ranges::none_of(witness, [&](std::size_t i) {
      auto fewer = witness;
      std::erase(fewer, i);
      return i != last && brute_force::contradict(operations, fewer, initial, model);
    });
  }
};

struct Tally {
  int violations = 0;
  int minimal = 0;
  int smallest = 0;
};

void hold_against_definition(const Shape& shape, std::uint64_t seed, Tally& tally) {
  const Value initial = initial_value(shape.model);
  Dice dice{seed};
  const auto history = random_history::make(shape, dice);
  if (brute_force::linearizable(history, initial, shape.model)) return;
  const Explanation explained = explain(history, shape.model);
  const Contradiction& why = explained.contradiction;
  INFO("model " << model_name(shape.model) << ", seed " << seed << ": " << explained.story << '\n'
                << judges::show(history, shape.model));
  REQUIRE(why.prefix_is_shortest);
  REQUIRE(history[why.prefix_end].ret == history[shortest_prefix(history, initial, shape.model)].ret);
  REQUIRE(std::ranges::find(why.witness, why.prefix_end) != why.witness.end());
  REQUIRE(contradict(history, why.witness, initial, shape.model));
  const Prefix prefix(history, why.prefix_end, shape.model);
  const std::size_t smallest = prefix.smallest_witness(initial);
  REQUIRE(why.witness.size() >= smallest);
  if (why.witness_is_smallest) REQUIRE(why.witness.size() == smallest);
  if (why.witness_is_minimal) REQUIRE(prefix.is_minimal(why.witness, initial));
  REQUIRE_FALSE(explained.story.empty());
  ++tally.violations;
  tally.minimal += why.witness_is_minimal;
  tally.smallest += why.witness_is_smallest;
}

TEST_CASE("prefix and witness are as short as the definition allows, for every model") {
  Tally tally;
  for (const ObjectModel* object : object_models()) {
    for (std::uint64_t seed = 50'000'000; seed < 50'000'300; ++seed) {
      Shape shape{.model = object->model, .operations = 6, .values = 2, .spoiled = 100};
      shape.whole = seed % 2 == 0;
      shape.distinct = seed % 3 == 0;
      hold_against_definition(shape, seed, tally);
    }
  }
  INFO(tally.minimal << " minimal, " << tally.smallest << " smallest of " << tally.violations);
  CHECK(tally.violations > 600);
  CHECK(tally.minimal == tally.violations);
  CHECK(100 * tally.smallest > 99 * tally.violations);
}

TEST_CASE("the same for 20,000 seeds of every model, by hand", "[.]") {
  Tally tally;
  for (const ObjectModel* object : object_models()) {
    for (std::uint64_t seed = 53'000'000; seed < 53'020'000; ++seed) {
      Shape shape{.model = object->model, .operations = 6, .values = 2, .spoiled = 100};
      shape.operations += static_cast<std::int64_t>(seed % 2);
      shape.values += static_cast<std::int64_t>(seed % 3);
      shape.pending = seed % 5 == 0 ? 40 : 10;
      shape.whole = seed % 7 < 3;
      shape.distinct = seed % 11 < 4;
      hold_against_definition(shape, seed, tally);
    }
  }
  WARN(tally.minimal << " minimal, " << tally.smallest << " smallest of " << tally.violations);
  CHECK(tally.minimal == tally.violations);
}

// Whether the search, too, says so of the whole history, with the others as recorded or not at all.
Verdict search_contradiction(const std::vector<Operation>& history, Model model,
                             const std::vector<std::size_t>& witness) {
  const Rewriting rewriting(history, model, initial_value(model));
  const auto all = rewriting.operations();
  std::vector<std::uint32_t> of_key;
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (all[i].key == all[witness.front()].key) of_key.push_back(i);
  }
  KeyHistory key = make_key_history(all, of_key, rewriting.model(), rewriting.initial());
  for (SweptOperation& op : key.operations) op.owed &= std::ranges::binary_search(witness, op.index);
  Spending spending{.steps_max = 3'000'000};
  return sweep(key, spending).verdict;
}

TEST_CASE("the witness of a long history is a contradiction by itself and for the search, and is short") {
  constexpr std::array bugs{GeneratorPlan::Bug::stale_read, GeneratorPlan::Bug::lost_update,
                            GeneratorPlan::Bug::reordered};
  std::vector<std::size_t> sizes;
  for (const ObjectModel* object : object_models()) {
    for (std::uint64_t seed = 1; seed <= 18; ++seed) {
      GeneratorPlan plan{.model = object->model, .operations = 150, .clients = 4, .seed = seed};
      plan.values = seed % 2 == 0 ? 0 : 2 + seed % 5;
      plan.bug = bugs[seed % bugs.size()];
      plan.bug_from = 0.4;
      plan.crashes = seed % 4 == 0 ? 4 : 0;
      if (object->model == Model::set && seed % 3 != 0)
        plan.mix = {{Action::read, 2}, {Action::insert, 1}, {Action::remove, 1}};
      const auto history = generate_history(plan).operations;
      const auto result = check_linearizability(history, plan.model, object->initial, {.steps = 3'000'000});
      if (result.verdict != Verdict::violation) continue;
      INFO(object->name << ", seed " << seed << ": " << result.story);
      std::vector<Operation> alone;
      for (const std::size_t i : result.witness) alone.push_back(history[i]);
      REQUIRE(linearizability_verdict(alone, plan.model, object->initial) == Verdict::violation);
      REQUIRE(search_contradiction(history, plan.model, result.witness) != Verdict::linearizable);
      // A value that was put in often must be taken out as often, and once more, to contradict itself; a
      // mutex that nobody signs must be locked once more than all that may have unlocked it; and whole
      // transactions hang together.
      const bool is_long = object->model == Model::unordered_queue || object->model == Model::mutex ||
                           object->model == Model::multi_register;
      if (!is_long) sizes.push_back(result.witness.size());
    }
  }
  std::ranges::sort(sizes);
  REQUIRE(sizes.size() > 60);
  INFO(sizes.size() << " violations, the longest witnesses: " << sizes[sizes.size() - 2] << ", "
                    << sizes.back());
  CHECK(sizes[sizes.size() / 2] <= 2);
  CHECK(sizes[sizes.size() * 9 / 10] <= 6);
}

TEST_CASE("the prefix ends at the first contradiction of any key") {
  auto late = read({1, 50, 60}, n(7));
  auto early = read({2, 10, 20}, n(8));
  early.key = 1;
  const auto why = explain({early, late}, Model::kv);
  CHECK(why.contradiction.prefix_end == 0);
  CHECK(why.prefix_operations == 1);
  CHECK(why.contradiction.witness == std::vector<std::size_t>{0});
}

TEST_CASE("a long history of a counter that lost an update is contradicted by two of its answers") {
  GeneratorPlan plan{.model = Model::counter, .operations = 600, .clients = 5};
  plan.bug = GeneratorPlan::Bug::lost_update;
  plan.bug_from = 0.8;
  for (plan.seed = 1; plan.seed <= 5; ++plan.seed) {
    const auto why = explain(generate_history(plan).operations, Model::counter);
    INFO("seed " << plan.seed << ": " << why.story);
    CHECK(why.contradiction.witness.size() == 2);
  }
}

TEST_CASE("long histories of lists and queues are contradicted by a few of their answers") {
  for (const Model model : {Model::log, Model::kv, Model::queue}) {
    GeneratorPlan plan{.model = model, .operations = 600, .clients = 5};
    plan.bug = GeneratorPlan::Bug::stale_read;
    plan.bug_from = 0.8;
    if (model == Model::kv) plan.mix = {{Action::read, 1}, {Action::append, 1}};
    if (model == Model::queue) plan.bug = GeneratorPlan::Bug::reordered;
    if (model == Model::queue) plan.operations = 100;
    for (plan.seed = 1; plan.seed <= 3; ++plan.seed) {
      const auto history = generate_history(plan).operations;
      if (linearizability_verdict(history, model, initial_value(model)) != Verdict::violation) continue;
      const auto why = explain(history, model);
      INFO(model_name(model) << ", seed " << plan.seed << ": " << why.story);
      CHECK(why.contradiction.witness.size() <= 4);
    }
  }
}

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

TEST_CASE("a read of an overwritten value is a stale read") {
  CHECK(kind_of({write({1, 0, 10}, 1), write({1, 20, 30}, 2), read({2, 40, 50}, n(1)),
                 read({2, 60, 70}, n(2))}) == FaultKind::stale_reads);
}

TEST_CASE("one lost write explains many old answers better than as many stale reads") {
  CHECK(kind_of({write({1, 0, 10}, 1), write({1, 20, 30}, 2), read({2, 40, 50}, n(1)),
                 read({2, 60, 70}, n(1))}) == FaultKind::lost_updates);
}

TEST_CASE("two cas from one value that both succeeded are a lost update") {
  CHECK(kind_of({write({1, 0, 10}, 1), cas({1, 20, 30}, n(1), 2), cas({2, 40, 50}, n(1), 3)}) ==
        FaultKind::lost_updates);
}

TEST_CASE("a value out of nowhere is neither a stale read nor a lost update") {
  CHECK(kind_of({write({1, 0, 10}, 1), read({2, 20, 30}, n(9))}) == FaultKind::neither);
  CHECK(kind_of({read({2, 0, 10}, n(1)), write({1, 20, 30}, 1)}) == FaultKind::neither);
}

TEST_CASE("a lost update on one key and a stale read that nothing else explains on another are neither") {
  auto first = write({1, 0, 10}, 1);
  auto second = cas({1, 20, 30}, n(1), 2);
  auto third = cas({2, 40, 50}, n(1), 3);
  std::vector<Operation> history{first, second, third};
  for (auto op :
       {write({3, 0, 10}, 1), write({3, 20, 30}, 2), read({3, 40, 50}, n(2)), read({3, 60, 70}, n(1))}) {
    op.key = 1;
    history.push_back(op);
  }
  CHECK(*explain(history, Model::kv).kind == FaultKind::neither);
}

// The kinds' definition, by trying every order: the fewest operations that must be faulty, if so many do.
class KindTwin {
 public:
  KindTwin(const std::vector<Operation>& history, bool stale) : stale_(stale) {
    std::ranges::copy_if(history, std::back_inserter(all_),
                         [](const Operation& op) { return op.outcome != Outcome::failed; });
    done_.assign(all_.size(), false);
  }

  std::optional<int> fewest() {
    for (int most = 0; most <= static_cast<int>(all_.size()); ++most) {
      if (search({Value{}}, most)) return most;
    }
    return std::nullopt;
  }

 private:
  // `states`: all that there were; the last is there now.
  bool search(const std::vector<Value>& states, int left) {
    bool all = true;
    for (std::size_t i = 0; i < all_.size(); ++i) all &= done_[i] || all_[i].outcome != Outcome::ok;
    if (all) return true;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (done_[i] || !ready(i)) continue;
      done_[i] = true;
      if (place(all_[i], states, left)) return true;
      done_[i] = false;
    }
    return false;
  }

  bool ready(std::size_t i) const {
    for (std::size_t k = 0; k < all_.size(); ++k) {
      if (!done_[k] && k != i && all_[k].outcome == Outcome::ok && all_[k].ret < all_[i].call) return false;
    }
    return true;
  }

  bool place(const Operation& op, const std::vector<Value>& states, int left) {
    const bool answered = op.outcome == Outcome::ok;
    const auto right = [&](const Value& state) {
      if (!answered || op.action == Action::write) return true;
      return op.action == Action::read ? op.output == state : op.output == truth(op.expected == state);
    };
    const bool looks =
        op.action == Action::read || (op.action == Action::cas && answered && op.output == truth(false));
    if (right(states.back())) {
      std::vector<Value> after = states;
      if (op.action == Action::write || (op.action == Action::cas && op.expected == states.back())) {
        after.push_back(op.argument);
      }
      if (search(after, left)) return true;
      return !stale_ && !looks && answered && left > 0 && search(states, left - 1);
    }
    return stale_ && looks && left > 0 && std::ranges::any_of(states, right) && search(states, left - 1);
  }

  std::vector<Operation> all_{};
  bool stale_;
  std::vector<bool> done_{};
};

TEST_CASE("the kind of fault is what its definition says") {
  std::array<int, 4> met{};
  for (std::uint64_t seed = 52'000'000; seed < 52'001'500; ++seed) {
    Dice dice{seed};
    const auto model = seed % 2 == 0 ? Model::reg : Model::cas_register;
    Shape shape{.model = model, .operations = 6, .values = 2 + static_cast<int>(seed % 3), .spoiled = 100};
    shape.pending = 10;
    auto history = random_history::make(shape, dice);
    for (Operation& op : history) {
      if (op.action != Action::stamp && op.action != Action::draw) continue;
      if (op.outcome == Outcome::ok) op.argument = op.output;
      if (op.outcome != Outcome::ok) op.argument = std::int64_t{1};
      op.action = Action::write;
      op.output = Nil{};
    }
    if (brute_force::linearizable(history, Nil{})) continue;
    const auto stale = KindTwin(history, true).fewest();
    const auto lost = KindTwin(history, false).fewest();
    const FaultKind expected = !stale && !lost                       ? FaultKind::neither
                               : stale && (!lost || *stale <= *lost) ? FaultKind::stale_reads
                                                                     : FaultKind::lost_updates;
    const FaultKind kind = classify_violation(history, model, Nil{});
    INFO("seed " << seed << ": " << fault_kind_name(kind) << ", expected " << fault_kind_name(expected));
    REQUIRE((kind == expected || kind == FaultKind::undecided));
    ++met[static_cast<std::size_t>(kind)];
  }
  INFO(met[0] << " stale, " << met[1] << " lost, " << met[2] << " neither, " << met[3] << " undecided");
  CHECK(met[0] > 20);
  CHECK(met[1] > 5);
  CHECK(met[2] > 20);
  CHECK(met[3] * 20 < met[0] + met[1] + met[2]);
}

TEST_CASE("planted faults get their names") {
  for (const Model model : {Model::reg, Model::cas_register}) {
    for (const auto bug : {GeneratorPlan::Bug::stale_read, GeneratorPlan::Bug::lost_update}) {
      int told = 0;
      int right = 0;
      for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        GeneratorPlan plan{.model = model, .operations = 100, .clients = 2};
        plan.bug = bug;
        if (model == Model::reg) plan.mix = {{Action::read, 5}, {Action::write, 1}};
        plan.seed = seed;
        const auto history = generate_history(plan).operations;
        if (linearizability_verdict(history, model, Nil{}) != Verdict::violation) continue;
        const FaultKind kind = classify_violation(history, model, Nil{});
        const bool stale = bug == GeneratorPlan::Bug::stale_read;
        ++told;
        right += kind == (stale ? FaultKind::stale_reads : FaultKind::lost_updates);
        INFO(model_name(model) << ", " << (stale ? "stale read" : "lost update") << ", seed " << seed);
        CHECK(kind != FaultKind::neither);
        CHECK(kind != FaultKind::undecided);
        if (stale) CHECK(kind == FaultKind::stale_reads);
      }
      INFO(model_name(model) << ", " << static_cast<int>(bug) << ": " << right << " of " << told);
      CHECK(told >= 5);
      CHECK(3 * right >= told);  // a lost update that one read shows looks like one stale read
    }
  }
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
