#include "sim/linearizability/search/order_search.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_set>  // tidy: allow only asked whether something is in it
#include <utility>

#include "sim/history/objects/object_model.hpp"
#include "sim/linearizability/search/interned_states.hpp"
#include "sim/linearizability/search/order_groups.hpp"

namespace sim {
namespace {

struct KeyHash {
  std::size_t operator()(const std::vector<std::uint32_t>& key) const {
    std::uint64_t hash = key.size();
    for (const std::uint32_t word : key) hash = mix(hash ^ (word + kGolden));
    return static_cast<std::size_t>(hash);
  }
};

class OrderSearch {
 public:
  OrderSearch(std::span<const Operation> all, Model model, const Value& initial, const OrderRules& rules,
              const OrderBudget& budget)
      : object_(object_model(model)), rules_(rules), budget_(budget) {
    gather(all, initial);
    count_demand();
  }

  OrderFound run() {
    std::vector<Frame> path{};
    remember();
    path.push_back({.choices = choices(), .undo = {}});
    while (!path.empty() && owed_ > 0 && found_.exhausted == nullptr) {
      Frame& top = path.back();
      if (top.next == top.choices.size()) {
        if (path.size() > 1) take_back(top.undo);
        path.pop_back();
        continue;
      }
      Undo undo = place(top.choices[top.next++]);
      if (doomed(undo) || !remember()) {
        take_back(undo);
      } else {
        path.push_back({.choices = choices(), .undo = std::move(undo)});
      }
      check_budget(path.size());
    }
    if (order_.size() > found_.order.size() || owed_ == 0) found_.order = order_;
    if (owed_ == 0) {
      found_.verdict = Verdict::linearizable, found_.exhausted = nullptr;
    } else if (found_.exhausted == nullptr) {
      found_.verdict = Verdict::violation;
    }
    return std::move(found_);
  }

 private:
  struct Choice {
    std::size_t operation;
    Value after;  // the state of its key
    bool defective = false;
  };

  struct Undo {
    std::size_t operation = 0;
    Value before{};
    std::size_t group_first = 0;
    bool defective = false;
  };

  struct Frame {
    std::vector<Choice> choices{};
    std::size_t next = 0;
    Undo undo{};  // how this frame was reached
  };

  // A read of a set may list the elements in any order.
  static void sort_elements(Value& value) {
    if (auto* list = value.as_list(); list != nullptr) std::ranges::sort(*list);
  }

  void gather(std::span<const Operation> all, Value initial) {
    if (object_.model == Model::set) {
      own_.assign(all.begin(), all.end());
      for (Operation& op : own_) sort_elements(op.output);
      sort_elements(initial);
      all = own_;
    }
    std::map<std::uint32_t, std::size_t> cells;
    std::map<std::uint16_t, std::size_t> groups;
    std::vector<std::size_t> in_order(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) in_order[i] = i;
    std::ranges::stable_sort(in_order, {}, [&](std::size_t i) { return std::pair(all[i].call, all[i].ret); });
    for (const std::size_t i : in_order) {
      const Operation& op = all[i];
      const bool answered = op.outcome == Outcome::ok;
      if (op.outcome == Outcome::failed || (!answered && changed_nothing(op))) continue;
      const std::uint16_t client = rules_.consistency == Consistency::sequential ? op.client.value : 0;
      const std::size_t cell = cells.try_emplace(op.key, cells.size()).first->second;
      const std::size_t group = groups.try_emplace(client, groups.size()).first->second;
      if (group == groups_.size()) groups_.emplace_back();
      (answered ? groups_[group].answered : groups_[group].pending).push_back(operations_.size());
      group_of_.push_back(group);
      operations_.push_back({.op = &op, .index = i, .cell = cell, .answered = answered});
      owed_ += answered;
    }
    states_.assign(cells.size(), initial);
    numbers_.assign(cells.size(), kUnnumbered);
    demands_.resize(cells.size());
    generous_ = rules_.defect == Defect::stale_read && rules_.suspects.empty() &&
                rules_.defects_max >= operations_.size();
    for (const Placeable& p : operations_) learn(*p.op);
    std::ranges::sort(guesses_);
    guesses_.erase(std::unique(guesses_.begin(), guesses_.end()), guesses_.end());
    std::int64_t unseen = 0;  // a number that nobody ever saw stands for all of those
    while (std::ranges::binary_search(guesses_, unseen)) ++unseen;
    guesses_.push_back(unseen);
    // The placed operations determine the past states, unless the state before decides what is written.
    const auto surprises = [](const Placeable& p) { return wild(p) || p.op->action == Action::append; };
    past_matters_ = rules_.defect == Defect::stale_read && std::ranges::any_of(operations_, surprises);
  }

