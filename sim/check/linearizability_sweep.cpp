// The algorithm: go through calls and returns in order of time and keep the set of configurations (Frontier)
// that explain all answers so far. Operations are placed just in time (Lowe 2017, "Testing for
// linearizability", 4.2): only when an operation returns are open operations placed, in every order that ends
// with the returning one.
//
// Four reductions keep that set small. Each keeps the verdict exact:
// * Observations at once. An open read whose value the state has now (or a failed cas whose expectation it
// hasn't) is
//   counted as done: it changes nothing, so doing it now can't hurt.
// * Hidden writes. When a blind write is placed, any open write or append could have been placed right before
// it,
//   unseen. Likewise an operation that wouldn't change the state now. Such operations become *free*: nothing
//   is owed any more, and they may still be placed later instead.
// * Better configurations drop worse ones (see Frontier). Unanswered operations are free from the start.
// * No aimless placing. Placing `o` (unless it's an owed swap) on the way to another operation is only tried
// if some
//   open operation wants the state that `o` leads to. Otherwise the next one placed is blind, so that `o`
//   could have stayed unplaced: it was free or becomes free by hiding, and that configuration is at least as
//   good.
//
// One client's operations that meet at one instant (the return of one is the call of the next) are ordered
// although their intervals touch: the later one has a *predecessor*, which must be placed or counted as done
// first.
#include "sim/check/linearizability_sweep.hpp"

#include <algorithm>
#include <numeric>

namespace sim {

bool Spending::spent(std::size_t bytes) {
  if (steps > steps_max) exhausted = "steps";
  if (bytes > memory_max) exhausted = "memory";
  if (exhausted == nullptr && out_of_time != nullptr && *out_of_time && steps >= ask_again) {
    ask_again = steps + 20'000;
    if ((*out_of_time)()) exhausted = "time";
  }
  return exhausted != nullptr;
}

namespace {

using Word = std::uint64_t;
constexpr int kNone = -1;

struct Slot {
  Step step;
  std::size_t op = 0;
  int predecessor =
      kNone;         ///< Slot of the same client's operation that returned at the moment of this one's call.
  int twin = kNone;  ///< Slot of an identical unanswered operation, called earlier.
  bool has_successor = false;
};

class Sweep {
 public:
  Sweep(const KeyHistory& history, const std::vector<bool>& weakened, Spending& spending, std::size_t beam)
      : history_(history),
        weakened_(weakened),
        spending_(spending),
        beam_(beam),
        words_((most_open() + 63) / 64),
        now_(words_),
        next_(words_),
        work_(words_) {}

  SweepResult run();
  bool truncated() const { return truncated_; }

 private:
  bool owed(std::size_t op) const {
    return history_.operations[op].owed && (weakened_.empty() || !weakened_[op]);
  }
  std::vector<std::size_t> returns_in_order() const;
  std::size_t most_open() const;

  void call(std::size_t op);
  bool complete(std::size_t op);
  void explore(int x);
  void expand(Word* from, int x);
  void place(const Word* from, int o, State target, int x);
  void route(Word* configuration, int x);

  // A configuration's parts.
  Word* placed(Word* c) const { return c + 1; }
  Word* free(Word* c) const { return c + 1 + words_; }
  static bool has(const Word* bits, int slot) { return (bits[slot / 64] >> (slot % 64) & 1) != 0; }
  static void add(Word* bits, int slot) { bits[slot / 64] |= Word{1} << (slot % 64); }
  static void remove(Word* bits, int slot) { bits[slot / 64] &= ~(Word{1} << (slot % 64)); }
  void forget(Word* c, int slot) const {
    remove(placed(c), slot);
    remove(free(c), slot);
  }
  bool is_owed(Word* c, int slot) const { return !has(placed(c), slot) && !has(free(c), slot); }

  bool predecessor_done(Word* c, const Slot& slot) const;
  bool settles(State state, const Step& step) const;
  void settle(Word* c, int slot) const;
  void settle_all(Word* c) const;
  void hide(Word* c, int o) const;
  bool wanted(Word* c, int o, State target) const;
  bool useful_later(int x) const;
  void targets(Word* c, int o, int x);
  int find_predecessor(const SweptOperation& op) const;
  void release(int slot);
  void drop_unobservable(Time now);

