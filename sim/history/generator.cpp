#include "sim/history/generator.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "sim/history/objects/object_model.hpp"
#include "sim/history/objects/transaction.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/kernel/rng.hpp"

namespace sim {
namespace {

constexpr std::uint64_t kLatencyMin = 200'000;  // ns
constexpr std::uint64_t kLatencySpread = 1'600'000;
constexpr std::int64_t kNeverHappens = std::numeric_limits<std::int64_t>::max();

class Generator {
 public:
  explicit Generator(const GeneratorPlan& plan)
      : plan_(plan),
        object_(object_model(plan.model)),
        rng_(plan.seed, "history"),
        mix_(plan.mix.empty() ? equal_mix() : plan.mix),
        cells_(plan.keys, object_.initial),
        past_(plan.keys) {
    require();
  }

  History run() {
    History history;
    history.scenario = "generated";
    history.protocol = plan_.bug == GeneratorPlan::Bug::none ? "one correct object" : "one object with a bug";
    history.seed = plan_.seed;
    history.model = plan_.model;
    draw_operations();
    choose_crashes();
    choose_victims();
    draw_times();
    execute_all();
    history.clients = next_client_;
    history.operations = std::move(operations_);
    std::ranges::stable_sort(history.operations, {}, &Operation::call);
    return history;
  }

 private:
  static bool looks(Action action) {
    return action == Action::read || action == Action::contains || action == Action::size;
  }

  // Stamps and draws are for runs: the values that they write are no part of a plan. Sizes must be asked for.
  std::vector<GeneratorPlan::Weight> equal_mix() const {
    std::uint64_t looking = 0;
    std::vector<GeneratorPlan::Weight> mix;
    for (const Action action : object_.actions) {
      if (action == Action::stamp || action == Action::draw || action == Action::size) continue;
      mix.push_back({action, 1});
      looking += looks(action);
    }
    for (auto& [action, weight] : mix)
      weight = looks(action) ? mix.size() - looking : std::max(looking, std::uint64_t{1});
    return mix;
  }

  void require() const {
    const auto refuse = [](const std::string& why) { throw std::invalid_argument(why); };
    if (plan_.operations == 0 || plan_.clients == 0 || plan_.keys == 0) {
      refuse("a history needs operations, clients and keys");
    }
    if (plan_.clients + plan_.crashes > 65'535) {
      refuse(std::to_string(plan_.clients) + " clients and " + std::to_string(plan_.crashes) +
             " that replace crashed ones; at most 65535 have a number");
    }
    std::uint64_t changing = 0;
    for (const auto& [action, weight] : mix_) {
      const bool planned = action == Action::stamp || action == Action::draw || !allows(object_, action);
      if (planned)
        refuse("the model " + std::string(object_.name) + " has no " + std::string(action_name(action)));
      if (!looks(action)) changing += weight;
    }
    if (changing == 0 && plan_.crashes > 0) refuse("the mix has no updates, and only updates can crash");
  }

  Action draw_action() {
    std::uint64_t total = 0;
    for (const auto& [action, weight] : mix_) total += weight;
    std::uint64_t at = rng_.below(total);
    for (const auto& [action, weight] : mix_) {
      if (at < weight) return action;
      at -= weight;
    }
    return mix_.back().action;
  }

  std::int64_t draw_value() {
    if (plan_.values > 0) return static_cast<std::int64_t>(1 + rng_.below(plan_.values));
    return ++last_value_;
  }

  void draw_operations() {
    operations_.resize(plan_.operations);
    for (Operation& op : operations_) {
      op.action = draw_action();
      op.outcome = Outcome::ok;
      op.key = static_cast<std::uint32_t>(rng_.below(plan_.keys));
    }
  }

  // Chosen among the operations that change something, each as likely as the others.
  void choose_crashes() {
    std::uint64_t left = static_cast<std::uint64_t>(
        std::ranges::count_if(operations_, [](const Operation& op) { return !looks(op.action); }));
    std::uint64_t wanted = plan_.crashes;
    for (Operation& op : operations_) {
      if (looks(op.action)) continue;
      if (wanted > 0 && rng_.below(left) < wanted) {
        op.outcome = Outcome::pending;
        --wanted;
      }
      --left;
    }
    if (wanted > 0) throw std::invalid_argument("there are fewer updates than should crash");
  }

  bool can_be_hit(const Operation& op) const {
    if (op.outcome != Outcome::ok) return false;
    if (plan_.bug == GeneratorPlan::Bug::stale_read) return output_of(op.action) != Output::none;
    return !looks(op.action);
  }

  void choose_victims() {
    if (plan_.bug == GeneratorPlan::Bug::none) return;
    const auto first = static_cast<std::size_t>(plan_.bug_from * static_cast<double>(operations_.size()));
    for (std::size_t i = std::max<std::size_t>(first, 1); i < operations_.size(); ++i) {
      if (can_be_hit(operations_[i])) victims_.push_back(i);
    }
    for (std::size_t i = 0; i < victims_.size() && i < plan_.bugs; ++i) {
      std::swap(victims_[i], victims_[i + rng_.below(victims_.size() - i)]);
    }
    if (victims_.size() < plan_.bugs) {
      throw std::invalid_argument("the bug can affect only " + std::to_string(victims_.size()) +
                                  " operations, fewer than wanted");
    }
    victims_.resize(plan_.bugs);
    std::ranges::sort(victims_);
  }