  // Possible values of an unanswered stamp or draw: only numbers that somebody saw can be told apart.
  void learn(const Operation& op) {
    for (const Value* seen : {&op.output, &op.expected}) {
      if (const auto* number = seen->as_number()) guesses_.push_back(*number);
      if (const auto* list = seen->as_list(); list != nullptr && !list->empty()) {
        guesses_.push_back(list->front());
      }
    }
  }

  static bool wild(const Placeable& p) {
    return !p.answered && (p.op->action == Action::stamp || p.op->action == Action::draw);
  }

  // ---- What is still asked for: a state that somebody must see, and that nobody can restore, mustn't be
  // left.

  // Counts for each value of a cell the operations that must still see it or could still write it.
  void count_demand() {
    static constexpr auto blind = [](const Operation& op) {
      return op.action == Action::read || op.action == Action::write || op.action == Action::cas ||
             op.action == Action::stamp || op.action == Action::draw;
    };
    const auto known = [](const Placeable& p) { return blind(*p.op) && !wild(p); };
    predictable_ = std::ranges::all_of(operations_, known);
    if (!predictable_) return;
    for (const Placeable& p : operations_) count(p, true);
  }

  void count(const Placeable& p, bool more) {
    const std::size_t by = more ? 1 : ~std::size_t{0};
    const Operation& op = *p.op;
    const bool swaps = op.action == Action::cas && p.answered && op.output == truth(true);
    const bool excused =
        rules_.defect == Defect::stale_read && !rules_.suspects.empty() && suspected(p.index);
    if (op.action == Action::read && !excused) demand(p.cell, op.output).readers += by;
    if (swaps) demand(p.cell, op.expected).readers += by;
    if (!changed_nothing(op)) demand(p.cell, written(op)).writers += by;
  }

  static const Value& written(const Operation& op) {
    return op.action == Action::stamp || op.action == Action::draw ? op.output : op.argument;
  }

  struct Demand {
    std::size_t readers = 0;
    std::size_t writers = 0;
  };

  Demand& demand(std::size_t cell, const Value& value) {
    const auto number = static_cast<std::size_t>(interned_.number_of(value));
    auto& of_cell = demands_[cell];
    if (of_cell.size() <= number) of_cell.resize(number + 1);
    return of_cell[number];
  }

  // Whether the last placement left, or failed to lead to, a state without which the order can't go on.
  bool doomed(const Undo& last) {
    if (!predictable_) return false;
    const Placeable& p = operations_[last.operation];
    const std::size_t spared =
        rules_.defect == Defect::stale_read && rules_.suspects.empty() ? rules_.defects_max - defects_ : 0;
    const auto lost = [&](const Value& value) {
      const Demand& of = demand(p.cell, value);
      return of.readers > spared && of.writers == 0 && !(states_[p.cell] == value);
    };
    return lost(last.before) || (!changed_nothing(*p.op) && lost(written(*p.op)));
  }