  const KeyHistory& history_;
  const std::vector<bool>& weakened_;
  Spending& spending_;
  std::size_t beam_;
  std::size_t words_;
  bool truncated_ = false;

  Frontier now_;
  Frontier next_;
  Frontier work_;
  std::vector<Slot> slots_;
  std::vector<int> unused_;
  std::vector<int> open_;  // owed at their call, in order of call
  std::vector<int> idle_;  // unanswered, in order of call
  std::vector<int> slot_of_;
  Time idle_expires_ = kNever;
  std::vector<State> targets_;
  std::vector<Word> parent_;
  std::vector<Word> child_;
  std::vector<Word> done_;
};

std::vector<std::size_t> Sweep::returns_in_order() const {
  std::vector<std::size_t> order;
  order.reserve(history_.operations.size());
  for (std::size_t i = 0; i < history_.operations.size(); ++i) {
    if (owed(i)) order.push_back(i);
  }
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    const Time x = history_.operations[a].ret;
    const Time y = history_.operations[b].ret;
    return x != y ? x < y : a < b;
  });
  return order;
}

std::size_t Sweep::most_open() const {
  std::vector<Time> returns;
  for (std::size_t i = 0; i < history_.operations.size(); ++i) {
    if (owed(i)) returns.push_back(history_.operations[i].ret);
  }
  std::ranges::sort(returns);
  std::size_t most = 1;
  std::size_t returned = 0;
  for (std::size_t i = 0; i < history_.operations.size(); ++i) {
    while (returned < returns.size() && returns[returned] < history_.operations[i].call) ++returned;
    most = std::max(most, i + 1 - returned);
  }
  return most;
}

SweepResult Sweep::run() {
  slot_of_.assign(history_.operations.size(), kNone);
  child_.assign(1 + 2 * words_, 0);
  parent_ = done_ = child_;
  child_[0] = static_cast<Word>(history_.initial);
  now_.add(child_.data(), spending_.steps);
  const auto returns = returns_in_order();
  std::size_t next_call = 0;
  for (const std::size_t op : returns) {
    const Time ret = history_.operations[op].ret;
    while (next_call < history_.operations.size() && history_.operations[next_call].call <= ret)
      call(next_call++);
    if (!complete(op)) return {Verdict::violation, op};
    if (spending_.spent(now_.bytes() + next_.bytes() + work_.bytes())) return {Verdict::unknown, op};
  }
  return {Verdict::linearizable, 0};
}

int Sweep::find_predecessor(const SweptOperation& op) const {
  for (std::size_t i = open_.size(); i-- > 0;) {
    const SweptOperation& other = history_.operations[slots_[static_cast<std::size_t>(open_[i])].op];
    if (other.client == op.client && other.ret == op.call) return open_[i];
  }
  return kNone;
}

void Sweep::call(std::size_t i) {
  const SweptOperation& op = history_.operations[i];
  const bool is_owed = owed(i);
  if (!is_owed && !op.step.changes()) return;  // an unanswered read says nothing
  const bool expires = !is_owed && history_.plain() && op.step.kind == Step::Kind::set;
  if (expires) {
    // Nobody can tell whether it took effect: not placing it is always possible.
    const Time last = history_.observed_until(op.step.target);
    if (last < op.call) return;
    idle_expires_ = std::min(idle_expires_, last);
  }
  int slot = static_cast<int>(slots_.size());
  if (unused_.empty()) {
    slots_.emplace_back();
  } else {
    slot = unused_.back();
    unused_.pop_back();
  }
  slot_of_[i] = slot;
  Slot& s = slots_[static_cast<std::size_t>(slot)];
  s = Slot{.step = op.step, .op = i, .predecessor = find_predecessor(op)};
  if (s.predecessor != kNone) slots_[static_cast<std::size_t>(s.predecessor)].has_successor = true;
  if (!is_owed) {
    // Identical unanswered operations are interchangeable: the later one is only placed after the earlier.
    for (std::size_t k = idle_.size(); k-- > 0 && s.twin == kNone;) {
      const Step& other = slots_[static_cast<std::size_t>(idle_[k])].step;
      const bool same =
          other.kind == s.step.kind && other.expected == s.step.expected && other.target == s.step.target &&
          (other.argument == s.step.argument ||
           (other.argument != nullptr && s.step.argument != nullptr && *other.argument == *s.step.argument));
      if (same) s.twin = idle_[k];
    }
  }
  (is_owed ? open_ : idle_).push_back(slot);
  for (std::size_t k = 0; k < now_.size(); ++k) {
    if (!now_.alive(k)) continue;
    if (is_owed) {
      settle(now_.at(k), slot);
    } else {
      add(free(now_.at(k)), slot);
    }
  }
}

