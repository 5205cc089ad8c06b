#include "sim/linearizability/explanation.hpp"

#include <algorithm>
#include <map>

#include "sim/linearizability/explain/prefix.hpp"
#include "sim/linearizability/explain/story.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "sim/linearizability/search/order_search.hpp"

namespace sim {
namespace {

std::map<std::uint32_t, std::vector<std::size_t>> by_key(std::span<const Operation> all) {
  std::map<std::uint32_t, std::vector<std::size_t>> keys;
  for (std::size_t i = 0; i < all.size(); ++i) keys[all[i].key].push_back(i);
  return keys;
}

std::vector<Operation> picked(std::span<const Operation> all, std::span<const std::size_t> places) {
  std::vector<Operation> some;
  some.reserve(places.size());
  for (const std::size_t i : places) some.push_back(all[i]);
  return some;
}

bool is_classified(std::span<const Operation> all, Model model) {
  if (model == Model::reg || model == Model::cas_register) return true;
  const auto appends = [](const Operation& op) { return op.action == Action::append; };
  return model == Model::kv && std::ranges::none_of(all, appends);
}

}  // namespace

LinearizabilityResult check_linearizability(std::span<const Operation> operations, Model model,
                                            const Value& initial, const LinearizabilityBudget& budget,
                                            TimeUnit unit, Detail detail) {
  LinearizabilityResult result = judge_linearizability(operations, model, initial, budget);
  if (result.verdict != Verdict::violation || detail == Detail::verdict) return result;
  LinearizabilityBudget left = budget;
  left.steps -= std::min(left.steps, result.steps);
  Contradiction why = find_contradiction(operations, model, initial, result, left);
  result.witness = std::move(why.witness);
  result.prefix_end = why.prefix_end;
  result.steps += why.steps;
  const StoryContext context{.model = model, .initial = initial, .unit = unit};
  if (result.witness.size() <= kMostToRead) {
    result.story = tell_violation(operations, result.witness, context);
    return result;
  }
  left.steps = std::min(kStepsToDeadEnd, budget.steps - std::min(budget.steps, result.steps));
  const DeadEnd end = find_dead_end(operations, model, initial, why.prefix_end, left, result.steps);
  result.story = tell_dead_end(operations, end, context);
  return result;
}

Explanation explain_violation(std::span<const Operation> operations, Model model, const Value& initial,
                              const LinearizabilityResult& found, TimeUnit unit,
                              const LinearizabilityBudget& budget) {
  Explanation why;
  why.contradiction = find_contradiction(operations, model, initial, found, budget);
  const std::vector<std::size_t>& witness = why.contradiction.witness;
  const Time end = operations[why.contradiction.prefix_end].ret;
  why.prefix_operations = static_cast<std::size_t>(
      std::ranges::count_if(operations, [&](const Operation& op) { return op.call <= end; }));
  why.steps = why.contradiction.steps;
  const StoryContext context{.model = model, .initial = initial, .unit = unit};
  if (witness.size() > kMostToRead) {
    LinearizabilityBudget some = budget;
    some.steps = std::min(kStepsToDeadEnd, budget.steps - std::min(budget.steps, why.steps));
    why.dead_end = find_dead_end(operations, model, initial, why.contradiction.prefix_end, some, why.steps);
    why.story = tell_dead_end(operations, *why.dead_end, context);
  } else {
    why.story = tell_violation(operations, witness, context);
  }
  if (!is_classified(operations, model)) return why;
  if (time_is_up(budget)) {
    why.kind = FaultKind::undecided;
    return why;
  }
  LinearizabilityBudget left = budget;
  left.steps = std::min(budget.steps - std::min(budget.steps, why.steps),
                        4'000'000 + 4 * (found.steps + 16 * operations.size()));
  why.kind = classify_violation(operations, model, initial, witness, left, &why.steps);
  return why;
}

std::vector<OrderedOperation> find_linearization(std::span<const Operation> operations, Model model,
                                                 const Value& initial, std::optional<std::size_t> prefix_end,
                                                 const LinearizabilityBudget& budget) {
  std::vector<Operation> all(operations.begin(), operations.end());
  if (prefix_end) {
    const auto returns = returns_of(operations);
    const auto rank = static_cast<std::size_t>(std::ranges::find(returns, *prefix_end) - returns.begin());
    for (std::size_t k = rank; k < returns.size(); ++k) forget_answer(all[returns[k]]);
    for (Operation& op : all) {
      if (op.call > operations[*prefix_end].ret) op.outcome = Outcome::failed;
    }
  }
  std::vector<OrderedOperation> ordered;
  std::uint64_t steps = budget.steps;
  for (const auto& [key, places] : by_key(all)) {
    const std::vector<Operation> of_key = picked(all, places);
    const OrderFound found = search_order(
        of_key, model, initial, {},
        {.steps = steps, .memory_bytes = budget.memory_bytes, .out_of_time = &budget.out_of_time});
    steps -= std::min(steps, found.steps);
    const std::vector<Time> points = points_of(of_key, found.order);
    for (std::size_t k = 0; k < points.size(); ++k) ordered.push_back({places[found.order[k]], points[k]});
  }
  std::ranges::stable_sort(ordered, {}, [](const OrderedOperation& op) { return op.at; });
  return ordered;
}

}  // namespace sim