  // Whether an order may go on with the operation in this state, and if so, the state that follows.
  void consider(std::size_t i, std::vector<Choice>& choices) {
    const Placeable& p = operations_[i];
    if (wild(p)) {
      for (const std::int64_t guess : guesses_) choices.push_back({i, guess});
      return;
    }
    if (object_.model == Model::unordered_queue && p.op->action == Action::dequeue && !p.answered) {
      for (List& rest : without_each(*states_[p.cell].as_list())) choices.push_back({i, std::move(rest)});
      return;
    }
    Value after = states_[p.cell];
    found_.steps += 1 + size_of(after) / 16;
    const Value output = object_.execute(after, *p.op);
    const bool told = p.answered && output_of(p.op->action) != Output::none;
    const bool right = !told || answer_fits(*p.op, output);
    const bool spare = defects_ < rules_.defects_max && p.answered && suspected(p.index);
    const bool looks = changed_nothing(*p.op);
    // Placing an unanswered operation that then does nothing is of no use.
    if (right && (p.answered || !(after == states_[p.cell]))) choices.push_back({i, std::move(after)});
    if (right && spare && rules_.defect == Defect::lost_update && !looks) {
      choices.push_back({i, states_[p.cell], true});
    }
    if (!right && spare && rules_.defect == Defect::stale_read && looks && was_once(p)) {
      choices.push_back({i, states_[p.cell], true});
    }
  }

  bool suspected(std::size_t index) const {
    return rules_.suspects.empty() || std::ranges::binary_search(rules_.suspects, index);
  }

  static std::uint64_t size_of(const Value& value) {
    if (const auto* list = value.as_list()) return list->size();
    return value.as_text() != nullptr ? value.as_text()->size() / 8 : 0;
  }

  // Whether some older state gives this answer.
  bool was_once(const Placeable& p) {
    found_.steps += past_.size() / 8;
    const auto fits = [&](const Value& state) {
      Value copy = state;
      return answer_fits(*p.op, object_.execute(copy, *p.op));
    };
    return std::ranges::any_of(
        past_, [&](const auto& state) { return state.first == p.cell && fits(state.second); });
  }

  Undo place(Choice& choice) {
    Placeable& p = operations_[choice.operation];
    OrderGroup& group = groups_[group_of_[choice.operation]];
    Undo undo{.operation = choice.operation,
              .before = states_[p.cell],
              .group_first = group.first,
              .defective = choice.defective};
    if (rules_.defect == Defect::stale_read) past_.emplace_back(p.cell, states_[p.cell]);
    states_[p.cell] = std::move(choice.after);
    numbers_[p.cell] = kUnnumbered;
    p.placed = true;
    owed_ -= p.answered;
    defects_ += choice.defective;
    group.advance(operations_);
    if (predictable_) count(p, false);
    order_.push_back(p.index);
    grown_ = true;
    return undo;
  }

  void take_back(Undo& undo) {
    if (grown_ && order_.size() > found_.order.size()) found_.order = order_;
    grown_ = false;
    Placeable& p = operations_[undo.operation];
    if (rules_.defect == Defect::stale_read) past_.pop_back();
    states_[p.cell] = std::move(undo.before);
    numbers_[p.cell] = kUnnumbered;
    p.placed = false;
    owed_ += p.answered;
    defects_ -= undo.defective;
    groups_[group_of_[undo.operation]].first = undo.group_first;
    if (predictable_) count(p, true);
    order_.pop_back();
  }

  // Looking at the state can't do any harm, now or later: then nothing else needs trying.
  std::vector<Choice> choices() {
    std::vector<Choice> found;
    std::vector<std::size_t> ready;
    for (const OrderGroup& group : groups_) group.add_ready(operations_, ready);
    for (const std::size_t i : ready) {
      if (!operations_[i].answered || !changed_nothing(*operations_[i].op)) continue;
      consider(i, found);
      if (!found.empty() && (generous_ || !found.back().defective)) {
        found.erase(found.begin(), found.end() - 1);
        return found;
      }
    }
    for (const std::size_t i : ready) {
      const Placeable& p = operations_[i];
      if (!p.answered || !changed_nothing(*p.op)) consider(i, found);
    }
    // First operations that others wait for, then the most urgent.
    const auto wanted = [&](const Choice& choice) {
      return std::ranges::any_of(ready, [&](std::size_t i) {
        const Placeable& p = operations_[i];
        const bool asks = p.answered && p.op->action == Action::read && i != choice.operation;
        return asks && p.cell == operations_[choice.operation].cell && p.op->output == choice.after;
      });
    };
    std::ranges::stable_sort(found, {}, [&](const Choice& choice) {
      return std::tuple(choice.defective, !wanted(choice), operations_[choice.operation].op->ret);
    });
    return found;
  }

