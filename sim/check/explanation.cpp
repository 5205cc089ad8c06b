#include "sim/check/explanation.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "sim/check/linearizability_story.hpp"
#include "sim/check/minimal_witness.hpp"
#include "sim/check/order_search.hpp"
#include "sim/check/weakened.hpp"

namespace sim {
namespace {

// The shortest prefix, by bisection over the returns: what can't be linearized can't after more events
// either.
class PrefixSearch {
 public:
  PrefixSearch(std::span<const Operation> all, Model model, const Value& initial, std::uint64_t steps,
               const std::function<bool()>& out_of_time)
      : all_(all),
        model_(model),
        initial_(initial),
        left_(steps),
        out_of_time_(out_of_time),
        returns_(returns_of(all)) {}

  // `guess`: an operation whose return is probably the right one.
  Explanation run(std::size_t guess) {
    std::size_t high = returns_.size() - 1;  // until then it's a violation
    std::size_t low = 0;                     // until any earlier return it isn't
    const auto at = static_cast<std::size_t>(std::ranges::find(returns_, guess) - returns_.begin());
    const auto look = [&](std::size_t rank) { violation_until(rank) ? high = rank : low = rank + 1; };
    if (at < high) look(at);
    if (at == high && at > 0) look(at - 1);
    while (low < high) look(low + (high - low) / 2);
    Explanation found{.prefix_end = returns_[high], .prefix_is_shortest = !undecided_};
    const Time end = all_[found.prefix_end].ret;
    found.prefix_operations = static_cast<std::size_t>(
        std::ranges::count_if(all_, [&](const Operation& op) { return op.call <= end; }));
    return found;
  }

  std::uint64_t left() const { return left_; }

 private:
  bool violation_until(std::size_t rank) {
    const std::vector<Operation> prefix = prefix_until(all_, returns_, rank);
    std::uint64_t spent = prefix.size();
    Verdict verdict = Verdict::unknown;
    if (left_ > spent && !(out_of_time_ && out_of_time_())) {
      verdict = linearizability_verdict(prefix, model_, initial_,
                                        {.steps = left_ - spent, .out_of_time = out_of_time_}, &spent);
    }
    left_ -= std::min(left_, spent);
    undecided_ |= verdict == Verdict::unknown;
    return verdict == Verdict::violation;
  }

  std::span<const Operation> all_;
  Model model_;
  const Value& initial_;
  std::uint64_t left_;
  const std::function<bool()>& out_of_time_;
  bool undecided_ = false;
  std::vector<std::size_t> returns_;  // of answered operations, in order
};

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

Explanation explain_violation(std::span<const Operation> operations, Model model, const Value& initial,
                              const LinearizabilityResult& found, TimeUnit unit, std::uint64_t steps,
                              const std::function<bool()>& out_of_time) {
  const std::size_t last =
      std::ranges::max(found.witness, {}, [&](std::size_t i) { return std::pair(operations[i].ret, i); });
  PrefixSearch search(operations, model, initial, steps, out_of_time);
  Explanation why = search.run(last);
  const MinimalWitness minimal =
      find_minimal_witness(operations, model, initial, why.prefix_end, found.witness,
                           std::max(search.left(), steps / 2), out_of_time);
  why.witness = minimal.operations;
  why.witness_is_smallest = minimal.is_smallest;
  why.story = tell_violation(operations, why.witness, {.model = model, .initial = initial, .unit = unit});
  if (is_classified(operations, model))
    why.kind = classify_violation(operations, model, initial, 4'000'000, out_of_time);
  return why;
}

std::vector<OrderedOperation> find_linearization(std::span<const Operation> operations, Model model,
                                                 const Value& initial, std::optional<std::size_t> prefix_end,
                                                 std::uint64_t steps,
                                                 const std::function<bool()>& out_of_time) {
  std::vector<Operation> all(operations.begin(), operations.end());
  if (prefix_end) {
    const auto returns = returns_of(operations);
    const auto rank = static_cast<std::size_t>(std::ranges::find(returns, *prefix_end) - returns.begin());
    for (std::size_t k = rank; k < returns.size(); ++k) weaken(all[returns[k]]);
    for (Operation& op : all) {
      if (op.call > operations[*prefix_end].ret) op.outcome = Outcome::failed;
    }
  }
  std::vector<OrderedOperation> ordered;
  for (const auto& [key, places] : by_key(all)) {
    const std::vector<Operation> of_key = picked(all, places);
    const OrderFound found =
        search_order(of_key, model, initial, {}, {.steps = steps, .out_of_time = &out_of_time});
    steps -= std::min(steps, found.steps);
    const std::vector<Time> points = points_of(of_key, found.order);
    for (std::size_t k = 0; k < points.size(); ++k) ordered.push_back({places[found.order[k]], points[k]});
  }
  std::ranges::stable_sort(ordered, {}, [](const OrderedOperation& op) { return op.at; });
  return ordered;
}

}  // namespace sim
