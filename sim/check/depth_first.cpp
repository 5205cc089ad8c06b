#include "sim/check/depth_first.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "sim/check/interned_states.hpp"
#include "sim/history/object_model.hpp"

namespace sim {
namespace {

class DepthFirstSearch {
 public:
  DepthFirstSearch(std::span<const Operation> all, std::span<const std::uint32_t> of_key, Model model,
                   const Value& initial, std::uint64_t steps)
      : all_(all), model_(object_model(model)), initial_(initial), steps_(steps) {
    for (const std::uint32_t index : of_key) {
      const Operation& op = all[index];
      const bool wild =
          op.outcome == Outcome::pending && (op.action == Action::stamp || op.action == Action::draw);
      guessed_ = guessed_ || wild;
      const bool silent = op.outcome == Outcome::pending && changed_nothing(op);
      if (op.outcome != Outcome::failed && !wild && !silent) places_.push_back(index);
    }
    std::ranges::stable_sort(places_, {}, [&](std::uint32_t index) { return all[index].call; });
  }

  DepthFirst run() {
    for (const std::uint32_t index : places_) owed_ += all_[index].outcome == Outcome::ok;
    placed_.assign((places_.size() + 63) / 64, 0);
    Frame root{.state = initial_};
    std::vector<Frame> path{root};
    while (!path.empty() && owed_ > 0 && steps_ > 0) {
      if (!descend(path)) ascend(path);
    }
    if (owed_ == 0) return {Verdict::linearizable, std::move(order_)};
    const bool sure = path.empty() && !guessed_;
    return {sure ? Verdict::violation : Verdict::unknown, std::move(longest_)};
  }

 private:
  struct Frame {
    Value state;
    std::size_t next = 0;  // the operation to try next
  };

  bool is_placed(std::size_t i) const { return (placed_[i / 64] >> (i % 64) & 1) != 0; }
  void flip(std::size_t i) { placed_[i / 64] ^= std::uint64_t{1} << (i % 64); }

  bool precedes(const Operation& a, const Operation& b) const {
    if (a.outcome != Outcome::ok) return false;
    if (a.ret != b.call || a.client != b.client) return a.ret < b.call;
    const bool of_one_instant = a.call == a.ret && b.call == b.ret;  // then as they are listed
    return !of_one_instant || &a < &b;
  }

  // Whether nothing that is still owed must come before.
  bool is_free(std::size_t i) const {
    for (std::size_t k = first_open_; k < places_.size(); ++k) {
      const Operation& other = all_[places_[k]];
      if (other.call > all_[places_[i]].call) break;
      if (k != i && !is_placed(k) && precedes(other, all_[places_[i]])) return false;
    }
    return true;
  }

  // Places one more operation, if there is one that leads to something new.
  bool descend(std::vector<Frame>& path) {
    while (first_open_ < places_.size() && is_placed(first_open_)) ++first_open_;
    for (std::size_t i = std::max(path.back().next, first_open_); i < places_.size() && steps_ > 0; ++i) {
      path.back().next = i + 1;
      if (is_placed(i)) continue;
      --steps_;
      if (!is_free(i)) {
        if (all_[places_[i]].call > last_useful_call()) break;
        continue;
      }
      Value state = path.back().state;
      const Operation& op = all_[places_[i]];
      if (!answers(state, op)) continue;
      flip(i);
      if (!seen_.emplace(states_.number_of(state), placed_).second) {
        flip(i);
        continue;
      }
      owed_ -= op.outcome == Outcome::ok;
      order_.push_back(places_[i]);
      at_.push_back(i);
      if (order_.size() > longest_.size()) longest_ = order_;
      path.push_back({.state = std::move(state)});
      return true;
    }
    return false;
  }

  // Beyond the first return of what is owed nothing can be placed next.
  Time last_useful_call() const {
    Time first_return = kNever;
    for (std::size_t k = first_open_; k < places_.size() && all_[places_[k]].call <= first_return; ++k) {
      if (!is_placed(k)) first_return = std::min(first_return, all_[places_[k]].ret);
    }
    return first_return;
  }

  bool answers(Value& state, const Operation& op) const {
    const Value output = model_.execute(state, op);
    const bool told = op.outcome == Outcome::ok && output_of(op.action) != Output::none;
    return !told || answer_fits(op, output);
  }

  void ascend(std::vector<Frame>& path) {
    path.pop_back();
    if (at_.empty()) return;
    const std::size_t i = at_.back();
    flip(i);
    owed_ += all_[places_[i]].outcome == Outcome::ok;
    first_open_ = std::min(first_open_, i);
    order_.pop_back();
    at_.pop_back();
  }

  std::span<const Operation> all_;
  const ObjectModel& model_;
  const Value& initial_;
  std::uint64_t steps_;
  std::vector<std::uint32_t> places_{};  // in order of call
  bool guessed_ = false;
  std::size_t owed_ = 0;
  std::size_t first_open_ = 0;
  std::vector<std::uint64_t> placed_{};
  std::vector<std::size_t> at_{};
  std::vector<std::size_t> order_{};
  std::vector<std::size_t> longest_{};
  InternedStates states_{};
  std::set<std::pair<std::int64_t, std::vector<std::uint64_t>>> seen_{};
};

}  // namespace

DepthFirst search_depth_first(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                              Model model, const Value& initial, std::uint64_t steps) {
  return DepthFirstSearch(all, of_key, model, initial, steps).run();
}

}  // namespace sim