  bool is_victim(std::size_t i) const { return std::ranges::binary_search(victims_, i); }

  std::int64_t latency() { return static_cast<std::int64_t>(kLatencyMin + rng_.below(kLatencySpread)); }

  // The next operation belongs to whichever client is free first.
  void draw_times() {
    struct Free {
      std::int64_t at;
      std::uint32_t client;
      auto operator<=>(const Free&) const = default;
    };
    std::vector<Free> free;
    for (; next_client_ < plan_.clients; ++next_client_) {
      free.push_back({static_cast<std::int64_t>(rng_.below(kLatencySpread)), next_client_});
    }
    std::ranges::make_heap(free, std::greater{});
    instants_.resize(operations_.size());
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      std::ranges::pop_heap(free, std::greater{});
      Free& client = free.back();
      Operation& op = operations_[i];
      const std::int64_t call = client.at + 1, ret = call + latency();
      op.client.value = static_cast<std::uint16_t>(client.client);
      op.call = Time{Duration{call}};
      if (op.outcome == Outcome::ok) op.ret = Time{Duration{ret}};
      instants_[i] = instant_of(i, call, ret);
      client = {ret, op.outcome == Outcome::ok ? client.client : next_client_++};
      std::ranges::push_heap(free, std::greater{});
    }
  }

  std::int64_t instant_of(std::size_t i, std::int64_t call, std::int64_t ret) {
    const auto within = static_cast<std::uint64_t>(ret - call) + 1;
    if (operations_[i].outcome == Outcome::pending) {
      return rng_.chance(0.5) ? kNeverHappens : call + static_cast<std::int64_t>(rng_.below(within * 10));
    }
    const std::int64_t instant = call + static_cast<std::int64_t>(rng_.below(within));
    if (plan_.bug != GeneratorPlan::Bug::reordered || !is_victim(i)) return instant;
    return ret + 2 * latency() + latency();
  }

  void execute_all() {
    std::vector<std::uint32_t> order(operations_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>(i);
    std::ranges::sort(order, {}, [&](std::uint32_t i) { return std::pair(instants_[i], i); });
    for (const std::uint32_t i : order) {
      choose_arguments(operations_[i]);
      if (instants_[i] != kNeverHappens) execute(i);
    }
  }

  // Half of the compare-and-sets expect the present value.
  void choose_arguments(Operation& op) {
    if (op.action == Action::cas) {
      const auto known = plan_.values > 0 ? plan_.values : static_cast<std::uint64_t>(last_value_) + 1;
      op.expected = static_cast<std::int64_t>(1 + rng_.below(known));
      if (rng_.chance(0.5)) op.expected = cells_[op.key];
    }
    if (op.action == Action::txn) {
      op.argument = draw_transaction();
    } else if (op.action == Action::add) {
      op.argument = plan_.values > 0 ? draw_value() : 1;
    } else if (takes_argument(op.action)) {
      op.argument = draw_value();
    }
  }

  // One to four steps on four registers.
  Value draw_transaction() {
    std::vector<TransactionStep> steps(1 + rng_.below(4));
    for (TransactionStep& step : steps) {
      step.reg = static_cast<std::int64_t>(rng_.below(4));
      if (rng_.chance(0.5)) continue;
      step.kind = TransactionStep::Kind::write;
      step.value = draw_value();
    }
    return transaction_argument(steps);
  }

  // Any value may come out of an unordered queue.
  void choose_taken(Operation& op, const Value& cell) {
    if (plan_.model != Model::unordered_queue || op.action != Action::dequeue) return;
    const List& in = *cell.as_list();
    if (!in.empty()) op.output = in[rng_.below(in.size())];
  }

  void execute(std::size_t i) {
    Operation& op = operations_[i];
    Value& cell = cells_[op.key];
    choose_taken(op, cell);
    const bool hit = is_victim(i);
    Value output;
    if (hit && plan_.bug == GeneratorPlan::Bug::stale_read) {
      Value before = past_[op.key].empty() ? object_.initial : past_[op.key].front();
      output = object_.execute(before, op);
    } else if (hit && plan_.bug == GeneratorPlan::Bug::lost_update) {
      Value copy = cell;
      output = object_.execute(copy, op);
    } else {
      remember(op.key, cell, op);
      output = object_.execute(cell, op);
    }
    op.output = {};
    if (op.outcome == Outcome::ok && output_of(op.action) != Output::none) op.output = std::move(output);
  }

  // The states before the latest changes; the oldest of them is some milliseconds old. Only stale answers
  // need them.
  void remember(std::uint32_t key, const Value& cell, const Operation& op) {
    if (plan_.bug != GeneratorPlan::Bug::stale_read || looks(op.action)) return;
    auto& past = past_[key];
    past.push_back(cell);
    if (past.size() > 4 + 3 * std::size_t{plan_.clients} / plan_.keys) past.erase(past.begin());
  }

  const GeneratorPlan& plan_;
  const ObjectModel& object_;
  Rng rng_;
  std::vector<GeneratorPlan::Weight> mix_;
  std::vector<Operation> operations_{};
  std::vector<std::int64_t> instants_{};
  std::vector<std::size_t> victims_{};
  std::vector<Value> cells_;
  std::vector<std::vector<Value>> past_;
  std::uint32_t next_client_ = 0;
  std::int64_t last_value_ = 0;
};

}  // namespace

History generate_history(const GeneratorPlan& plan) { return Generator(plan).run(); }

}  // namespace sim
