#include "sim/linearizability/explain/contradiction.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "sim/linearizability/explain/contradicts.hpp"
#include "sim/linearizability/explain/minimal_witness.hpp"
#include "sim/linearizability/explain/prefix.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "sim/linearizability/search/register_reduction.hpp"

namespace sim {
namespace {

// The shortest prefix that is a violation, by bisection over the returns: a prefix that can't be linearized
// can't be with more events either.
class PrefixSearch {
 public:
  PrefixSearch(std::span<const Operation> all, Model model, const Value& initial,
               const LinearizabilityBudget& budget, std::uint64_t steps)
      : all_(all),
        model_(model),
        initial_(initial),
        budget_(budget),
        left_(std::min(steps, budget.steps)),
        returns_(returns_of(all)) {}

  // `found`: the verdict of the whole. The shortest prefix, or just a short one.
  void run(const LinearizabilityResult& found, bool shortest) {
    high_ = returns_.size() - 1;  // until then it's a violation
    if (is_complete_at_end(found)) {
      lower(found, *found.prefix_end);
    } else {
      look(rank_of(*found.prefix_end));
    }
    if (!shortest) undecided_ = true;
    if (!shortest) return;
    if (low_ < high_ && has_order_without(high_)) low_ = high_;
    if (low_ < high_) look(high_ - 1);
    while (low_ < high_ && !time_is_up(budget_)) look(low_ + (high_ - low_) / 2);
    undecided_ |= low_ < high_;
  }

  std::size_t end() const { return returns_[high_]; }
  bool is_shortest() const { return !undecided_; }
  std::uint64_t left() const { return left_; }
  // Known without any search: at the worst, all answered operations of the key.
  std::vector<std::size_t> any_witness() const {
    std::vector<std::size_t> some = witness();
    for (std::size_t rank = 0; rank <= high_ && witness_.empty(); ++rank) {
      if (all_[returns_[rank]].key == all_[end()].key) some.push_back(returns_[rank]);
    }
    std::ranges::sort(some);
    return some;
  }

  // The answered operations of the last violation's witness, if it came with one.
  std::vector<std::size_t> witness() const {
    auto answered = witness_;
    std::erase_if(answered, [&](std::size_t i) { return all_[i].outcome != Outcome::ok; });
    return answered;
  }

 private:
  // Where the search could use answers before they were given, its failure isn't the end of the
  // contradiction.
  bool is_complete_at_end(const LinearizabilityResult& found) const {
    const bool answers_early = model_ == Model::counter || tells_states_apart_whole(model_);
    return !answers_early || !found.witness.empty();
  }

  std::size_t rank_of(std::size_t place) const {
    return static_cast<std::size_t>(std::ranges::find(returns_, place) - returns_.begin());
  }

  // Back to the end that `found` names, if that's earlier. Of operations that returned at one instant, only
  // all together may be too much.
  void lower(const LinearizabilityResult& found, std::size_t end) {
    const std::size_t most = high_;
    high_ = std::clamp(rank_of(end), low_, most);
    while (high_ < most && all_[returns_[high_ + 1]].ret == all_[end].ret) ++high_;
    witness_ = found.witness;
  }

  // Whether everything called before this return is linearizable if this operation didn't happen and the
  // others were answered as they later were: that's one of the ways in which it may have gone on.
  bool has_order_without(std::size_t rank) {
    if (rank == 0) return true;
    if (time_is_up(budget_)) return false;
    std::vector<Operation> prefix;
    const Time end = all_[returns_[rank - 1]].ret;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (all_[i].call <= end && i != returns_[rank]) prefix.push_back(all_[i]);
    }
    return judge(prefix).verdict == Verdict::linearizable;
  }

  LinearizabilityResult judge(std::span<const Operation> prefix) {
    left_ -= std::min<std::uint64_t>(left_, prefix.size());
    if (left_ == 0 || time_is_up(budget_)) return {.story = {}, .witness = {}};
    LinearizabilityBudget some = budget_;
    some.steps = left_;
    auto found = judge_linearizability(prefix, model_, initial_, some);
    left_ -= std::min(left_, found.steps);
    return found;
  }

  void look(std::size_t rank) {
    if (time_is_up(budget_)) {
      undecided_ = true;
      low_ = rank + 1;
      return;
    }
    std::vector<std::size_t> places;
    const std::vector<Operation> prefix = prefix_until(all_, returns_, rank, &places);
    LinearizabilityResult found = judge(prefix);
    undecided_ |= found.verdict == Verdict::unknown;
    if (found.verdict != Verdict::violation) {
      low_ = rank + 1;
      return;
    }
    high_ = rank;
    for (std::size_t& i : found.witness) i = places[i];
    const std::size_t end = is_complete_at_end(found) ? places[*found.prefix_end] : returns_[rank];
    lower(found, end);
  }

  std::span<const Operation> all_;
  Model model_;
  const Value& initial_;
  const LinearizabilityBudget& budget_;
  std::uint64_t left_;
  std::vector<std::size_t> returns_;  // of answered operations, in order
  std::size_t low_ = 0;               // until any earlier return it's none
  std::size_t high_ = 0;
  bool undecided_ = false;
  std::vector<std::size_t> witness_{};
};

// The smallest contradiction of the operations that the prefix's last one may contradict.
class KeyWitness {
 public:
  // `steps`: for each part; `each`: for one question.
  KeyWitness(Contradiction& found, Budget& spending, std::uint64_t steps, std::uint64_t each, bool prove)
      : found_(found), spending_(spending), steps_(steps), each_(each), prove_(prove) {}

