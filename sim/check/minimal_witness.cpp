#include "sim/check/minimal_witness.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "sim/check/linearizability.hpp"
#include "sim/check/weakened.hpp"

namespace sim {
namespace {

// A counter that is never lowered: its answers contradict each other in pairs, whatever others add meanwhile.
// (Far from where numbers overflow, that is.)
class RisingCounter {
 public:
  void watch(std::span<const Operation> operations, Model model) {
    constexpr std::int64_t huge = std::int64_t{1} << 32;
    const auto rises = [](const Operation& op) {
      const auto* added = op.argument.as_number();
      return op.action != Action::add || (added != nullptr && *added >= 0 && *added < huge);
    };
    applies_ =
        model == Model::counter && operations.size() < huge / 4 && std::ranges::all_of(operations, rises);
  }

  bool contradict(const Operation& a, const Operation& b) const {
    if (!applies_ || !is_small(a.output) || !is_small(b.output)) return false;
    const bool a_may_come_first = after(a) <= before(b) && !precedes(b, a);
    const bool b_may_come_first = after(b) <= before(a) && !precedes(a, b);
    return !a_may_come_first && !b_may_come_first;
  }

 private:
  static bool is_small(const Value& value) {
    const auto* number = value.as_number();
    return number != nullptr && *number > -(std::int64_t{1} << 61) && *number < std::int64_t{1} << 61;
  }
  static std::int64_t after(const Operation& op) { return *op.output.as_number(); }
  static std::int64_t before(const Operation& op) {
    return op.action == Action::add ? after(op) - *op.argument.as_number() : after(op);
  }
  static bool precedes(const Operation& a, const Operation& b) { return a.ret < b.call; }

  bool applies_ = false;
};

// A list, initially empty, to which operations only append: what was in it stays where it is.
class GrowingList {
 public:
  void watch(std::span<const Operation> operations, const Value& initial) {
    initial_ = initial;
    applies_ = initial.is_nil() || initial == Value{List{}};
    for (const Operation& op : operations) {
      const bool appends = op.action == Action::append && op.argument.as_number() != nullptr;
      applies_ = applies_ && (appends || op.action == Action::read);
      if (!applies_) return;
      if (!appends) continue;
      const auto [at, is_new] = first_called_.try_emplace(*op.argument.as_number(), op.call);
      if (!is_new) at->second = std::min(at->second, op.call);
      ++appended_[*op.argument.as_number()];
    }
  }

  // Whether it could be answered so if all others, called before its return, take effect as it needs them.
  bool explains_alone(const Operation& op) const {
    if (!applies_) return false;
    if (op.action == Action::append || op.output == initial_) return true;
    auto left = appended_;
    const auto* list = op.output.as_list();
    return list != nullptr && !list->empty() &&
           std::ranges::all_of(*list, [&](std::int64_t e) { return left[e]-- > 0; });
  }

  bool contradict(const Operation& a, const Operation& b) const {
    if (!applies_) return false;
    const bool a_reads = a.action == Action::read;
    if (a_reads && b.action == Action::read) return reads_contradict(a, b);
    if (!a_reads && b.action == Action::read) return append_and_read_contradict(a, b);
    return a_reads && append_and_read_contradict(b, a);
  }

 private:
  // Of two reads, one sees what the other saw and maybe more; the later one does.
  static bool reads_contradict(const Operation& a, const Operation& b) {
    const List none{};
    const List& in_a = a.output.as_list() != nullptr ? *a.output.as_list() : none;
    const List& in_b = b.output.as_list() != nullptr ? *b.output.as_list() : none;
    if (!std::equal(in_a.begin(), in_a.begin() + common(in_a, in_b), in_b.begin())) return true;
    return (in_a.size() > in_b.size() && a.ret < b.call) || (in_b.size() > in_a.size() && b.ret < a.call);
  }

  static std::ptrdiff_t common(const List& a, const List& b) {
    return static_cast<std::ptrdiff_t>(std::min(a.size(), b.size()));
  }

  // An element must be there after its append, and what was appended only later can't be before it.
  bool append_and_read_contradict(const Operation& append, const Operation& read) const {
    const auto* list = read.output.as_list();
    if (list == nullptr) return append.ret < read.call;
    for (const std::int64_t element : *list) {
      if (element == *append.argument.as_number()) return false;
      const auto called = first_called_.find(element);
      if (called != first_called_.end() && called->second > append.ret) return true;
    }
    return append.ret < read.call;
  }

  bool applies_ = false;
  Value initial_{};
  std::map<std::int64_t, Time> first_called_{};
  std::map<std::int64_t, std::int64_t> appended_{};  // how often
};

class WitnessSearch {
 public:
  WitnessSearch(std::span<const Operation> all, Model model, const Value& initial, std::size_t last,
                std::uint64_t steps, const std::function<bool()>& out_of_time)
      : model_(model), initial_(initial), left_(steps), out_of_time_(out_of_time) {
    const auto returns = returns_of(all);
    const auto end = std::ranges::find(returns, last);
    std::vector<bool> answered(all.size(), false);
    for (auto at = returns.begin(); at != end; ++at) answered[*at] = all[*at].key == all[last].key;
    answered[last] = true;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Operation& op = all[i];
      if (op.key != all[last].key || op.call > all[last].ret || op.outcome == Outcome::failed) continue;
      if (i == last) last_ = whole_.size();
      if (answered[i] && i != last) candidates_.push_back(whole_.size());
      places_.push_back(i);
      whole_.push_back(op);
    }
    counter_.watch(whole_, model);
    list_.watch(whole_, initial);
    weakened_ = whole_;
    for (Operation& op : weakened_) weaken(op);
    // What was answered just before is the likeliest to be contradicted.
    std::ranges::stable_sort(candidates_, std::greater{}, [&](std::size_t i) { return whole_[i].ret; });
  }

