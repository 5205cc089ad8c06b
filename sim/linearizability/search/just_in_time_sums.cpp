// A counter's additions in a configuration: placed together, to reach a sum that an answer requires.
#include <algorithm>
#include <tuple>
#include <utility>

#include "sim/linearizability/search/just_in_time.hpp"

namespace sim::just_in_time {

void Search::add_up(const Word* c, int x) {
  gather_terms(c);
  if (terms_.empty()) return;
  const auto state = static_cast<State>(c[0]);
  targets_.clear();
  for (const int slot : open_) {
    const Step& step = slots_[static_cast<std::size_t>(slot)].step;
    const bool waits = step.kind == Step::Kind::observe ? !has(free(c), slot) : step.kind == Step::Kind::swap;
    if (waits && !has(placed(c), slot) && step.expected != state) targets_.push_back(step.expected);
  }
  std::ranges::sort(targets_);
  targets_.erase(std::unique(targets_.begin(), targets_.end()), targets_.end());
  if (targets_.empty()) return;
  sums_.prepare(terms_, spending_.steps);
  for (const State sum : targets_) {
    const std::uint64_t missing = static_cast<std::uint64_t>(sum) - static_cast<std::uint64_t>(state);
    sums_.each(
        missing, spending_.steps,
        [&](std::span<const std::uint32_t> counts) { place_terms(c, counts, sum, x); },
        [&] { return spending_.spent(bytes()); });
    if (spending_.exhausted != nullptr) return;
  }
}

// Those of one amount that must be placed are one term, and those that may be left out another.
void Search::gather_terms(const Word* c) {
  additions_.clear();
  terms_.clear();
  for (const auto* slots : {&open_, &idle_}) {
    for (const int slot : *slots) {
      const Slot& s = slots_[static_cast<std::size_t>(slot)];
      if (s.step.kind != Step::Kind::add || has(placed(c), slot)) continue;
      const Time ret = history_.operations[s.op].ret;
      additions_.push_back({static_cast<std::uint64_t>(s.step.target), has(free(c), slot), ret, slot});
    }
  }
  const auto kind = [](const Addition& a) { return std::pair(a.amount, a.is_free); };
  std::ranges::stable_sort(additions_, {},
                           [](const Addition& a) { return std::tuple(a.amount, a.is_free, a.ret); });
  for (std::size_t i = 0; i < additions_.size(); ++i) {
    const bool same = i > 0 && kind(additions_[i]) == kind(additions_[i - 1]);
    if (!same) terms_.push_back({additions_[i].amount, 0});
    ++terms_.back().most;
  }
}

void Search::place_terms(const Word* from, std::span<const std::uint32_t> counts, State sum, int x) {
  std::copy(from, from + child_.size(), child_.begin());
  Word* c = child_.data();
  std::size_t first = 0;
  for (std::size_t t = 0; t < counts.size(); ++t) {
    for (std::size_t k = 0; k < counts[t]; ++k) {
      const int slot = additions_[first + k].slot;
      remove(free(c), slot);
      add(placed(c), slot);
    }
    first += terms_[t].most;
  }
  c[0] = static_cast<Word>(sum);
  settle_all(c);
  route(c, x);
}

}  // namespace sim::just_in_time