  // Returns false if there was another way to get here.
  bool remember() {
    std::vector<std::uint32_t> key;
    for (const OrderGroup& group : groups_) group.append_to(key, operations_);
    for (std::size_t cell = 0; cell < states_.size(); ++cell) {
      if (numbers_[cell] == kUnnumbered) {
        numbers_[cell] = static_cast<std::uint32_t>(interned_.number_of(states_[cell]));
      }
      key.push_back(numbers_[cell]);
    }
    key.push_back(static_cast<std::uint32_t>(defects_));
    if (past_matters_) add_past(key);
    found_.steps += key.size() / 16;
    bytes_ += key.size() * sizeof(key.front()) + 72;
    return seen_.insert(std::move(key)).second;
  }

  void add_past(std::vector<std::uint32_t>& key) {
    std::vector<std::pair<std::size_t, std::uint32_t>> past;
    for (const auto& [cell, state] : past_) {
      past.emplace_back(cell, static_cast<std::uint32_t>(interned_.number_of(state)));
    }
    std::ranges::sort(past);
    past.erase(std::unique(past.begin(), past.end()), past.end());
    for (const auto& [cell, number] : past) {
      key.push_back(static_cast<std::uint32_t>(cell));
      key.push_back(number);
    }
  }

  void check_budget(std::size_t depth) {
    constexpr std::size_t frame = sizeof(Frame) + 4 * sizeof(Choice);
    if (found_.steps > budget_.steps) found_.exhausted = "steps";
    if (bytes_ + interned_.bytes() + depth * frame > budget_.memory_bytes) found_.exhausted = "memory";
    if (budget_.out_of_time == nullptr || !*budget_.out_of_time || found_.steps < ask_again_) return;
    ask_again_ = found_.steps + 20'000;
    if ((*budget_.out_of_time)()) found_.exhausted = "time";
  }

  static constexpr std::uint32_t kUnnumbered = ~std::uint32_t{0};
  const ObjectModel& object_;
  const OrderRules& rules_;
  const OrderBudget& budget_;
  std::vector<Operation> own_{};
  std::vector<Placeable> operations_{};
  std::vector<OrderGroup> groups_{};
  std::vector<std::size_t> group_of_{};
  std::vector<std::int64_t> guesses_{};
  std::size_t owed_ = 0;
  std::size_t defects_ = 0;
  bool generous_ = false;  // any number of stale reads
  bool past_matters_ = false;
  bool predictable_ = false;
  bool grown_ = false;
  std::vector<Value> states_{};           // by cell
  std::vector<std::uint32_t> numbers_{};  // of them
  std::vector<std::vector<Demand>> demands_{};
  std::vector<std::pair<std::size_t, Value>> past_{};
  std::vector<std::size_t> order_{};
  InternedStates interned_{};
  std::unordered_set<std::vector<std::uint32_t>, KeyHash> seen_{};  // tidy: allow never iterated
  std::size_t bytes_ = 0;
  std::uint64_t ask_again_ = 0;
  OrderFound found_{};
};

}  // namespace

OrderFound search_order(std::span<const Operation> all, Model model, const Value& initial,
                        const OrderRules& rules, const OrderBudget& budget) {
  return OrderSearch(all, model, initial, rules, budget).run();
}

std::vector<Time> points_of(std::span<const Operation> all, std::span<const std::size_t> order) {
  // At the latest before the first return of those that follow.
  std::vector<Time> points(order.size());
  Time end{};
  for (const std::size_t i : order)
    end = std::max({end, all[i].call, all[i].ret == kNever ? end : all[i].ret});
  for (std::size_t k = order.size(); k-- > 0;) points[k] = end = std::min(end, all[order[k]].ret);
  Time now = Time::min();
  for (std::size_t k = 0, last = 0; k < order.size(); ++k) {
    while (last < order.size() && (last <= k || points[last] == points[k])) ++last;  // that share the end
    now = std::max(now, all[order[k]].call);
    now += (points[k] - now) / static_cast<std::int64_t>(last - k + 1);
    points[k] = now;
  }
  return points;
}

}  // namespace sim
