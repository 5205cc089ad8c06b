#include "sim/linearizability/search/key_history.hpp"

#include <algorithm>

namespace sim {
namespace {

// The values that somebody was given by a queue or stack, in ascending order.
std::vector<std::int64_t> taken_out(std::span<const Operation> all, std::span<const std::uint32_t> of_key) {
  std::vector<std::int64_t> taken;
  for (const std::uint32_t index : of_key) {
    const Operation& op = all[index];
    const bool takes = op.action == Action::dequeue || op.action == Action::pop;
    const auto* value = op.output.as_number();
    if (takes && op.outcome == Outcome::ok && value != nullptr) taken.push_back(*value);
  }
  std::ranges::sort(taken);
  return taken;
}

// Removing a value's enqueue and dequeue (or only enqueue) from an order leaves the others answered alike.
bool is_idle_put(const Operation& op, const std::vector<std::int64_t>& taken) {
  if (op.outcome != Outcome::pending) return false;
  if (op.action != Action::enqueue && op.action != Action::push) return false;
  return !std::ranges::binary_search(taken, *op.argument.as_number());
}

}  // namespace

KeyHistory make_key_history(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                            Model model, const Value& initial) {
  const bool counter = model == Model::counter;
  const auto taken = taken_out(all, of_key);
  const bool sized =
      std::ranges::any_of(of_key, [&](std::uint32_t index) { return all[index].action == Action::size; });
  std::vector<const Operation*> operations;
  std::vector<std::uint32_t> kept;
  for (const std::uint32_t index : of_key) {
    const Operation& op = all[index];
    const bool silent =
        op.outcome == Outcome::failed || (op.outcome == Outcome::pending && changed_nothing(op));
    if (silent || (!sized && is_idle_put(op, taken))) continue;
    operations.push_back(&op);
    kept.push_back(index);
  }
  KeyHistory history{.states = ObjectStates(operations, model),
                     .operations = {},
                     .counter = counter,
                     .unordered = model == Model::unordered_queue};
  history.beginnings = {history.states.of(initial)};
  history.operations.reserve(kept.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const Operation& op = *operations[i];
    const bool owed = op.outcome == Outcome::ok;
    history.operations.push_back({.step = history.states.step(op),
                                  .call = op.call,
                                  .ret = owed ? op.ret : kNever,
                                  .index = kept[i],
                                  .owed = owed});
  }
  const auto earlier = [](const KeyOperation& a, const KeyOperation& b) {
    return a.call != b.call ? a.call < b.call : a.ret < b.ret;
  };
  if (!std::ranges::is_sorted(history.operations, earlier))
    std::ranges::stable_sort(history.operations, earlier);
  for (const KeyOperation& op : history.operations) {
    history.has_swaps |= op.step.kind == Step::Kind::swap;
    history.has_forbids |= op.step.kind == Step::Kind::forbid;
    history.has_appends |= op.step.kind == Step::Kind::append || op.step.kind == Step::Kind::add ||
                           op.step.kind == Step::Kind::transit || op.step.kind == Step::Kind::look;
  }
  return history;
}

bool KeyHistory::settles(State state, const Step& step) const {
  switch (step.kind) {
    case Step::Kind::observe: return state == step.expected;
    case Step::Kind::forbid: return state != step.expected;
    case Step::Kind::set: return state == step.target;
    case Step::Kind::swap: return state == step.expected && state == step.target;
    case Step::Kind::append: return states.stays(state, *step.argument);
    case Step::Kind::look:
    case Step::Kind::transit: return may_leave(state, step);
    case Step::Kind::add: return step.target == 0;
    case Step::Kind::wild: return false;
  }
  return false;
}

// A look or transit: whether it looks only, or takes a hidden value.
bool KeyHistory::may_leave(State state, const Step& step) const {
  const Action action = step.operation->action;
  const bool puts = action == Action::enqueue || action == Action::push;
  const bool takes = action == Action::dequeue || action == Action::pop;
  const auto* taken = takes ? step.operation->output.as_number() : nullptr;
  if ((state & kHiding) == 0) return !puts && taken == nullptr && states.after(state, step) == state;
  const bool in_reach = action == Action::dequeue || (state & ~kHiding) == states.of(List{});
  return taken != nullptr && in_reach && std::ranges::binary_search(hidden, *taken);
}

void KeyHistory::add_states_after(State state, const Step& step, std::vector<State>& found) const {
  switch (step.kind) {
    case Step::Kind::set: return found.push_back(step.target);
    case Step::Kind::swap:
      if (state == step.expected) found.push_back(step.target);
      return;
    case Step::Kind::append: return found.push_back(states.appended(state, *step.argument));
    case Step::Kind::add:
      return found.push_back(
          static_cast<State>(static_cast<std::uint64_t>(state) + static_cast<std::uint64_t>(step.target)));
    case Step::Kind::transit: return add_states_behind(state, step, found);
    default: return;  // it changes nothing, or is wild
  }
}

void KeyHistory::add_states_behind(State state, const Step& step, std::vector<State>& found) const {
  const auto add = [&](State after, State hiding) {
    if (after != ObjectStates::kImpossible) found.push_back(after | hiding);
  };
  const bool any_value =
      unordered && step.operation->action == Action::dequeue && step.operation->outcome == Outcome::pending;
  if (any_value) return states.add_taken(state, found);
  if ((state & kHiding) == 0) return add(states.after(state, step), 0);
  const State seen = state & ~kHiding;
  const Action action = step.operation->action;
  const bool sees_none = seen == states.of(List{});
  const bool puts = action == Action::enqueue || action == Action::push;
  const bool finds_empty = !puts && step.answered && step.operation->output.is_nil();
  if (puts || (action == Action::pop && !sees_none)) {
    add(states.after(seen, step), kHiding);
  } else if (finds_empty) {
    if (sees_none) add(seen, 0);  // nothing hides either
  } else if (!sees_none) {
    add(states.after(seen, step), 0);  // all hidden values have been taken
  }
}

bool are_twins(const Step& a, const Step& b) {
  if (a.kind != b.kind || a.expected != b.expected || a.target != b.target || a.answered != b.answered) {
    return false;
  }
  if (a.operation != nullptr && b.operation != nullptr &&
      (a.operation->action != b.operation->action || a.operation->output != b.operation->output)) {
    return false;
  }
  return a.argument == b.argument ||
         (a.argument != nullptr && b.argument != nullptr && *a.argument == *b.argument);
}

// States of a counter are unbounded, and appending keeps a value in sight: there, every state stays relevant.
Relevance::Relevance(const KeyHistory& history) {
  if (history.has_appends || history.counter) return;
  until_.assign(history.states.known_numbers() + ObjectStates::kFirstNumber, Time::min());
  for (const KeyOperation& op : history.operations) {
    if (!op.owed) continue;
    if (op.step.kind == Step::Kind::forbid) forbidding_until_ = std::max(forbidding_until_, op.ret);
    if (op.step.kind != Step::Kind::set) look(op.step.expected, op.ret);
  }
  if (history.has_swaps) follow_swaps(history);
}

void Relevance::look(State state, Time time) {
  const auto at = static_cast<std::size_t>(state);
  if (at < until_.size()) until_[at] = std::max(until_[at], time);
}

// An unanswered swap makes the state before it as useful as the one after it; chains of them need several
// rounds.
void Relevance::follow_swaps(const KeyHistory& history) {
  constexpr int rounds_max = 8;
  bool changed = true;
  for (int round = 0; changed; ++round) {
    changed = false;
    for (const KeyOperation& op : history.operations) {
      if (op.owed || op.step.kind != Step::Kind::swap) continue;
      const Time time = round < rounds_max ? useful_until(op.step.target) : kNever;
      if (time <= until(op.step.expected)) continue;
      look(op.step.expected, time);
      changed = true;
    }
  }
}

}  // namespace sim
