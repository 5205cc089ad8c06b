#include "sim/check/linearizability.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <stdexcept>

#include "sim/check/linearizability_story.hpp"
#include "sim/check/linearizability_sweep.hpp"
#include "sim/check/monitors.hpp"
#include "sim/check/rewriting.hpp"
#include "sim/history/object_model.hpp"

namespace sim {
namespace {

bool holds_numbers_only(Model model) {
  return model == Model::counter || model == Model::set || model == Model::queue || model == Model::stack;
}

void require_allowed(std::span<const Operation> operations, Model model, const Value& initial) {
  const ObjectModel& object = object_model(model);
  const bool holds_one_kind = object.initial.kind() != Value::Kind::nil;
  if (holds_one_kind && initial.kind() != object.initial.kind()) {
    throw std::invalid_argument("the initial value is none that the model can hold");
  }
  std::uint32_t allowed = 0;  // a bit for each action
  for (const Action action : object.actions) allowed |= 1U << static_cast<unsigned>(action);
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const Operation& op = operations[i];
    if ((allowed >> static_cast<unsigned>(op.action) & 1U) == 0) {
      throw std::invalid_argument("operation " + std::to_string(i) + " is none that the model has");
    }
    if (takes_argument(op.action) && holds_numbers_only(model) && op.argument.as_number() == nullptr) {
      throw std::invalid_argument("operation " + std::to_string(i) + " brings what is no number");
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
    return op.outcome != Outcome::ok || op.output.as_number() != nullptr;
  };
  while (i < operations.size() && possible(operations[i])) ++i;
  return i;
}

Spending make_spending(const LinearizabilityBudget& budget) {
  return {.steps_max = budget.steps, .memory_max = budget.memory_bytes, .out_of_time = &budget.out_of_time};
}

// Finds a small set of operations whose answers contradict each other: weakens the others (as if never
// answered) in ever smaller portions, as long as the history stays a violation.
class Minimiser {
 public:
  Minimiser(const KeyHistory& history, std::size_t failing, Spending spending)
      : history_(history), spending_(spending), weakened_(history.operations.size(), false) {
    const Time end = history.operations[failing].ret;
    std::vector<std::size_t> late;  // the failing return never met these returns
    for (std::size_t i = 0; i < weakened_.size(); ++i) {
      const SweptOperation& op = history.operations[i];
      weakened_[i] = !op.owed;
      if (op.owed) (op.ret > end ? late : strong_).push_back(i);
    }
    const bool told = std::ranges::any_of(late, [&](std::size_t i) {
      return history.counter || history.operations[i].step.kind == Step::Kind::transit;
    });
    if (!told) {
      for (const std::size_t i : late) weakened_[i] = true;
    } else if (!still_violation_without(late)) {  // it met their answers: these say what was before them
      strong_.insert(strong_.end(), late.begin(), late.end());
    }
  }

  // The last few returns often suffice. Of what is left, observations first: without them there is nothing to
  // try, whereas a weakened write may happen at any time. And the fewer observations there are, the fewer
  // writes matter.
  std::vector<std::size_t> run() {
    keep_last();
    shrink([](const Step& step) { return step.kind == Step::Kind::forbid; });
    shrink([](const Step& step) { return step.kind == Step::Kind::observe; });
    shrink([](const Step&) { return true; });
    return strong_;
  }

  std::uint64_t steps() const { return spending_.steps; }

 private:
  void keep_last() {
    std::ranges::stable_sort(strong_, {}, [&](std::size_t i) { return history_.operations[i].ret; });
    for (std::size_t count = 1; count < strong_.size() && spending_.exhausted == nullptr; count *= 2) {
      if (!still_violation_without(std::span(strong_).first(strong_.size() - count))) continue;
      strong_.erase(strong_.begin(), strong_.end() - static_cast<std::ptrdiff_t>(count));
      return;
    }
  }

  template <typename Which> void shrink(const Which& which) {
    std::vector<std::size_t> candidates;
    const auto is_candidate = [&](std::size_t i) { return which(history_.operations[i].step); };
    std::ranges::copy_if(strong_, std::back_inserter(candidates), is_candidate);
    for (std::size_t portion = candidates.size(); portion > 0 && spending_.exhausted == nullptr;) {
      const bool smaller = pass(candidates, portion);
      if (portion == 1 && !smaller) break;
      portion = std::max<std::size_t>(1, portion / 2);
    }
    std::erase_if(strong_, [&](std::size_t i) { return weakened_[i]; });
  }

