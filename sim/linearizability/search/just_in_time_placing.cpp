// Which operations may be placed in a configuration, and the configuration that results: the reductions of
// just_in_time.hpp at work.
#include <algorithm>

#include "sim/linearizability/search/just_in_time.hpp"

namespace sim::just_in_time {

void Search::settle(Word* c, int slot) const {
  const Slot& s = slots_[static_cast<std::size_t>(slot)];
  if (is_owed(c, slot) && history_.settles(static_cast<State>(c[0]), s.step)) add(free(c), slot);
}

void Search::settle_all(Word* c) const {
  for (const int slot : open_) settle(c, slot);
}

// `o` is blind and about to be placed in `c`: operations that could happen right before it become free. A
// swap could, too, but two swaps from one state couldn't both; so swaps stay owed and are placed one by one.
void Search::hide(Word* c, int o) const {
  for (const int m : open_) {
    const Slot& slot = slots_[static_cast<std::size_t>(m)];
    const bool always_holds = slot.step.kind == Step::Kind::set || slot.step.kind == Step::Kind::append;
    if (m != o && always_holds && is_owed(c, m)) add(free(c), m);
  }
}

bool Search::wanted(Word* c, int o, State target) {
  if (slots_[static_cast<std::size_t>(o)].step.kind == Step::Kind::transit) return true;  // nothing hides it
  // An append that leads out of sight does so from any state: then a free `o` needn't come before it.
  constexpr State other = ObjectStates::kOther;
  const bool any_will_do = history_.has_forbids || is_owed(c, o);
  const auto wants = [&](int slot) {
    const Step& step = slots_[static_cast<std::size_t>(slot)].step;
    if (slot == o || has(placed(c), slot)) return false;
    switch (step.kind) {
      case Step::Kind::observe: return step.expected == target && !has(free(c), slot);
      case Step::Kind::forbid: return step.expected != target && !has(free(c), slot);
      case Step::Kind::swap: return step.expected == target;
      case Step::Kind::append:
        return any_will_do || history_.states.appended(target, *step.argument) != other;
      case Step::Kind::add: return true;
      default: return false;
    }
  };
  if (std::ranges::any_of(open_, wants)) return true;
  spending_.steps += 1 + idle_.size() / 4;
  return (history_.has_swaps || history_.has_appends) && std::ranges::any_of(idle_, wants);
}

// Of a set: whether placing `o` before `x` can matter. Operations on other elements neither see nor disturb
// each other, and can wait until `x` is placed. The exception is a whole set that somebody reads: then
// elements must change that aren't yet as they were read.
bool Search::concerns(Word* c, int o, int x) const {
  const auto operation = [&](int slot) -> const Operation& {
    return *slots_[static_cast<std::size_t>(slot)].step.operation;
  };
  const std::int64_t element = *operation(o).argument.as_number();
  if (operation(x).action != Action::read && *operation(x).argument.as_number() == element) return true;
  const auto has_element = [&](const Value& set) {
    const auto* list = set.as_list();
    return list != nullptr && std::ranges::binary_search(*list, element);
  };
  const bool is_in = has_element(history_.states.whole(static_cast<State>(c[0])));
  return std::ranges::any_of(open_, [&](int slot) {
    const bool done = has(placed(c), slot) || has(free(c), slot);
    return !done && operation(slot).action == Action::read && has_element(operation(slot).output) != is_in;
  });
}

// Whether placing `x` at the last moment can achieve anything that counting it as done doesn't.
bool Search::useful_later(int x) const {
  const Slot& s = slots_[static_cast<std::size_t>(x)];
  if (!s.step.changes()) return false;
  return s.step.kind != Step::Kind::set || !relevance_.useless(s.step.target, history_.operations[s.op].ret);
}

// The numbers that open operations tell from any other, now or after appending to them; and one other number.
void Search::aim(Word* c) {
  targets_.push_back(ObjectStates::kOther);
  const auto aim_at = [&](int slot) {
    const Step& step = slots_[static_cast<std::size_t>(slot)].step;
    if (has(placed(c), slot)) return;
    if (step.kind == Step::Kind::append) history_.states.numbers_before(*step.argument, targets_);
    const bool looks = step.kind == Step::Kind::observe || step.kind == Step::Kind::swap;
    if (looks && history_.states.is_number(step.expected)) targets_.push_back(step.expected);
  };
  spending_.steps += 1 + idle_.size() / 4;
  for (const int slot : open_) aim_at(slot);
  for (const int slot : idle_) aim_at(slot);
  std::ranges::sort(targets_);
  targets_.erase(std::unique(targets_.begin(), targets_.end()), targets_.end());
}

// The states that placing `o` may lead to. A wild write aims at a number that open operations look for, or
// else at any other number: a number looked for only later can be written later. The exception is a write
// that must serve now and be seen later, which happens when the returning operation forbids a state.
void Search::targets(Word* c, int o, int x) {
  targets_.clear();
  const auto state = static_cast<State>(c[0]);
  const Step& step = slots_[static_cast<std::size_t>(o)].step;
  if (step.kind != Step::Kind::wild) {
    history_.add_states_after(state, step, targets_);
  } else if (slots_[static_cast<std::size_t>(x)].step.kind == Step::Kind::forbid) {
    targets_ = history_.states.wild_targets();
  } else {
    aim(c);
  }
}

// `configuration` may or may not have the returning operation behind it.
void Search::route(Word* configuration, int x) {
  const bool is_placed = has(placed(configuration), x);
  const bool is_free = has(free(configuration), x);
  if (is_placed || is_free) {
    std::copy(configuration, configuration + done_.size(), done_.begin());
    forget(done_.data(), x);
    next_.add(done_.data(), spending_.steps);
  }
  if (is_placed || (is_free && !useful_later(x))) return;
  if (work_.size() > beam_ * 8) {
    truncated_ = true;
    return;
  }
  work_.add(configuration, spending_.steps);
}

void Search::place(const Word* from, int o, State target, int x) {
  const Slot& slot = slots_[static_cast<std::size_t>(o)];
  std::copy(from, from + child_.size(), child_.begin());
  Word* c = child_.data();
  if (slot.step.blind()) hide(c, o);
  remove(free(c), o);
  add(placed(c), o);
  c[0] = static_cast<Word>(target);
  settle_all(c);
  route(c, x);
}

void Search::expand(Word* c, int x) {
  const auto consider = [&](int o) {
    const Slot& slot = slots_[static_cast<std::size_t>(o)];
    ++spending_.steps;
    if (has(placed(c), o) || !slot.step.changes()) return;
    if (slot.twin != kNone && !has(placed(c), slot.twin)) return;
    const auto is_left = [&](int sooner) { return is_owed(c, sooner); };
    if (std::ranges::any_of(slot.sooner, is_left)) return;
    if (slot.step.kind == Step::Kind::add && o != x) return;  // many at once: see add_up
    if (is_set_ && !concerns(c, o, x)) return;
    targets(c, o, x);
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      const State target = targets_[i];
      // Writing the present value does nothing, except that a blind write hides others.
      const bool idles = target == static_cast<State>(c[0]) && !slot.step.blind();
      const bool must_be_placed = o == x || (slot.step.kind == Step::Kind::swap && is_owed(c, o));
      if (idles || (!must_be_placed && !wanted(c, o, target))) continue;
      const bool forgotten =
          relevance_.forgotten(target, history_.operations[slots_[static_cast<std::size_t>(x)].op].ret);
      place(c, o, forgotten ? ObjectStates::kOther : target, x);
    }
  };
  for (const int o : open_) consider(o);
  for (const int o : idle_) consider(o);
  if (history_.counter) add_up(c, x);
}

// False if it isn't through.
bool Search::explore(int x, std::uint64_t until) {
  for (; explored_ < work_.size(); ++explored_) {
    if (!work_.alive(explored_)) continue;
    if (spending_.steps >= until) return false;
    std::copy(work_.at(explored_), work_.at(explored_) + parent_.size(), parent_.begin());  // work_ grows
    expand(parent_.data(), x);
    if (spending_.spent(bytes())) return false;
  }
  return true;
}

}  // namespace sim::just_in_time
