// The judge's twin: decides linearizability by trying every order, straight from the definition. Hopelessly
// slow and obviously right; shares no code with the judge, so that the two can be held against each other.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
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
  /// `model` tells apart what the same actions do to different objects.
  Twin(std::span<const sim::Operation> operations, sim::Value initial, bool sequential = false,
       const std::vector<std::size_t>* needed = nullptr, sim::Model model = sim::Model::reg)
      : initial_(std::move(initial)),
        sequential_(sequential),
        unordered_(model == sim::Model::unordered_queue),
        anonymous_(model == sim::Model::mutex) {
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
        const bool told = ok && !op.output.is_nil();
        if (told && !(op.output == sim::Value{sum})) return {};
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
      case sim::Action::dequeue:
        return unordered_ ? after_taking_any(state, op) : after_taking(state, op, true);
      case sim::Action::pop: return after_taking(state, op, false);
      case sim::Action::size: {
        const auto size = static_cast<std::int64_t>(state.as_list()->size());
        if (ok && !(op.output == sim::Value{size})) return {};
        return {state};
      }
      case sim::Action::txn: return after_transaction(state, op);
      case sim::Action::acquire: return after_lock_operation(state, op, sim::Value{}, holder(op));
      case sim::Action::release: return after_lock_operation(state, op, holder(op), sim::Value{});
    }
    return {};
  }

  // Of a mutex, whoever takes it is the same.
  sim::Value holder(const sim::Operation& op) const {
    return anonymous_ ? std::int64_t{1} : std::int64_t{op.client.value};
  }

  // Steps and answers, taken apart by hand: [kind, register, value ...], where a value is 0 (nil), or 1 and a
  // number, or 2, a length and so many numbers; a state is the value of all registers, then [register, value]
  // of those that hold another.
  static std::size_t length_of_value(const sim::List& list, std::size_t at) {
    if (list[at] == 0) return 1;
    return list[at] == 1 ? 2 : 2 + static_cast<std::size_t>(list[at + 1]);
  }
  static sim::List part(const sim::List& list, std::size_t at, std::size_t size) {
    const auto begin = list.begin() + static_cast<std::ptrdiff_t>(at);
    return {begin, begin + static_cast<std::ptrdiff_t>(size)};
  }

  static std::vector<sim::Value> after_transaction(const sim::Value& state, const sim::Operation& op) {
    const sim::List& held = *state.as_list();
    const sim::List others = part(held, 0, length_of_value(held, 0));
    std::map<std::int64_t, sim::List> registers;
    for (std::size_t i = others.size(); i < held.size();) {
      const std::size_t size = length_of_value(held, i + 1);
      registers[held[i]] = part(held, i + 1, size);
      i += 1 + size;
    }
    sim::List answer;
    const sim::List& asked = *op.argument.as_list();
    for (std::size_t i = 0; i < asked.size();) {
      const std::int64_t kind = asked[i];
      sim::List& reg = registers.try_emplace(asked[i + 1], others).first->second;
      i += 2;
      if (kind == 0) {
        answer.insert(answer.end(), reg.begin(), reg.end());
        continue;
      }
      const std::size_t size = length_of_value(asked, i);
      if (kind == 1) {
        reg = part(asked, i, size);
      } else {
        sim::List longer{2, 1};
        if (reg[0] == 1) longer = {2, 2, reg[1]};
        if (reg[0] == 2) longer = reg;
        if (reg[0] == 2) ++longer[1];
        longer.push_back(asked[i + 1]);
        reg = longer;
      }
      i += size;
    }
    if (op.outcome == sim::Outcome::ok && op.output != sim::Value{answer}) return {};
    sim::List after = others;
    for (const auto& [number, value] : registers) {
      if (value == others) continue;
      after.push_back(number);
      after.insert(after.end(), value.begin(), value.end());
    }
    return {after};
  }

  static std::vector<sim::Value> after_taking_any(const sim::Value& state, const sim::Operation& op) {
    const sim::List& in = *state.as_list();
    const bool ok = op.outcome == sim::Outcome::ok;
    if (in.empty() && (!ok || op.output.is_nil())) return {state};
    std::vector<sim::Value> found;
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (ok && op.output != sim::Value{in[i]}) continue;
      sim::List rest = in;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
      found.emplace_back(rest);
    }
    return found;
  }

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
  bool unordered_;   // any value may come out of a queue next
  bool anonymous_;   // anybody may release a lock
  std::vector<sim::Operation> operations_;
  std::vector<bool> may_be_missing_;
  std::vector<bool> done_;
  std::vector<std::int64_t> guesses_;
};

/// The verdict by definition, for up to some eight operations.
inline bool linearizable(std::span<const sim::Operation> operations, const sim::Value& initial,
                         sim::Model model = sim::Model::reg) {
  return Twin(operations, initial, false, nullptr, model).linearizable();
}

/// Whether those of `witness` contradict each other: there is no order of them and any choice of the others.
inline bool contradict(std::span<const sim::Operation> operations, const std::vector<std::size_t>& witness,
                       const sim::Value& initial, sim::Model model = sim::Model::reg) {
  return !Twin(operations, initial, false, &witness, model).linearizable();
}

/// The verdict for sequential consistency: operations of different clients may come in any order.
inline bool sequentially_consistent(std::span<const sim::Operation> operations, const sim::Value& initial,
                                    sim::Model model = sim::Model::reg) {
  return Twin(operations, initial, true, nullptr, model).linearizable();
}

}  // namespace brute_force
