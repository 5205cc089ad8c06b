#include "sim/linearizability/linearizability.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "sim/history/objects/object_model.hpp"
#include "sim/linearizability/monitors/monitors.hpp"
#include "sim/linearizability/search/key_search.hpp"
#include "sim/linearizability/search/key_verdict.hpp"
#include "sim/linearizability/search/register_reduction.hpp"

namespace sim {
namespace {

bool holds_numbers_only(Model model) {
  return model == Model::counter || (holds_elements(model) && model != Model::log);
}

void require_allowed(std::span<const Operation> operations, Model model, const Value& initial) {
  const ObjectModel& object = object_model(model);
  const bool holds_one_kind = object.initial.kind() != Value::Kind::nil;
  if (holds_one_kind && initial.kind() != object.initial.kind()) {
    throw std::invalid_argument("the model can't hold this initial value");
  }
  std::uint32_t allowed = 0;  // a bit for each action
  for (const Action action : object.actions) allowed |= 1U << static_cast<unsigned>(action);
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const Operation& op = operations[i];
    if ((allowed >> static_cast<unsigned>(op.action) & 1U) == 0) {
      throw std::invalid_argument("operation " + std::to_string(i) + " has an action that the model lacks");
    }
    if (takes_argument(op.action) && holds_numbers_only(model) && op.argument.as_number() == nullptr) {
      throw std::invalid_argument("operation " + std::to_string(i) + " needs a number as its argument");
    }
  }
}

// Keys are independent objects, and a history is linearizable if and only if it is for each object (Herlihy
// and Wing's locality). Answers of a counter must be numbers; one that isn't is found here.
struct Keys {
  std::vector<std::uint32_t> order;  // places in the history, grouped by key

  explicit Keys(std::span<const Operation> operations) : order(operations.size()) {
    std::vector<std::uint64_t> keyed(operations.size());
    for (std::size_t i = 0; i < keyed.size(); ++i) keyed[i] = std::uint64_t{operations[i].key} << 32 | i;
    if (!std::ranges::is_sorted(keyed)) std::ranges::sort(keyed);
    for (std::size_t i = 0; i < keyed.size(); ++i) order[i] = static_cast<std::uint32_t>(keyed[i]);
  }

