// The judge's twin: decides linearizability by trying every order, straight from the definition. Hopelessly
// slow and obviously right; shares no code with the judge, so that the two can be held against each other.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "sim/history/operation.hpp"

namespace brute_force {

class Twin {
 public:
  /// `needed`, if given: all other operations may have happened as recorded, or never.
  Twin(std::span<const sim::Operation> operations, sim::Value initial, bool sequential = false,
       const std::vector<std::size_t>* needed = nullptr)
      : initial_(std::move(initial)), sequential_(sequential) {
    for (std::size_t i = 0; i < operations.size(); ++i) {
      if (operations[i].outcome == sim::Outcome::failed) continue;
      operations_.push_back(operations[i]);
      const bool spared = needed != nullptr && std::find(needed->begin(), needed->end(), i) == needed->end();
      may_be_missing_.push_back(spared || operations[i].outcome == sim::Outcome::pending);
    }
    for (const auto& op : operations_) {
      guess(op.output);
      guess(op.expected);
    }
    guesses_.push_back(987'654'321);  // and a number that nobody ever saw
  }

  bool linearizable() {
    done_.assign(operations_.size(), false);
    return search(states_of_all_keys());
  }

 private:
  using States = std::vector<std::pair<std::uint32_t, sim::Value>>;

  States states_of_all_keys() const {
    States states;
    for (const auto& op : operations_) {
      bool known = false;
      for (const auto& [key, value] : states) known |= key == op.key;
      if (!known) states.emplace_back(op.key, initial_);
    }
    return states;
  }

  // What an unanswered stamp or draw may have written: whatever anyone saw.
  void guess(const sim::Value& seen) {
    const auto* list = seen.as_list();
    if (const auto* n = seen.as_number()) guesses_.push_back(*n);
    if (list != nullptr && !list->empty()) guesses_.push_back(list->front());
  }

  // a must come before b.
  bool must_precede(const sim::Operation& a, const sim::Operation& b) const {
    return a.outcome == sim::Outcome::ok && a.ret < b.call && (!sequential_ || a.client == b.client);
  }

  bool ready(std::size_t i) const {
    for (std::size_t j = 0; j < operations_.size(); ++j) {
      if (j == i) continue;
      if (!done_[j] && !may_be_missing_[j] && must_precede(operations_[j], operations_[i])) return false;
      if (done_[j] && must_precede(operations_[i], operations_[j])) return false;  // it was left out
    }
    return true;
  }