  // Tries to do without each portion of the candidates; keeps those that are needed.
  bool pass(std::vector<std::size_t>& candidates, std::size_t portion) {
    bool smaller = false;
    for (std::size_t begin = 0; begin < candidates.size() && spending_.exhausted == nullptr;) {
      const std::size_t end = std::min(begin + portion, candidates.size());
      if (still_violation_without(std::span(candidates).subspan(begin, end - begin))) {
        candidates.erase(candidates.begin() + static_cast<std::ptrdiff_t>(begin),
                         candidates.begin() + static_cast<std::ptrdiff_t>(end));
        smaller = true;
      } else {
        begin = end;
      }
    }
    return smaller;
  }

  bool still_violation_without(std::span<const std::size_t> portion) {
    for (const std::size_t i : portion) weakened_[i] = true;
    Spending one = spending_;
    one.steps_max = std::min(spending_.steps_max, spending_.steps + kStepsEach);
    const bool violation = sweep(history_, weakened_, one).verdict == Verdict::violation;
    spending_.steps = one.steps;
    spending_.spent(0);
    if (violation) return true;
    for (const std::size_t i : portion) weakened_[i] = false;
    return false;
  }

  static constexpr std::uint64_t kStepsEach = 1'500'000;
  const KeyHistory& history_;
  Spending spending_;
  std::vector<bool> weakened_;
  std::vector<std::size_t> strong_;
};

// So many operations are worth a monitor. Where the search is quick, too, it's the one that explains.
constexpr std::size_t kFewestForVerdict = 16;
constexpr std::size_t kFewestForWitness = 200;

std::optional<Monitored> monitor(const Rewriting& history, std::span<const std::uint32_t> of_key,
                                 std::size_t fewest, Spending& spending) {
  const auto operations = history.operations();
  const Value& initial = history.initial();
  switch (history.model()) {
    case Model::reg:
    case Model::cas_register:
    case Model::kv:
      if (of_key.size() < fewest) return std::nullopt;
      return monitor_register(operations, of_key, initial, spending);
    case Model::queue: return monitor_queue(operations, of_key, initial, spending);
    case Model::stack: return monitor_stack(operations, of_key, initial, spending);
    default: return std::nullopt;
  }
}

// Sets as they are, before the search takes them apart. Nothing if one of them is left undecided.
std::optional<Monitored> monitor_sets(std::span<const Operation> operations, const Value& initial,
                                      Spending& spending) {
  std::optional<Monitored> all{Monitored{}};
  Keys(operations).each(operations, [&](std::span<const std::uint32_t> of_key) {
    auto of_this = monitor_set(operations, of_key, initial, spending);
    const bool violated = of_this && !of_this->linearizable;
    if (!of_this || violated) all = std::move(of_this);
    return !violated && spending.exhausted == nullptr;
  });
  return all;
}

Verdict verdict_of(const Monitored& monitored) {
  return monitored.linearizable ? Verdict::linearizable : Verdict::violation;
}

// What the monitors say of all keys, before anything is searched: a violation if there is one, and the keys
// that they leave to the search.
struct MonitoredKeys {
  std::optional<Monitored> violation{};
  std::vector<std::span<const std::uint32_t>> left{};
};

MonitoredKeys monitor_keys(const Rewriting& history, const Keys& keys, std::size_t fewest,
                           Spending& spending) {
  MonitoredKeys found;
  keys.each(history.operations(), [&](std::span<const std::uint32_t> of_key) {
    auto of_this = monitor(history, of_key, fewest, spending);
    if (!of_this) found.left.push_back(of_key);
    if (of_this && !of_this->linearizable) found.violation = std::move(of_this);
    return !found.violation && spending.exhausted == nullptr;
  });
  return found;
}

std::string unknown_story(const Spending& spending, std::uint32_t key, Model model) {
  const std::string where = model == Model::kv ? "key " + std::to_string(key) + ": " : std::string();
  return where + "undecided: the budget of " + spending.exhausted + " was spent after " +
         std::to_string(spending.steps) + " steps";
}

// The witness may cost as much again as the verdict did, and a fixed amount more.
void explain(LinearizabilityResult& result, std::span<const Operation> operations, const KeyHistory& history,
             std::size_t failing, Spending spending, StoryContext context) {
  constexpr std::uint64_t extra = 15'000'000;
  const std::uint64_t before = spending.steps;
  spending.steps_max = std::min(spending.steps_max, before + extra);
  Minimiser minimiser(history, failing, spending);
  for (const std::size_t i : minimiser.run()) result.witness.push_back(history.operations[i].index);
  std::ranges::sort(result.witness);
  result.steps = minimiser.steps();
  result.story = tell_violation(operations, result.witness, context);
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::linearizable: return "linearizable";
    case Verdict::violation: return "violation";
    case Verdict::unknown: break;
  }
  return "unknown";
}

LinearizabilityResult check_linearizability(std::span<const Operation> operations, Model model,
                                            const Value& initial, const LinearizabilityBudget& budget,
                                            TimeUnit unit, Detail detail) {
  require_allowed(operations, model, initial);
  const StoryContext context{.model = model, .initial = initial, .unit = unit};
  LinearizabilityResult result{.verdict = Verdict::linearizable, .story = {}, .witness = {}};
  const auto contradicted = [&](std::vector<std::size_t> witness) {
    result.verdict = Verdict::violation;
    result.witness = std::move(witness);
    result.prefix_end = std::ranges::max(result.witness, {}, [&](std::size_t i) {
      return operations[i].outcome == Outcome::ok ? operations[i].ret : Time::min();
    });
    result.story = tell_violation(operations, result.witness, context);
  };
  if (const auto i = find_impossible(operations, model); i < operations.size()) {
    contradicted({i});
    return result;
  }
  Spending spending = make_spending(budget);
  const auto undecided = [&](std::uint32_t key) {
    result.verdict = Verdict::unknown;
    result.story = unknown_story(spending, key, model);
    result.steps = spending.steps;
    return result;
  };
  const std::size_t fewest = detail == Detail::verdict ? kFewestForVerdict : kFewestForWitness;
  if (model == Model::set && operations.size() >= fewest) {
    if (auto monitored = monitor_sets(operations, initial, spending)) {
      if (!monitored->linearizable) contradicted(std::move(monitored->witness));
      return result;
    }
    if (spending.exhausted != nullptr) return undecided(operations.front().key);
  }
  const Rewriting rewriting(operations, model, initial);
  const auto rewritten = rewriting.operations();
  const Keys keys(rewritten);
  MonitoredKeys monitored = monitor_keys(rewriting, keys, fewest, spending);
  if (monitored.violation) {
    contradicted(std::move(monitored.violation->witness));
    return result;
  }
  for (const auto of_key : monitored.left) {
    const std::uint32_t key = operations[of_key.front()].key;
    if (spending.exhausted != nullptr) return undecided(key);
    const KeyHistory history = make_key_history(rewritten, of_key, rewriting.model(), rewriting.initial());
    const SweepResult swept = sweep(history, {}, spending);
    if (swept.verdict == Verdict::unknown) return undecided(key);
    result.steps = spending.steps;
    if (swept.verdict == Verdict::linearizable) continue;
    result.verdict = Verdict::violation;
    result.prefix_end = history.operations[swept.failing].index;
    if (detail == Detail::witness) explain(result, operations, history, swept.failing, spending, context);
    return result;
  }
  return result;
}

Verdict linearizability_verdict(std::span<const Operation> operations, Model model, const Value& initial,
                                const LinearizabilityBudget& budget, std::uint64_t* steps) {
  require_allowed(operations, model, initial);
  if (find_impossible(operations, model) < operations.size()) return Verdict::violation;
  Spending spending = make_spending(budget);
  if (model == Model::set && operations.size() >= kFewestForVerdict) {
    if (const auto monitored = monitor_sets(operations, initial, spending)) return verdict_of(*monitored);
    if (spending.exhausted != nullptr) return Verdict::unknown;
  }
  const Rewriting rewriting(operations, model, initial);
  const auto rewritten = rewriting.operations();
  const Keys keys(rewritten);
  const MonitoredKeys monitored = monitor_keys(rewriting, keys, kFewestForVerdict, spending);
  if (monitored.violation) return Verdict::violation;
  Verdict verdict = Verdict::linearizable;
  for (const auto of_key : monitored.left) {
    if (spending.exhausted != nullptr) verdict = Verdict::unknown;
    if (verdict != Verdict::linearizable) break;
    const KeyHistory history = make_key_history(rewritten, of_key, rewriting.model(), rewriting.initial());
    verdict = sweep(history, {}, spending).verdict;
  }
  if (steps != nullptr) *steps += spending.steps;
  return verdict;
}

}  // namespace sim