  MinimalWitness run(std::span<const std::size_t> known) {
    if (!list_.explains_alone(whole_[last_]) && contradiction({})) return finish({}, true);
    const auto plain =
        std::ranges::find_if(candidates_, [&](std::size_t i) { return plainly_contradicts(i); });
    if (plain != candidates_.end()) return finish({*plain}, !spent_);
    std::vector<std::size_t> others = start_from(known);
    shrink(others);
    if (others.size() <= 1) return finish(others, !spent_);
    if (const auto one = find_one({})) return finish({*one}, !spent_);
    if (others.size() == 2) return finish(others, !spent_);
    for (const std::size_t first : candidates_) {
      if (left_ == 0) break;
      if (const auto second = find_one({first})) return finish({first, *second}, !spent_);
    }
    return finish(others, !spent_ && others.size() == 3);
  }

 private:
  // Needs no search.
  bool plainly_contradicts(std::size_t i) const {
    return counter_.contradict(whole_[i], whole_[last_]) || list_.contradict(whole_[i], whole_[last_]);
  }

  // Whether these and the last operation contradict each other.
  bool contradiction(std::vector<std::size_t> others) {
    constexpr std::uint64_t most = 200'000;  // a set that is hard to judge is no explanation
    if (others.size() == 1 && plainly_contradicts(others.front())) return true;
    if (out_of_time_ && out_of_time_()) left_ = 0;
    if (left_ == 0) {
      spent_ = true;
      return false;
    }
    others.push_back(last_);
    for (const std::size_t i : others) std::swap(weakened_[i], whole_[i]);
    std::uint64_t steps = 20 + weakened_.size();
    const Verdict verdict = linearizability_verdict(
        weakened_, model_, initial_, {.steps = std::min(most, left_), .out_of_time = out_of_time_}, &steps);
    for (const std::size_t i : others) std::swap(weakened_[i], whole_[i]);
    left_ -= std::min(left_, steps);
    spent_ |= verdict == Verdict::unknown;
    return verdict == Verdict::violation;
  }

  std::optional<std::size_t> find_one(std::vector<std::size_t> others) {
    others.push_back(0);
    for (const std::size_t i : candidates_) {
      others.back() = i;
      if (contradiction(others)) return i;
    }
    return std::nullopt;
  }

  // What is known already, if it's a contradiction of these operations; otherwise the latest answers that
  // are.
  std::vector<std::size_t> start_from(std::span<const std::size_t> known) {
    std::vector<std::size_t> others;
    for (const std::size_t i : candidates_) {
      if (std::ranges::find(known, places_[i]) != known.end()) others.push_back(i);
    }
    if (!others.empty() && contradiction(others)) return others;
    for (std::size_t count = 1; count < candidates_.size(); count *= 2) {
      others.assign(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(count));
      if (contradiction(others)) return others;
    }
    return candidates_;
  }

  void shrink(std::vector<std::size_t>& others) {
    for (std::size_t portion = (others.size() + 1) / 2; portion > 0;
         portion = portion == 1 ? 0 : (portion + 1) / 2) {
      for (std::size_t begin = 0; begin < others.size();) {
        std::vector<std::size_t> fewer = others;
        const auto from = fewer.begin() + static_cast<std::ptrdiff_t>(begin);
        fewer.erase(from, from + static_cast<std::ptrdiff_t>(std::min(portion, others.size() - begin)));
        if (contradiction(fewer)) {
          others = std::move(fewer);
        } else {
          begin += portion;
        }
      }
    }
  }

  MinimalWitness finish(std::vector<std::size_t> others, bool is_smallest) const {
    MinimalWitness minimal{.operations = {places_[last_]}, .is_smallest = is_smallest};
    for (const std::size_t i : others) minimal.operations.push_back(places_[i]);
    std::ranges::sort(minimal.operations);
    return minimal;
  }

  Model model_;
  const Value& initial_;
  RisingCounter counter_{};
  GrowingList list_{};
  std::uint64_t left_;
  const std::function<bool()>& out_of_time_;
  bool spent_ = false;
  std::vector<Operation> whole_{};     // of the key, called before the last one's return
  std::vector<Operation> weakened_{};  // the same
  std::vector<std::size_t> places_{};  // of these in the history
  std::vector<std::size_t> candidates_{};
  std::size_t last_ = 0;
};

}  // namespace

MinimalWitness find_minimal_witness(std::span<const Operation> all, Model model, const Value& initial,
                                    std::size_t last, std::span<const std::size_t> known, std::uint64_t steps,
                                    const std::function<bool()>& out_of_time) {
  return WitnessSearch(all, model, initial, last, steps, out_of_time).run(known);
}

}  // namespace sim