  bool search(const States& states) {
    bool all = true;
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      all &= done_[i] || may_be_missing_[i];
    }
    if (all) return true;
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      if (done_[i] || !ready(i)) continue;
      done_[i] = true;
      for (const States& after : execute(states, operations_[i])) {
        if (search(after)) return true;
      }
      done_[i] = false;
    }
    return false;
  }

  // All states that the operation may lead to; none if its answer is wrong in this state.
  std::vector<States> execute(const States& before, const sim::Operation& op) const {
    std::size_t cell = 0;
    while (before[cell].first != op.key) ++cell;
    std::vector<States> results;
    for (const sim::Value& value : results_of(before[cell].second, op)) {
      results.push_back(before);
      results.back()[cell].second = value;
    }
    return results;
  }

  std::vector<sim::Value> results_of(const sim::Value& state, const sim::Operation& op) const {
    const bool ok = op.outcome == sim::Outcome::ok;
    switch (op.action) {
      case sim::Action::read:
        if (ok && !(op.output == state)) return {};
        return {state};
      case sim::Action::write: return {op.argument};
      case sim::Action::cas: {
        const bool hit = state == op.expected;
        if (ok && hit != (op.output == sim::Value{std::int64_t{1}})) return {};
        return {hit ? op.argument : state};
      }
      case sim::Action::append: return {appended(state, op.argument)};
      case sim::Action::add: {
        const std::int64_t sum = *state.as_number() + *op.argument.as_number();
        if (ok && !(op.output == sim::Value{sum})) return {};
        return {sim::Value{sum}};
      }
      case sim::Action::stamp:
      case sim::Action::draw: {
        if (ok) return {op.output};
        std::vector<sim::Value> all;
        for (const auto guess : guesses_) all.emplace_back(guess);
        return all;
      }
      case sim::Action::insert:
      case sim::Action::remove:
      case sim::Action::contains: return after_set_operation(state, op);
      case sim::Action::enqueue:
      case sim::Action::push: return {appended(state, op.argument)};
      case sim::Action::dequeue: return after_taking(state, op, true);
      case sim::Action::pop: return after_taking(state, op, false);
      case sim::Action::acquire: return after_lock_operation(state, op, sim::Value{}, holder(op));
      case sim::Action::release: return after_lock_operation(state, op, holder(op), sim::Value{});
    }
    return {};
  }

  static sim::Value holder(const sim::Operation& op) { return std::int64_t{op.client.value}; }

  static std::vector<sim::Value> after_lock_operation(const sim::Value& state, const sim::Operation& op,
                                                      const sim::Value& from, const sim::Value& to) {
    const bool works = state == from;
    if (op.outcome == sim::Outcome::ok && op.output != sim::Value{std::int64_t{works}}) return {};
    return {works ? to : state};
  }

  static std::vector<sim::Value> after_taking(const sim::Value& state, const sim::Operation& op, bool first) {
    sim::List rest = *state.as_list();
    sim::Value taken;
    if (!rest.empty()) {
      const auto at = first ? rest.begin() : rest.end() - 1;
      taken = *at;
      rest.erase(at);
    }
    if (op.outcome == sim::Outcome::ok && op.output != taken) return {};
    return {rest};
  }

  // A set is a list of its elements in ascending order.
  static std::vector<sim::Value> after_set_operation(const sim::Value& state, const sim::Operation& op) {
    const std::int64_t element = *op.argument.as_number();
    sim::List without;
    sim::List with{element};
    bool there = false;
    for (const std::int64_t e : *state.as_list()) {
      if (e == element) {
        there = true;
      } else {
        without.push_back(e);
        with.push_back(e);
      }
    }
    std::sort(with.begin(), with.end());
    const bool expected = op.action == sim::Action::insert ? !there : there;
    const bool told = op.outcome == sim::Outcome::ok && op.output != sim::Value{};
    if (told && op.output != sim::Value{std::int64_t{expected}}) return {};
    if (op.action == sim::Action::insert) return {with};
    if (op.action == sim::Action::remove) return {without};
    return {state};
  }

  static sim::Value appended(const sim::Value& state, const sim::Value& argument) {
    const auto* piece = argument.as_text();
    const auto* element = argument.as_number();
    if (piece != nullptr && state.is_nil()) return *piece;
    if (piece != nullptr && state.as_text() != nullptr) return *state.as_text() + *piece;
    if (element == nullptr || state.as_text() != nullptr) return state;  // they don't fit
    sim::List list;
    if (const auto* l = state.as_list()) list = *l;
    if (const auto* n = state.as_number()) list = {*n};
    list.push_back(*element);
    return list;
  }

  sim::Value initial_;
  bool sequential_;  // only the order of each client counts
  std::vector<sim::Operation> operations_;
  std::vector<bool> may_be_missing_;
  std::vector<bool> done_;
  std::vector<std::int64_t> guesses_;
};

/// The verdict by definition, for up to some eight operations.
inline bool linearizable(std::span<const sim::Operation> operations, const sim::Value& initial) {
  return Twin(operations, initial).linearizable();
}

/// Whether those of `witness` contradict each other: there is no order of them and any choice of the others.
inline bool contradict(std::span<const sim::Operation> operations, const std::vector<std::size_t>& witness,
                       const sim::Value& initial) {
  return !Twin(operations, initial, false, &witness).linearizable();
}

/// The verdict for sequential consistency: operations of different clients may come in any order.
inline bool sequentially_consistent(std::span<const sim::Operation> operations, const sim::Value& initial) {
  return Twin(operations, initial, true).linearizable();
}

}  // namespace brute_force
