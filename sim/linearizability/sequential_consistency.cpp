#include "sim/linearizability/sequential_consistency.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "sim/linearizability/explain/delta_debugging.hpp"
#include "sim/linearizability/explain/prefix.hpp"
#include "sim/linearizability/explain/story.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "sim/linearizability/search/order_search.hpp"

namespace sim {
namespace {

class SequentialJudge {
 public:
  SequentialJudge(std::span<const Operation> all, Model model, const Value& initial,
                  const LinearizabilityBudget& budget)
      : all_(all), model_(model), initial_(initial), budget_(budget) {}

  LinearizabilityResult run() {
    LinearizabilityResult result;
    result.verdict = verdict();
    result.steps = steps_;
    if (result.verdict == Verdict::unknown) {
      result.story = std::string("undecided: the budget of ") + exhausted_ + " was spent after " +
                     std::to_string(steps_) + " steps";
    }
    if (result.verdict != Verdict::violation) return result;
    result.witness = shrink();
    result.steps = steps_;
    return result;
  }

 private:
  // A linearizable history is sequentially consistent, too, and linearizability is much easier to decide. A
  // history that isn't sequentially consistent on one key isn't on all.
  Verdict verdict() {
    const LinearizabilityBudget some{
        .steps = budget_.steps / 4, .out_of_time = budget_.out_of_time, .memory_bytes = budget_.memory_bytes};
    if (linearizability_verdict(all_, model_, initial_, some, &steps_) == Verdict::linearizable) {
      return Verdict::linearizable;
    }
    std::set<std::uint32_t> keys;
    for (const Operation& op : all_) keys.insert(op.key);
    for (const std::uint32_t key : keys) {
      places_.clear();
      for (std::size_t i = 0; i < all_.size(); ++i) {
        if (all_[i].key == key) places_.push_back(i);
      }
      const Verdict of_key = search(places_, budget_.steps / 2);
      if (of_key == Verdict::violation || keys.size() == 1) return of_key;
    }
    places_.resize(all_.size());
    for (std::size_t i = 0; i < all_.size(); ++i) places_[i] = i;
    return search(places_, budget_.steps);
  }

  // Weakens those of `places_` that aren't `strong`.
  Verdict search(const std::vector<std::size_t>& strong, std::uint64_t most) {
    std::vector<Operation> history;
    for (const std::size_t i : places_) {
      history.push_back(all_[i]);
      if (!std::ranges::binary_search(strong, i)) forget_answer(history.back());
    }
    const std::uint64_t left = budget_.steps - std::min(budget_.steps, steps_);
    const OrderFound found = search_order(history, model_, initial_, {.consistency = Consistency::sequential},
                                          {.steps = std::min(left, most),
                                           .memory_bytes = budget_.memory_bytes,
                                           .out_of_time = &budget_.out_of_time});
    steps_ += found.steps;
    if (found.exhausted != nullptr) exhausted_ = found.exhausted;
    return found.verdict;
  }

  std::vector<std::size_t> shrink() {
    constexpr std::uint64_t each = 200'000;
    const std::uint64_t end = steps_ + 20 * each;
    std::vector<std::size_t> strong;
    std::ranges::copy_if(places_, std::back_inserter(strong),
                         [&](std::size_t i) { return all_[i].outcome == Outcome::ok; });
    const auto contradict = [&](const std::vector<std::size_t>& some) {
      return search(some, each) == Verdict::violation;
    };
    leave_out(strong, strong, contradict, [&] { return steps_ >= end; });
    return strong;
  }

  std::span<const Operation> all_;
  Model model_;
  const Value& initial_;
  const LinearizabilityBudget& budget_;
  std::vector<std::size_t> places_{};  // the operations looked at: of one key, or all
  std::uint64_t steps_ = 0;
  const char* exhausted_ = "steps";
};

}  // namespace

LinearizabilityResult check_sequential_consistency(std::span<const Operation> operations, Model model,
                                                   const Value& initial, const LinearizabilityBudget& budget,
                                                   TimeUnit unit) {
  LinearizabilityResult result = SequentialJudge(operations, model, initial, budget).run();
  if (result.verdict == Verdict::violation) {
    const StoryContext context{.model = model, .initial = initial, .unit = unit, .sequential = true};
    result.story = tell_violation(operations, result.witness, context);
  }
  return result;
}

}  // namespace sim