// Something placed, or an observation made, comes before whatever is placed from now on. A write that is
// merely free doesn't: it may yet be placed later.
bool Sweep::predecessor_done(Word* c, const Slot& slot) const {
  if (slot.predecessor == kNone || has(placed(c), slot.predecessor)) return true;
  return has(free(c), slot.predecessor) && !slots_[static_cast<std::size_t>(slot.predecessor)].step.changes();
}

// Whether doing `step` in `state` is possible and changes nothing.
bool Sweep::settles(State state, const Step& step) const {
  switch (step.kind) {
    case Step::Kind::observe: return state == step.expected;
    case Step::Kind::forbid: return state != step.expected;
    case Step::Kind::set: return state == step.target;
    case Step::Kind::swap: return state == step.expected && state == step.target;
    case Step::Kind::append: return state == ObjectStates::kOther;
    case Step::Kind::add:
    case Step::Kind::wild: return false;
  }
  return false;
}

void Sweep::settle(Word* c, int slot) const {
  const Slot& s = slots_[static_cast<std::size_t>(slot)];
  if (is_owed(c, slot) && settles(static_cast<State>(c[0]), s.step) && predecessor_done(c, s))
    add(free(c), slot);
}

void Sweep::settle_all(Word* c) const {
  for (const int slot : open_) settle(c, slot);
}

// `o` is blind and about to be placed in `c`: what could happen right before it becomes free. A swap could,
// too, but two swaps from one state couldn't both; so swaps stay owed and are placed one by one.
void Sweep::hide(Word* c, int o) const {
  for (const int m : open_) {
    const Slot& slot = slots_[static_cast<std::size_t>(m)];
    const bool always_holds = slot.step.kind == Step::Kind::set || slot.step.kind == Step::Kind::append;
    if (m != o && always_holds && is_owed(c, m) && predecessor_done(c, slot)) add(free(c), m);
  }
}

bool Sweep::wanted(Word* c, int o, State target) const {
  if (slots_[static_cast<std::size_t>(o)].has_successor) return true;
  const auto wants = [&](int slot) {
    const Step& step = slots_[static_cast<std::size_t>(slot)].step;
    if (slot == o || has(placed(c), slot)) return false;
    switch (step.kind) {
      case Step::Kind::observe: return step.expected == target && !has(free(c), slot);
      case Step::Kind::forbid: return step.expected != target && !has(free(c), slot);
      case Step::Kind::swap: return step.expected == target;
      case Step::Kind::append:
      case Step::Kind::add: return true;
      default: return false;
    }
  };
  if (std::ranges::any_of(open_, wants)) return true;
  return (history_.has_swaps || history_.has_appends) && std::ranges::any_of(idle_, wants);
}

// Whether placing `x` at the last moment can do anything that counting it as done doesn't.
bool Sweep::useful_later(int x) const {
  const Slot& s = slots_[static_cast<std::size_t>(x)];
  if (!s.step.changes()) return false;
  if (!history_.plain() || s.step.kind != Step::Kind::set) return true;
  return history_.observed_until(s.step.target) >= history_.operations[s.op].ret;
}

