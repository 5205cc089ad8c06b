#include "sim/linearizability/search/depth_first.hpp"

#include <algorithm>

#include "sim/linearizability/search/key_verdict.hpp"
#include "sim/linearizability/verdict.hpp"

namespace sim {

DepthSearch::DepthSearch(const KeyHistory& history, Budget& spending, std::size_t memory_max)
    : history_(history), spending_(spending), seen_(memory_max) {
  gather();
  const auto ring = static_cast<std::uint32_t>(candidates_.size() + 1);
  for (std::uint32_t i = 0; i < ring; ++i) {
    next_.push_back((i + 1) % ring);
    previous_.push_back((i + ring - 1) % ring);
  }
}

void DepthSearch::gather() {
  std::uint32_t owed = 0, others = 0;
  for (std::size_t i = 0; i < history_.operations.size(); ++i) {
    const KeyOperation& op = history_.operations[i];
    if (!op.owed && !op.step.changes()) continue;
    const auto place = static_cast<std::uint32_t>(i);
    if (op.owed) returns_.push_back(static_cast<std::uint32_t>(candidates_.size()));
    candidates_.push_back({&op, place, op.owed ? owed++ : others++, kind_of(op.step, op.owed)});
  }
  std::ranges::stable_sort(returns_, {}, [&](std::uint32_t i) { return candidates_[i].op->ret; });
  owed_left_ = returns_.size();
  owed_placed_.assign(owed / 64 + 1, 0);
  others_placed_.assign(others / 64 + 1, 0);
  soonest_.assign(candidates_.size(), kNone);
}

// Doesn't look far back: a missed twin costs time only.
std::uint32_t DepthSearch::kind_of(const Step& step, bool owed) const {
  constexpr std::size_t far = 64;
  const std::size_t end = candidates_.size() - std::min(far, candidates_.size());
  for (std::size_t i = candidates_.size(); i-- > end;) {
    const Candidate& other = candidates_[i];
    if (other.op->owed == owed && are_twins(other.op->step, step)) return other.kind;
  }
  return static_cast<std::uint32_t>(candidates_.size());
}

std::vector<std::size_t> DepthSearch::order() const {
  std::vector<std::size_t> order;
  for (const Frame& frame : path_) {
    if (frame.candidate != kNone) order.push_back(candidates_[frame.candidate].op->index);
  }
  return order;
}

std::size_t DepthSearch::bytes() const {
  const std::size_t each = sizeof(Candidate) + 3 * sizeof(std::uint32_t) + sizeof(Frame);
  return candidates_.size() * each + choices_.capacity() * sizeof(Choice) + seen_.bytes();
}

std::optional<KeyVerdict> DepthSearch::advance(std::uint64_t until) {
  while (spending_.steps < until) {
    if (owed_left_ == 0) return KeyVerdict{Verdict::linearizable, 0};
    if (path_.empty()) {
      if (beginning_ == history_.beginnings.size()) {
        return KeyVerdict{Verdict::violation, candidates_[returns_[furthest_]].place};
      }
      state_ = history_.beginnings[beginning_++];
      path_.push_back({.before = state_, .due_before = due_});
      choose();
    } else if (choices_.size() == path_.back().first_choice) {
      take_back();
    } else {
      const Choice choice = choices_.back();
      choices_.pop_back();
      place(choice);
      is_new() ? choose() : take_back();
    }
  }
  return std::nullopt;
}

// ---- One configuration.

bool DepthSearch::is_placed(const Candidate& c) const {
  const auto& bits = c.op->owed ? owed_placed_ : others_placed_;
  return (bits[c.bit / 64] >> (c.bit % 64) & 1) != 0;
}

void DepthSearch::flip(const Candidate& c) {
  auto& bits = c.op->owed ? owed_placed_ : others_placed_;
  bits[c.bit / 64] ^= std::uint64_t{1} << (c.bit % 64);
}

void DepthSearch::place(const Choice& choice) {
  const Candidate& c = candidates_[choice.candidate];
  path_.push_back(
      {.candidate = choice.candidate, .before = state_, .due_before = due_, .first_choice = choices_.size()});
  state_ = choice.after;
  next_[previous_[choice.candidate]] = next_[choice.candidate];
  previous_[next_[choice.candidate]] = previous_[choice.candidate];
  flip(c);
  if (!c.op->owed) return;
  --owed_left_;
  full_ = std::min<std::size_t>(full_, c.bit / 64);
  while (full_ + 1 < owed_placed_.size() && owed_placed_[full_] == ~std::uint64_t{0}) ++full_;
  used_ = std::max<std::size_t>(used_, c.bit / 64 + 1);
  while (due_ < returns_.size() && is_placed(candidates_[returns_[due_]])) ++due_;
  furthest_ = std::max(furthest_, std::min(due_, static_cast<std::uint32_t>(returns_.size() - 1)));
}

void DepthSearch::take_back() {
  const Frame frame = path_.back();
  path_.pop_back();
  state_ = frame.before;
  due_ = frame.due_before;
  if (frame.candidate == kNone) return;
  const Candidate& c = candidates_[frame.candidate];
  next_[previous_[frame.candidate]] = previous_[next_[frame.candidate]] = frame.candidate;
  flip(c);
  if (!c.op->owed) return;
  ++owed_left_;
  full_ = std::min<std::size_t>(full_, c.bit / 64);
}

// The placed operations and the state; for the owed ones, from the first word that isn't full.
bool DepthSearch::is_new() {
  while (used_ > 0 && owed_placed_[used_ - 1] == 0) --used_;
  std::size_t others = others_placed_.size();
  while (others > 0 && others_placed_[others - 1] == 0) --others;
  key_.assign({static_cast<std::uint64_t>(state_), full_});
  for (std::size_t w = full_; w < used_; ++w) key_.push_back(owed_placed_[w]);
  key_.push_back(others);
  key_.insert(key_.end(), others_placed_.begin(),
              others_placed_.begin() + static_cast<std::ptrdiff_t>(others));
  constexpr std::uint64_t to_remember = 16;  // as long as so many steps of the other search
  spending_.steps += to_remember + key_.size();
  return seen_.insert(key_);
}

// ---- The operations that may come next.

// All operations called before the first return of an unplaced one. Those that must be placed soonest are
// tried first: choices are taken from the end.
void DepthSearch::choose() {
  const Time due = due_ < returns_.size() ? candidates_[returns_[due_]].op->ret : kNever;
  const auto head = static_cast<std::uint32_t>(candidates_.size());
  const std::size_t first = choices_.size();
  for (std::uint32_t i = next_[head]; i != head && candidates_[i].op->call <= due; i = next_[i]) {
    ++spending_.steps;
    const Step& step = candidates_[i].op->step;
    if (step.changes()) {
      choose_change(i);
    } else if (history_.settles(state_, step)) {
      choices_.resize(first);
      choices_.push_back({i, state_});
      return;
    }
  }
  drop_later_twins(first);
  const auto from = choices_.begin() + static_cast<std::ptrdiff_t>(first);
  std::ranges::stable_sort(from, choices_.end(), {},
                           [&](const Choice& choice) { return candidates_[choice.candidate].op->ret; });
  std::reverse(from, choices_.end());
}

void DepthSearch::drop_later_twins(std::size_t first) {
  const auto kind = [&](const Choice& choice) { return candidates_[choice.candidate].kind; };
  const auto ret = [&](std::uint32_t i) { return candidates_[i].op->ret; };
  const auto from = choices_.begin() + static_cast<std::ptrdiff_t>(first);
  for (auto choice = from; choice != choices_.end(); ++choice) soonest_[kind(*choice)] = kNone;
  for (auto choice = from; choice != choices_.end(); ++choice) {
    std::uint32_t& soonest = soonest_[kind(*choice)];
    if (soonest == kNone || ret(choice->candidate) < ret(soonest)) soonest = choice->candidate;
  }
  const auto is_later = [&](const Choice& choice) { return soonest_[kind(choice)] != choice.candidate; };
  choices_.erase(std::remove_if(from, choices_.end(), is_later), choices_.end());
}

void DepthSearch::choose_change(std::uint32_t i) {
  const Candidate& c = candidates_[i];
  if (path_.back().candidate != kNone && is_pointless_behind(i, path_.back().candidate)) return;
  targets_.clear();
  if (c.op->step.kind == Step::Kind::wild) {
    targets_ = history_.states.wild_targets();
  } else {
    history_.add_states_after(state_, c.op->step, targets_);
  }
  for (const State after : targets_) {
    if (c.op->owed || after != state_) choices_.push_back({i, after});
  }
}

bool DepthSearch::is_pointless_behind(std::uint32_t i, std::uint32_t last) const {
  const KeyOperation& now = *candidates_[i].op;
  const KeyOperation& before = *candidates_[last].op;
  if (before.owed) return false;
  const bool both_add = now.step.kind == Step::Kind::add && before.step.kind == Step::Kind::add;
  return (before.step.blind() && now.step.blind()) || (both_add && !now.owed && i < last);
}

}  // namespace sim