  // Calls `judge` for each key until it returns false.
  template <typename Judge> void each(std::span<const Operation> operations, const Judge& judge) const {
    for (std::size_t begin = 0; begin < order.size();) {
      std::size_t end = begin + 1;
      while (end < order.size() && operations[order[end]].key == operations[order[begin]].key) ++end;
      if (!judge(std::span(order).subspan(begin, end - begin))) return;
      begin = end;
    }
  }
};

// An answer of a counter that isn't a number can't come from one.
std::size_t find_impossible(std::span<const Operation> operations, Model model) {
  if (model != Model::counter) return operations.size();
  std::size_t i = 0;
  const auto possible = [&](const Operation& op) {
    const bool silent = op.action == Action::add && op.output.is_nil();
    return op.outcome != Outcome::ok || silent || op.output.as_number() != nullptr;
  };
  while (i < operations.size() && possible(operations[i])) ++i;
  return i;
}

Budget make_budget(const LinearizabilityBudget& budget) {
  return {.steps_max = budget.steps, .memory_max = budget.memory_bytes, .out_of_time = &budget.out_of_time};
}

// A size depends on all values at once, and no monitor knows those.
bool tells_sizes(std::span<const Operation> operations, std::span<const std::uint32_t> of_key) {
  return std::ranges::any_of(of_key, [&](std::uint32_t i) { return operations[i].action == Action::size; });
}

// Below this size the search is quick, too, and does as well as a monitor.
constexpr std::size_t kWorthMonitoring = 16;

std::optional<Monitored> monitor(const RegisterReduction& history, std::span<const std::uint32_t> of_key,
                                 Budget& spending) {
  const auto operations = history.operations();
  const Value& initial = history.initial();
  if (tells_sizes(operations, of_key)) return std::nullopt;
  switch (history.model()) {
    case Model::reg:
    case Model::cas_register:
    case Model::kv:
      if (of_key.size() < kWorthMonitoring) return std::nullopt;
      return monitor_register(operations, of_key, initial, spending);
    case Model::queue: return monitor_queue(operations, of_key, initial, spending);
    case Model::stack: return monitor_stack(operations, of_key, initial, spending);
    case Model::unordered_queue: return monitor_unordered_queue(operations, of_key, initial, spending);
    default: return std::nullopt;
  }
}

// Sets as they are, before the search takes them apart. Nothing if one of them is left undecided.
std::optional<Monitored> monitor_sets(std::span<const Operation> operations, const Value& initial,
                                      Budget& spending) {
  std::optional<Monitored> all{Monitored{}};
  Keys(operations).each(operations, [&](std::span<const std::uint32_t> of_key) {
    std::optional<Monitored> of_this;
    if (!tells_sizes(operations, of_key)) of_this = monitor_set(operations, of_key, initial, spending);
    const bool violated = of_this && !of_this->linearizable;
    if (!of_this || violated) all = std::move(of_this);
    return !violated && spending.exhausted == nullptr;
  });
  return all;
}

// The monitors' results for all keys, before anything is searched: a violation if there is one, and the keys
// that they leave to the search.
struct MonitoredKeys {
  std::optional<Monitored> violation{};
  std::vector<std::span<const std::uint32_t>> left{};
};

MonitoredKeys monitor_keys(const RegisterReduction& history, const Keys& keys, Budget& spending) {
  MonitoredKeys found;
  keys.each(history.operations(), [&](std::span<const std::uint32_t> of_key) {
    auto of_this = monitor(history, of_key, spending);
    if (!of_this) found.left.push_back(of_key);
    if (of_this && !of_this->linearizable) found.violation = std::move(of_this);
    return !found.violation && spending.exhausted == nullptr;
  });
  return found;
}

std::string unknown_story(const Budget& spending, std::uint32_t key, Model model) {
  const std::string where = model == Model::kv ? "key " + std::to_string(key) + ": " : std::string();
  return where + "undecided: the budget of " + spending.exhausted + " was spent after " +
         std::to_string(spending.steps) + " steps";
}

LinearizabilityResult contradicted(std::span<const Operation> operations, std::vector<std::size_t> witness) {
  LinearizabilityResult result{.verdict = Verdict::violation, .story = {}, .witness = std::move(witness)};
  result.prefix_end = std::ranges::max(result.witness, {}, [&](std::size_t i) {
    return operations[i].outcome == Outcome::ok ? operations[i].ret : Time::min();
  });
  return result;
}

// The keys that the monitors leave, one after the other.
LinearizabilityResult search_keys(const RegisterReduction& history, std::span<const Operation> operations,
                                  Model model, std::span<const std::span<const std::uint32_t>> keys,
                                  Budget& spending) {
  const auto undecided = [&](std::uint32_t key) {
    return LinearizabilityResult{.story = unknown_story(spending, key, model), .witness = {}};
  };
  for (const auto of_key : keys) {
    const std::uint32_t key = operations[of_key.front()].key;
    if (spending.spent_now(0)) return undecided(key);
    const KeyHistory searched =
        make_key_history(history.operations(), of_key, history.model(), history.initial());
    const KeyVerdict decided = search_key(searched, spending);
    if (decided.verdict == Verdict::unknown) return undecided(key);
    if (decided.verdict == Verdict::linearizable) continue;
    return {.verdict = Verdict::violation,
            .story = {},
            .witness = {},
            .prefix_end = searched.operations[decided.failing].index};
  }
  return {.verdict = Verdict::linearizable, .story = {}, .witness = {}};
}

LinearizabilityResult judge(std::span<const Operation> operations, Model model, const Value& initial,
                            Budget& spending) {
  if (const auto i = find_impossible(operations, model); i < operations.size()) {
    return contradicted(operations, {i});
  }
  if (model == Model::set && operations.size() >= kWorthMonitoring) {
    if (auto monitored = monitor_sets(operations, initial, spending)) {
      if (!monitored->linearizable) return contradicted(operations, std::move(monitored->witness));
      return {.verdict = Verdict::linearizable, .story = {}, .witness = {}};
    }
    if (spending.exhausted != nullptr) {
      return {.story = unknown_story(spending, operations.front().key, model), .witness = {}};
    }
  }
  const RegisterReduction reduction(operations, model, initial);
  const Keys keys(reduction.operations());
  MonitoredKeys monitored = monitor_keys(reduction, keys, spending);
  if (monitored.violation) return contradicted(operations, std::move(monitored.violation->witness));
  return search_keys(reduction, operations, model, monitored.left, spending);
}

}  // namespace

LinearizabilityResult judge_linearizability(std::span<const Operation> operations, Model model,
                                            const Value& initial, const LinearizabilityBudget& budget) {
  require_allowed(operations, model, initial);
  Budget spending = make_budget(budget);
  LinearizabilityResult result = judge(operations, model, initial, spending);
  result.steps = spending.steps;
  return result;
}

Verdict linearizability_verdict(std::span<const Operation> operations, Model model, const Value& initial,
                                const LinearizabilityBudget& budget, std::uint64_t* steps) {
  const LinearizabilityResult result = judge_linearizability(operations, model, initial, budget);
  if (steps != nullptr) *steps += result.steps;
  return result.verdict;
}

}  // namespace sim