// Where placing `o` may lead to. A wild write is aimed at what open operations look for; any other number
// would be looked for only later, when it can still be placed. Unless the number must serve now and be seen
// later: when the returning operation forbids a state, or when appending keeps the number in sight.
void Sweep::targets(Word* c, int o, int x) {
  targets_.clear();
  const auto state = static_cast<State>(c[0]);
  const Step& step = slots_[static_cast<std::size_t>(o)].step;
  switch (step.kind) {
    case Step::Kind::set: targets_.push_back(step.target); break;
    case Step::Kind::swap:
      if (state == step.expected) targets_.push_back(step.target);
      break;
    case Step::Kind::append: targets_.push_back(history_.states.appended(state, *step.argument)); break;
    case Step::Kind::add:
      targets_.push_back(
          static_cast<State>(static_cast<std::uint64_t>(state) + static_cast<std::uint64_t>(step.target)));
      break;
    case Step::Kind::wild: {
      targets_ = history_.states.wild_targets();
      if (history_.has_appends || slots_[static_cast<std::size_t>(x)].step.kind == Step::Kind::forbid) break;
      std::erase_if(targets_, [&](State target) { return !wanted(c, o, target); });
      break;
    }
    default:
      if (settles(state, step)) targets_.push_back(state);  // held back by its predecessor only
  }
}

// `configuration` may or may not have the returning operation behind it.
void Sweep::route(Word* configuration, int x) {
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

void Sweep::place(const Word* from, int o, State target, int x) {
  const Slot& slot = slots_[static_cast<std::size_t>(o)];
  std::copy(from, from + child_.size(), child_.begin());
  Word* c = child_.data();
  if (slot.predecessor != kNone && !predecessor_done(c, slot)) {
    add(placed(c), slot.predecessor);  // counted as done: it can't be placed after its successor
    remove(free(c), slot.predecessor);
  }
  if (slot.step.blind()) hide(c, o);
  remove(free(c), o);
  add(slot.step.changes() ? placed(c) : free(c), o);
  c[0] = static_cast<Word>(target);
  settle_all(c);
  route(c, x);
}

void Sweep::expand(Word* c, int x) {
  const auto consider = [&](int o) {
    const Slot& slot = slots_[static_cast<std::size_t>(o)];
    ++spending_.steps;
    if (has(placed(c), o) || (!slot.step.changes() && has(free(c), o))) return;
    const bool blocked = slot.predecessor != kNone && is_owed(c, slot.predecessor);
    if (blocked || (slot.predecessor == kNone && !slot.step.changes())) return;
    if (slot.twin != kNone) {
      const Slot& twin = slots_[static_cast<std::size_t>(slot.twin)];
      if (twin.predecessor == kNone && !has(placed(c), slot.twin)) return;
    }
    targets(c, o, x);
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      const State target = targets_[i];
      // Writing what is there already does nothing, except that a blind write hides others.
      const bool idles =
          target == static_cast<State>(c[0]) && slot.predecessor == kNone && !slot.step.blind();
      const bool must_be_placed =
          o == x || !slot.step.changes() || (slot.step.kind == Step::Kind::swap && is_owed(c, o));
      if (idles || (!must_be_placed && !wanted(c, o, target))) continue;
      place(c, o, target, x);
    }
  };
  for (const int o : open_) consider(o);
  for (const int o : idle_) consider(o);
}

void Sweep::explore(int x) {
  for (std::size_t i = 0; i < work_.size(); ++i) {
    if (!work_.alive(i)) continue;
    std::copy(work_.at(i), work_.at(i) + parent_.size(), parent_.begin());  // work_ grows meanwhile
    expand(parent_.data(), x);
    if (spending_.spent(now_.bytes() + next_.bytes() + work_.bytes())) return;
  }
}

void Sweep::release(int slot) {
  for (const int o : open_) {
    Slot& s = slots_[static_cast<std::size_t>(o)];
    if (s.predecessor == slot) s.predecessor = kNone;
  }
  for (const int o : idle_) {
    Slot& s = slots_[static_cast<std::size_t>(o)];
    if (s.predecessor == slot) s.predecessor = kNone;
    if (s.twin == slot) s.twin = kNone;
  }
  unused_.push_back(slot);
}

// Unanswered writes of values that nobody will observe any more make no difference.
void Sweep::drop_unobservable(Time now) {
  if (idle_expires_ >= now) return;
  idle_expires_ = kNever;
  const auto gone = [&](int slot) {
    const Step& step = slots_[static_cast<std::size_t>(slot)].step;
    if (step.kind != Step::Kind::set) return false;
    const Time last = history_.observed_until(step.target);
    if (last >= now) {
      idle_expires_ = std::min(idle_expires_, last);
      return false;
    }
    for (std::size_t i = 0; i < now_.size(); ++i) forget(now_.at(i), slot);
    return true;
  };
  std::vector<int> dropped;
  std::erase_if(idle_, [&](int slot) {
    const bool is_gone = gone(slot);
    if (is_gone) dropped.push_back(slot);
    return is_gone;
  });
  for (const int slot : dropped) release(slot);
}