  void run(const RegisterReduction& history, const std::vector<std::size_t>& known) {
    const auto all = history.operations();
    const Operation& last = all[found_.prefix_end];
    std::vector<std::uint32_t> of_key;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      if (all[i].key == last.key && all[i].call <= last.ret) of_key.push_back(i);
    }
    if (history.model() == Model::set && look_at_elements(history, of_key)) return;
    ContradictionTest test(all, of_key, history.model(), history.initial(), found_.prefix_end, spending_,
                           each_);
    keep(test, find_minimal_witness(test, ranks_of(test, known), spending_, steps_, prove_));
  }

 private:
  static std::vector<std::size_t> ranks_of(const ContradictionTest& test, std::vector<std::size_t> places) {
    std::vector<std::size_t> ranks;
    std::ranges::sort(places);
    for (std::size_t rank = 0; rank < test.size() && !places.empty(); ++rank) {
      if (std::ranges::binary_search(places, test.place(rank))) ranks.push_back(rank);
    }
    return ranks.size() == places.size() ? ranks : std::vector<std::size_t>{};
  }

  void keep(const ContradictionTest& test, const MinimalWitness& witness,
            std::span<const std::size_t> places = {}) {
    if (!found_.witness.empty() && witness.ranks.size() >= found_.witness.size()) return;
    found_.witness.clear();
    for (const std::size_t rank : witness.ranks) {
      found_.witness.push_back(places.empty() ? test.place(rank) : places[test.place(rank)]);
    }
    std::ranges::sort(found_.witness);
    found_.witness_is_minimal = witness.is_minimal;
    found_.witness_is_smallest = witness.is_smallest;
  }

  // The operations on one element of a set usually contradict each other. A single answer contradicts itself
  // in one element only: others can be in or not as it says.
  bool look_at_elements(const RegisterReduction& history, std::span<const std::uint32_t> of_key) {
    std::set<std::int64_t> elements;
    for (const std::uint32_t i : of_key) {
      const Operation& op = history.operations()[i];
      if (const auto* value = op.argument.as_number()) elements.insert(*value);
      if (const auto* list = op.output.as_list()) elements.insert(list->begin(), list->end());
    }
    for (const std::int64_t element : elements) look_at(history, of_key, element);
    if (found_.witness.empty()) return false;
    found_.witness_is_smallest = found_.witness.size() <= 2 && spending_.exhausted == nullptr;
    return true;
  }

  void look_at(const RegisterReduction& history, std::span<const std::uint32_t> of_key,
               std::int64_t element) {
    const auto view = history.of_element(of_key, element);
    const auto last = std::ranges::find(view.places, found_.prefix_end);
    if (last == view.places.end()) return;
    std::vector<std::uint32_t> every(view.places.size());
    std::iota(every.begin(), every.end(), 0U);
    ContradictionTest test(view.operations, every, Model::cas_register, view.initial,
                           static_cast<std::size_t>(last - view.places.begin()), spending_, each_);
    std::vector<std::size_t> all(test.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    if (test.ask(all, ContradictionTest::Begin::first) != Verdict::violation) return;
    keep(test, find_minimal_witness(test, {}, spending_, steps_, prove_), view.places);
  }

  Contradiction& found_;
  Budget& spending_;
  std::uint64_t steps_;
  std::uint64_t each_;
  bool prove_;
};

bool is_impossible(const Operation& op, Model model) {
  return model == Model::counter && op.output.as_number() == nullptr;
}

}  // namespace

Contradiction find_contradiction(std::span<const Operation> operations, Model model, const Value& initial,
                                 const LinearizabilityResult& found, const LinearizabilityBudget& budget,
                                 Thoroughness thoroughness) {
  const bool prove = thoroughness == Thoroughness::smallest;
  const std::uint64_t effort = 1'000'000 + found.steps + 16 * operations.size();
  PrefixSearch prefix(operations, model, initial, budget, 4 * effort);
  const std::uint64_t allowed = prefix.left();
  prefix.run(found, prove);
  Contradiction why{.prefix_end = prefix.end(), .prefix_is_shortest = prefix.is_shortest()};
  why.steps = allowed - prefix.left();
  if (is_impossible(operations[why.prefix_end], model)) {
    why.witness = {why.prefix_end};
    why.witness_is_minimal = why.witness_is_smallest = true;
    return why;
  }
  if (time_is_up(budget)) {
    why.witness = prefix.any_witness();
    return why;
  }
  Budget spending{.steps = why.steps,
                  .steps_max = budget.steps,
                  .memory_max = budget.memory_bytes,
                  .out_of_time = &budget.out_of_time};
  KeyWitness(why, spending, effort, 400'000 + found.steps / 64, prove)
      .run(RegisterReduction(operations, model, initial), prefix.witness());
  why.steps = spending.steps;
  return why;
}

}  // namespace sim
