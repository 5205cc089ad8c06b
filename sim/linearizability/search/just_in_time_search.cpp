// The search along a history: calls and returns in order of time. just_in_time.hpp explains the idea.
#include "sim/linearizability/search/just_in_time_search.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "sim/linearizability/search/just_in_time.hpp"
#include "sim/linearizability/verdict.hpp"

namespace sim {

namespace just_in_time {
namespace {

constexpr std::size_t kTwinSearch = 64;  // how far back to look: a missed twin costs time only

}  // namespace

// Operations are in order of call, so that of returns is nearly the same: few need to be moved far.
std::vector<std::size_t> Search::returns_in_order() const {
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

std::size_t Search::most_open() const {
  const auto& operations = history_.operations;
  std::size_t most = 1;
  std::size_t returned = 0;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    while (returned < returns_.size() && operations[returns_[returned]].ret < operations[i].call) ++returned;
    most = std::max(most, i + 1 - returned);
  }
  return most;
}

Search::Search(const KeyHistory& history, Budget& spending, std::size_t beam)
    : history_(history),
      spending_(spending),
      relevance_(history),
      beam_(beam),
      returns_(returns_in_order()),
      words_((most_open() + 63) / 64),
      now_(words_),
      next_(words_),
      work_(words_) {
  constexpr std::size_t usual = 16;  // so many open at once
  slots_.reserve(usual);
  open_.reserve(usual);
  unused_.reserve(usual);
  slot_of_.assign(history_.operations.size(), kNone);
  const auto is_size = [](const KeyOperation& op) {
    return op.step.operation != nullptr && op.step.operation->action == Action::size;
  };
  is_set_ = history.states.model() == Model::set && std::ranges::none_of(history.operations, is_size);
  child_.assign(1 + 2 * words_, 0);
  parent_ = done_ = child_;
  for (const State state : history_.beginnings) {
    child_[0] = static_cast<Word>(state);
    now_.add(child_.data(), spending_.steps);
  }
}

std::optional<KeyVerdict> Search::advance(std::uint64_t until) {
  for (; at_ < returns_.size(); ++at_) {
    const std::size_t op = returns_[at_];
    const Time ret = history_.operations[op].ret;
    while (next_call_ < history_.operations.size() && history_.operations[next_call_].call <= ret)
      call(next_call_++);
    const int x = slot_of_[op];
    if (x == kNone) continue;  // it could have happened, and makes no difference
    if (!exploring_) begin(x);
    const bool paused = exploring_ && !explore(x, until);
    if (spending_.spent(bytes())) return KeyVerdict{Verdict::unknown, op};
    if (paused) return std::nullopt;
    if (!complete(x)) return KeyVerdict{Verdict::violation, op};
  }
  return KeyVerdict{Verdict::linearizable, 0};
}

void Search::call(std::size_t i) {
  const KeyOperation& op = history_.operations[i];
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
  s = Slot{.step = op.step, .op = i};
  if (is_idle) {
    for (std::size_t k = idle_.size(); k-- > 0 && s.twin == kNone && k + kTwinSearch > idle_.size();) {
      if (are_twins(slots_[static_cast<std::size_t>(idle_[k])].step, s.step)) s.twin = idle_[k];
    }
  } else if (is_owed && op.step.changes() && !op.step.blind() && op.step.kind != Step::Kind::add) {
    find_twins(slot);
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

void Search::find_twins(int slot) {
  Slot& s = slots_[static_cast<std::size_t>(slot)];
  const auto ret = [&](const Slot& of) { return history_.operations[of.op].ret; };
  for (const int o : open_) {
    Slot& other = slots_[static_cast<std::size_t>(o)];
    if (!history_.operations[other.op].owed || !are_twins(other.step, s.step)) continue;
    const bool is_sooner = ret(other) <= ret(s);
    (is_sooner ? s : other).sooner.push_back(is_sooner ? o : slot);
    (is_sooner ? other : s).has_later = true;
  }
}

void Search::release(int slot) {
  if (slots_[static_cast<std::size_t>(slot)].has_later) {
    for (const int o : open_) std::erase(slots_[static_cast<std::size_t>(o)].sooner, slot);
  }
  for (const int o : idle_) {
    Slot& s = slots_[static_cast<std::size_t>(o)];
    if (s.twin == slot) s.twin = kNone;
  }
  unused_.push_back(slot);
}

// Unanswered writes that lead to useless states make no difference.
void Search::drop_useless(Time now) {
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

// The returning operation must be behind every configuration; in some, something may have to be placed for
// that.
void Search::begin(int x) {
  drop_useless(history_.operations[slots_[static_cast<std::size_t>(x)].op].ret);
  for (std::size_t i = 0; i < now_.size() && !exploring_; ++i) {
    const bool settled =
        !now_.alive(i) || has(placed(now_.at(i)), x) || (has(free(now_.at(i)), x) && !useful_later(x));
    exploring_ = !settled;
  }
  if (!exploring_) return;
  next_.clear();
  work_.clear();
  explored_ = 0;
  for (std::size_t i = 0; i < now_.size(); ++i) {
    if (now_.alive(i)) route(now_.at(i), x);
  }
}

// False if no configuration is left.
bool Search::complete(int x) {
  const bool explored = std::exchange(exploring_, false);
  if (explored) {
    std::swap(now_, next_);
    if (now_.live() == 0) return false;
    if (now_.live() > beam_) {
      now_.truncate(beam_);
      truncated_ = true;
    }
  }
  std::erase(open_, x);
  release(x);
  for (std::size_t i = 0; !explored && i < now_.size(); ++i) forget(now_.at(i), x);
  return true;
}

std::optional<KeyVerdict> WideningSearch::advance(std::uint64_t until) {
  constexpr std::size_t widest = std::numeric_limits<std::size_t>::max() / 16;
  constexpr std::array<std::size_t, 6> widths{8, 32, 128, 512, 4096, widest};
  while (true) {
    if (!attempt_) {
      if (spending_.spent_now(0)) return KeyVerdict{};
      attempt_.emplace(history_, spending_, widths[width_]);
    }
    const auto result = attempt_->advance(until);
    if (spending_.exhausted != nullptr) return KeyVerdict{Verdict::unknown, result ? result->failing : 0};
    if (!result || result->verdict == Verdict::linearizable || !attempt_->truncated()) return result;
    ++width_;
    attempt_.reset();
  }
}

}  // namespace just_in_time

KeyVerdict search_just_in_time(const KeyHistory& history, Budget& spending) {
  return *just_in_time::WideningSearch(history, spending).advance(std::numeric_limits<std::uint64_t>::max());
}

}  // namespace sim
