#include "sim/linearizability/explain/dead_end.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "sim/history/objects/object_model.hpp"
#include "sim/linearizability/explain/prefix.hpp"
#include "sim/linearizability/search/depth_first.hpp"
#include "sim/linearizability/search/key_verdict.hpp"
#include "sim/linearizability/search/register_reduction.hpp"
#include "sim/linearizability/verdict.hpp"

namespace sim {
namespace {

class DeadEndSearch {
 public:
  DeadEndSearch(std::span<const Operation> all, Model model, const Value& initial, std::size_t last)
      : all_(all), object_(object_model(model)), initial_(initial), last_(last) {}

  DeadEnd run(const LinearizabilityBudget& budget, std::uint64_t& steps) {
    DeadEnd found{.operation = last_};
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const Operation& op = all_[i];
      if (op.key != last().key || op.outcome == Outcome::failed || op.call > last().ret || i == last_)
        continue;
      const bool answered = is_answered_before(i);
      if (answered) ++found.answered_before;
      if (!answered) found.open.push_back(i);
      places_.push_back(i);
      prefix_.push_back(op);
      if (!answered) forget_answer(prefix_.back());
    }
    std::ranges::stable_sort(found.open, {}, [&](std::size_t i) { return all_[i].call; });
    found.order = order_others(budget, steps);
    if (!found.order.empty() && !insert(found)) found.order.clear();
    return found;
  }

 private:
  const Operation& last() const { return all_[last_]; }

  // Of operations that returned at one instant, only all together may be too much.
  bool is_answered_before(std::size_t i) const {
    return all_[i].outcome == Outcome::ok && std::pair(all_[i].ret, i) < std::pair(last().ret, last_);
  }

  // Orders the others as if the last operation had never happened, or had been answered in any way.
  std::vector<std::size_t> order_others(const LinearizabilityBudget& budget, std::uint64_t& steps) {
    if (!changed_nothing(last())) {
      places_.push_back(last_);
      prefix_.push_back(last());
      forget_answer(prefix_.back());
    }
    const RegisterReduction reduction(prefix_, object_.model, initial_);
    std::vector<std::uint32_t> every(prefix_.size());
    std::iota(every.begin(), every.end(), 0U);
    const bool in_parts = reduction.model() != object_.model && object_.model == Model::set;
    if (in_parts) std::erase_if(every, [&](std::uint32_t i) { return !concerns_same(prefix_[i]); });
    const KeyHistory history =
        make_key_history(reduction.operations(), every, reduction.model(), reduction.initial());
    Budget spending{
        .steps_max = budget.steps, .memory_max = budget.memory_bytes, .out_of_time = &budget.out_of_time};
    DepthSearch search(history, spending, budget.memory_bytes / 2);
    constexpr std::uint64_t between = 50'000;
    std::optional<KeyVerdict> result;
    while (!result && !spending.spent(search.bytes() + history.states.bytes())) {
      result = search.advance(spending.steps + between);
    }
    steps += spending.steps;
    std::vector<std::size_t> order;
    if (!result || result->verdict != Verdict::linearizable) return order;
    for (const std::size_t i : search.order()) order.push_back(places_[i]);
    return order;
  }

  // Elements of a set that nobody reads as a whole are objects of their own.
  bool concerns_same(const Operation& op) const { return op.argument == last().argument; }

  // Finds the last operation's answer, and its place if it has none: as late as can be if it changes
  // something, otherwise where its answer is nearest to the one that it got. False if the order isn't one.
  bool insert(DeadEnd& found) const {
    auto& order = found.order;
    Value state = initial_;
    std::size_t best = order.size() + 1;
    std::size_t least = ~std::size_t{0};
    std::size_t first = 0;  // behind all that precedes it
    for (std::size_t k = 0; k < order.size(); ++k) {
      if (precedes(all_[order[k]], last())) first = k + 1;
    }
    for (std::size_t k = 0; k <= order.size(); ++k) {
      const bool is_there = k < order.size() && order[k] == last_;
      if (is_there || (k >= first && changed_nothing(last())) || k == order.size()) {
        Value copy = state;
        const Value answer = object_.execute(copy, last());
        const std::size_t distance = distance_of(answer);
        if (best > order.size() || distance <= least) {
          best = k;
          least = distance;
          found.answer = answer;
        }
        if (is_there) return is_right_behind(order, k, std::move(copy));
      }
      if (k < order.size() && !execute(state, order[k])) return false;
    }
    order.insert(order.begin() + static_cast<std::ptrdiff_t>(best), last_);
    return true;
  }

  bool is_right_behind(const std::vector<std::size_t>& order, std::size_t place, Value state) const {
    return std::all_of(order.begin() + static_cast<std::ptrdiff_t>(place) + 1, order.end(),
                       [&](std::size_t i) { return execute(state, i); });
  }

  // Whether the operation is answered so; those open at the end may be answered in any way.
  bool execute(Value& state, std::size_t i) const {
    const Operation& op = all_[i];
    const bool wild =
        op.outcome == Outcome::pending && output_of(op.action) == Output::number && op.action != Action::add;
    if (wild) return false;  // an unanswered stamp or draw: nobody knows what it wrote
    const Value output = object_.execute(state, op);
    const bool told = is_answered_before(i) && output_of(op.action) != Output::none;
    return !told || fits(op, output);
  }

  bool fits(const Operation& op, const Value& output) const {
    if (object_.model != Model::set || op.action != Action::read) return answer_fits(op, output);
    return sorted(op.output) == sorted(output);
  }

  static List sorted(const Value& value) {
    List list = value.as_list() != nullptr ? *value.as_list() : List{};
    std::ranges::sort(list);
    return list;
  }

  // How many elements would have to change; of other values only whether they are equal.
  std::size_t distance_of(const Value& answer) const {
    if (answer.as_list() == nullptr || last().output.as_list() == nullptr) return answer != last().output;
    const List a = sorted(answer), b = sorted(last().output);
    List different;
    std::ranges::set_symmetric_difference(a, b, std::back_inserter(different));
    return different.size();
  }

  std::span<const Operation> all_;
  const ObjectModel& object_;
  const Value& initial_;
  std::size_t last_;
  std::vector<Operation> prefix_{};
  std::vector<std::size_t> places_{};  // of its operations in the history
};

}  // namespace

DeadEnd find_dead_end(std::span<const Operation> operations, Model model, const Value& initial,
                      std::size_t operation, const LinearizabilityBudget& budget, std::uint64_t& steps) {
  return DeadEndSearch(operations, model, initial, operation).run(budget, steps);
}

}  // namespace sim