bool Sweep::complete(std::size_t op) {
  const int x = slot_of_[op];
  if (history_.plain()) drop_unobservable(history_.operations[op].ret);
  bool settled = true;
  for (std::size_t i = 0; i < now_.size() && settled; ++i) {
    settled = !now_.alive(i) || has(placed(now_.at(i)), x) || (has(free(now_.at(i)), x) && !useful_later(x));
  }
  if (!settled) {
    next_.clear();
    work_.clear();
    for (std::size_t i = 0; i < now_.size(); ++i) {
      if (now_.alive(i)) route(now_.at(i), x);
    }
    explore(x);
    std::swap(now_, next_);
    if (spending_.exhausted != nullptr) return true;  // the caller looks at the spending
    if (now_.live() == 0) return false;
    if (now_.live() > beam_) {
      now_.truncate(beam_);
      truncated_ = true;
    }
  }
  const bool has_successor = slots_[static_cast<std::size_t>(x)].has_successor;
  std::erase(open_, x);
  release(x);
  for (std::size_t i = 0; i < now_.size(); ++i) {
    if (settled) forget(now_.at(i), x);
    if (has_successor) settle_all(now_.at(i));
  }
  return true;
}

}  // namespace

// Narrow first: a lucky path through a history that is linearizable is usually found among few
// configurations. Only a search that left nothing out may call a history a violation.
SweepResult sweep(const KeyHistory& history, const std::vector<bool>& weakened, Spending& spending) {
  constexpr std::size_t widest = std::numeric_limits<std::size_t>::max() / 16;
  for (const std::size_t beam : {std::size_t{64}, std::size_t{2048}, widest}) {
    Sweep attempt(history, weakened, spending, beam);
    const SweepResult result = attempt.run();
    if (spending.exhausted != nullptr) return {Verdict::unknown, result.failing};
    if (result.verdict == Verdict::linearizable || !attempt.truncated()) return result;
  }
  return {};
}

KeyHistory make_key_history(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                            bool counter, const Value& initial) {
  std::vector<const Operation*> operations;
  std::vector<std::uint32_t> kept;
  for (const std::uint32_t index : of_key) {
    const Operation& op = all[index];
    const bool silent =
        op.outcome == Outcome::failed || (op.outcome == Outcome::pending && op.action == Action::read);
    if (silent) continue;
    operations.push_back(&op);
    kept.push_back(index);
  }
  KeyHistory history{.states = ObjectStates(operations, counter), .operations = {}};
  history.initial = history.states.of(initial);
  history.operations.reserve(kept.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const Operation& op = *operations[i];
    const bool owed = op.outcome == Outcome::ok;
    history.operations.push_back({.step = history.states.step(op),
                                  .call = op.call,
                                  .ret = owed ? op.ret : kNever,
                                  .index = kept[i],
                                  .client = op.client.value,
                                  .owed = owed});
  }
  const auto earlier = [](const SweptOperation& a, const SweptOperation& b) { return a.call < b.call; };
  if (!std::ranges::is_sorted(history.operations, earlier))
    std::ranges::stable_sort(history.operations, earlier);
  for (const SweptOperation& op : history.operations) {
    history.has_swaps |= op.step.kind == Step::Kind::swap;
    history.has_forbids |= op.step.kind == Step::Kind::forbid;
    history.has_appends |= op.step.kind == Step::Kind::append || op.step.kind == Step::Kind::add;
  }
  if (!history.plain() || counter) return history;
  history.last_observed.assign(history.states.known_numbers() + 2, Time::min());
  for (const SweptOperation& op : history.operations) {
    const auto state = static_cast<std::size_t>(op.step.expected);
    if (op.step.kind != Step::Kind::observe || state >= history.last_observed.size()) continue;
    history.last_observed[state] = std::max(history.last_observed[state], op.ret);
  }
  return history;
}

}  // namespace sim
