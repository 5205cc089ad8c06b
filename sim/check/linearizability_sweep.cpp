// The way along a history: calls and returns in order of time. See sweep_search.hpp for the idea.
#include "sim/check/linearizability_sweep.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "sim/check/sweep_search.hpp"

namespace sim {

namespace sweep_search {
namespace {

constexpr std::size_t kTwinSearch = 64;  // how far back to look: a missed twin costs time only

bool same_action(const Step& a, const Step& b) {
  return a.operation == nullptr || b.operation == nullptr || a.operation->action == b.operation->action;
}

}  // namespace

// Operations are in order of call, so that of returns is nearly the same: few need to be moved far.
std::vector<std::size_t> Sweep::returns_in_order() const {
  std::vector<std::size_t> order;
  order.reserve(history_.operations.size());
  for (std::size_t i = 0; i < history_.operations.size(); ++i) {
    if (history_.operations[i].ret != kNever) order.push_back(i);
  }
  const auto earlier = [&](std::size_t a, std::size_t b) {
    const Time x = history_.operations[a].ret;
    const Time y = history_.operations[b].ret;
    return x != y ? x < y : a < b;
  };
  constexpr std::size_t few = 200;
  if (order.size() > few) {
    std::ranges::sort(order, earlier);
    return order;
  }
  for (std::size_t k = 1; k < order.size(); ++k) {
    const std::size_t op = order[k];
    std::size_t at = k;
    for (; at > 0 && earlier(op, order[at - 1]); --at) order[at] = order[at - 1];
    order[at] = op;
  }
  return order;
}

std::size_t Sweep::most_open() const {
  const auto& operations = history_.operations;
  std::size_t most = 1;
  std::size_t returned = 0;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    while (returned < returns_.size() && operations[returns_[returned]].ret < operations[i].call) ++returned;
    most = std::max(most, i + 1 - returned);
  }
  return most;
}

SweepResult Sweep::run() {
  constexpr std::size_t usual = 16;  // so many open at once
  slots_.reserve(usual);
  open_.reserve(usual);
  unused_.reserve(usual);
  slot_of_.assign(history_.operations.size(), kNone);
  child_.assign(1 + 2 * words_, 0);
  parent_ = done_ = child_;
  for (const State state : history_.beginnings) {
    child_[0] = static_cast<Word>(state);
    now_.add(child_.data(), spending_.steps);
  }
  std::size_t next_call = 0;
  for (const std::size_t op : returns_) {
    const Time ret = history_.operations[op].ret;
    while (next_call < history_.operations.size() && history_.operations[next_call].call <= ret)
      call(next_call++);
    if (!complete(op)) return {Verdict::violation, op};
    if (spending_.spent(bytes())) return {Verdict::unknown, op};
  }
  return {Verdict::linearizable, 0};
}

std::vector<int> Sweep::find_predecessors(const SweptOperation& op) const {
  std::vector<int> found;
  for (const int slot : open_) {
    const SweptOperation& other = history_.operations[slots_[static_cast<std::size_t>(slot)].op];
    if (other.client == op.client && other.ret == op.call) found.push_back(slot);
  }
  return found;
}

void Sweep::call(std::size_t i) {
  const SweptOperation& op = history_.operations[i];
  const bool is_owed = op.owed;
  const bool is_idle = op.ret == kNever;
  if (!is_owed && !op.step.changes()) return;  // an unanswered read says nothing
  if (!is_owed && can_expire(op.step)) {
    // Nobody can be helped by its taking effect: leaving it out is always possible.
    if (relevance_.useless(op.step.target, op.call)) return;
    if (is_idle) idle_expires_ = std::min(idle_expires_, relevance_.useful_until(op.step.target));
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
  s = Slot{.step = op.step, .op = i, .predecessors = find_predecessors(op)};
  for (const int predecessor : s.predecessors) {
    slots_[static_cast<std::size_t>(predecessor)].has_successor = true;
  }
  if (is_idle) {
    // Identical unanswered operations are interchangeable: the later one is only placed after the earlier.
    for (std::size_t k = idle_.size(); k-- > 0 && s.twin == kNone && k + kTwinSearch > idle_.size();) {
      const Step& other = slots_[static_cast<std::size_t>(idle_[k])].step;
      const bool same =
          other.kind == s.step.kind && same_action(other, s.step) && other.expected == s.step.expected &&
          other.target == s.step.target &&
          (other.argument == s.step.argument ||
           (other.argument != nullptr && s.step.argument != nullptr && *other.argument == *s.step.argument));
      if (same) s.twin = idle_[k];
    }
  }
  (is_idle ? idle_ : open_).push_back(slot);
  for (std::size_t k = 0; k < now_.size(); ++k) {
    if (!now_.alive(k)) continue;
    if (is_owed) {
      settle(now_.at(k), slot);
    } else {
      add(free(now_.at(k)), slot);
    }
  }
}

void Sweep::release(int slot) {
  if (slots_[static_cast<std::size_t>(slot)].has_successor) {
    for (const int o : open_) std::erase(slots_[static_cast<std::size_t>(o)].predecessors, slot);
    for (const int o : idle_) std::erase(slots_[static_cast<std::size_t>(o)].predecessors, slot);
  }
  for (const int o : idle_) {
    Slot& s = slots_[static_cast<std::size_t>(o)];
    if (s.twin == slot) s.twin = kNone;
  }
  unused_.push_back(slot);
}

// Unanswered writes that lead to states of no use any more make no difference.
void Sweep::drop_useless(Time now) {
  if (idle_expires_ >= now) return;
  idle_expires_ = kNever;
  const auto gone = [&](int slot) {
    const Step& step = slots_[static_cast<std::size_t>(slot)].step;
    if (!can_expire(step)) return false;
    if (!relevance_.useless(step.target, now)) {
      idle_expires_ = std::min(idle_expires_, relevance_.useful_until(step.target));
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
  if (x == kNone) return true;  // it could have happened, and makes no difference
  drop_useless(history_.operations[op].ret);
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

}  // namespace sweep_search

// Narrow first: a lucky path through a history that is linearizable is usually found among few
// configurations. Only a search that left nothing out may call a history a violation.
SweepResult sweep(const KeyHistory& history, Spending& spending) {
  constexpr std::size_t widest = std::numeric_limits<std::size_t>::max() / 16;
  constexpr std::array<std::size_t, 6> widths{8, 32, 128, 512, 4096, widest};
  for (const std::size_t beam : widths) {
    if (spending.spent_now(0)) return {};
    sweep_search::Sweep attempt(history, spending, beam);
    const SweepResult result = attempt.run();
    if (spending.exhausted != nullptr) return {Verdict::unknown, result.failing};
    if (result.verdict == Verdict::linearizable || !attempt.truncated()) return result;
  }
  return {};
}

}  // namespace sim
