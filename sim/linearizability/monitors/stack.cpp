#include <bit>
#include <iterator>
#include <utility>

#include "sim/linearizability/monitors/monitors.hpp"
#include "sim/linearizability/monitors/put_and_taken.hpp"

namespace sim {
namespace {

using Rank = std::uint32_t;  // of a moment among all at which some stay begins or ends

// The number of values' stays at each moment. Finds the moments at which there is none, each once.
class Cover {
 public:
  explicit Cover(const std::vector<std::int32_t>& counts)
      : leaves_(std::bit_ceil(counts.size())), added_(2 * leaves_, 0), least_(2 * leaves_, kTaken) {
    std::ranges::copy(counts, least_.begin() + static_cast<std::ptrdiff_t>(leaves_));
    for (std::size_t node = leaves_; --node > 0;) pull(node);
  }

  /// One stay less at the moments from `first` to before `end`.
  void uncover(Rank first, Rank end) {
    std::size_t low = first + leaves_, high = end + leaves_;
    for (; low < high; low /= 2, high /= 2) {
      if (low % 2 == 1) lessen(low++);
      if (high % 2 == 1) lessen(--high);
    }
    pull_from(first + leaves_);
    if (end > first) pull_from(end - 1 + leaves_);
  }

  std::optional<Rank> take_uncovered() {
    if (least_[1] != 0) return std::nullopt;
    std::size_t node = 1;
    while (node < leaves_) node = 2 * node + (least_[2 * node] <= least_[2 * node + 1] ? 0 : 1);
    least_[node] = kTaken;
    pull_from(node);
    return static_cast<Rank>(node - leaves_);
  }

 private:
  static constexpr std::int32_t kTaken = 1 << 30;

  void lessen(std::size_t node) {
    --least_[node];
    --added_[node];
  }
  void pull(std::size_t node) {
    least_[node] = std::min(least_[2 * node], least_[2 * node + 1]) + added_[node];
  }
  void pull_from(std::size_t node) {
    while (node /= 2) pull(node);
  }

  std::size_t leaves_;
  std::vector<std::int32_t> added_;  // to all of a subtree
  std::vector<std::int32_t> least_;  // of a subtree, with additions to it but not to larger ones
};

// Intervals of moments, each of which waits for one of its moments to be named.
class Waiting {
 public:
  struct Interval {
    Rank first, last;
    std::uint32_t owner;
  };

  explicit Waiting(std::vector<Interval> intervals)
      : intervals_(std::move(intervals)),
        leaves_(std::bit_ceil(intervals_.size() + 1)),
        latest_(2 * leaves_, 0) {
    std::ranges::sort(intervals_, {}, &Interval::first);
    for (std::size_t i = 0; i < intervals_.size(); ++i) latest_[leaves_ + i] = intervals_[i].last + 1;
    for (std::size_t node = leaves_; --node > 0;) pull(node);
  }

  /// Calls `met` with the owner of each interval that holds `moment` and still waits.
  template <typename Met> void name(Rank moment, const Met& met) {
    while (latest_[1] > moment) {
      std::size_t node = 1;  // to the leftmost that ends late enough; all to its right begin no earlier
      while (node < leaves_) node = 2 * node + (latest_[2 * node] > moment ? 0 : 1);
      const Interval& interval = intervals_[node - leaves_];
      if (interval.first > moment) return;
      latest_[node] = 0;
      while (node /= 2) pull(node);
      met(interval.owner);
    }
  }

 private:
  void pull(std::size_t node) { latest_[node] = std::max(latest_[2 * node], latest_[2 * node + 1]); }

  std::vector<Interval> intervals_;
  std::size_t leaves_;
  std::vector<Rank> latest_;  // end of those in a subtree that wait; 0: none does
};

// Things with a place and a time; finds the earliest of those from some place on.
class FirstFrom {
 public:
  struct Entry {
    Time time = kNever;
    std::uint32_t what = kNobody;
  };

  explicit FirstFrom(std::size_t places) : first_(places + 1) {}

  void put(std::size_t place, Time time, std::uint32_t what) {
    for (std::size_t i = first_.size() - 1 - place; i < first_.size(); i += i & (~i + 1)) {
      if (time < first_[i].time) first_[i] = {time, what};
    }
  }
  Entry from(std::size_t place) const {
    Entry first;
    for (std::size_t i = first_.size() - 1 - place; i > 0; i -= i & (~i + 1)) {
      if (first_[i].time < first.time) first = first_[i];
    }
    return first;
  }

 private:
  std::vector<Entry> first_;  // a Fenwick tree, from the last place to the first
};

// Decides about a value that certainly was in for some time: when it can have been pushed, and popped.
struct StackedValue {
  Time push_call, push_return, pop_call, pop_return;
  std::uint32_t push, pop;
};

class StackMonitor {
 public:
  StackMonitor(std::span<const Operation> all, std::span<const std::uint32_t> of_key, Budget& spending)
      : all_(all), of_key_(of_key), spending_(spending), handed_(all, of_key) {}

  std::optional<Monitored> run() {
    if (!handed_.distinct() || stop()) return std::nullopt;
    if (auto broken = handed_.match()) return broken;
    std::vector<Time> leaving(handed_.values().size(), kNever);
    if (handed_.unanswered().empty()) return judge(leaving);
    if (auto broken = assign_unanswered(leaving)) return broken;
    const auto as_assigned = judge(leaving);
    if (!as_assigned || as_assigned->linearizable) return as_assigned;
    std::ranges::fill(leaving, handed_.unanswered().front());  // more than they can do
    auto at_best = judge(leaving);
    if (at_best && at_best->linearizable) return std::nullopt;
    return at_best;
  }

 private:
  static constexpr std::size_t kBytesEach = 100;  // an operation, at most

  bool stop() { return spending_.spent_now(of_key_.size() * kBytesEach); }

  // `leaving`: from when on a value that nobody is known to have popped may be popped.
  std::optional<Monitored> judge(const std::vector<Time>& leaving) {
    find_stays(leaving);
    if (stop()) return std::nullopt;
    if (auto broken = handed_.find_false_emptiness(stays())) return broken;
    if (!peel()) return std::nullopt;
    if (in_.empty()) return Monitored{};
    return told_stuck();
  }

  void find_stays(const std::vector<Time>& leaving) {
    in_.clear();
    for (std::size_t i = 0; i < leaving.size(); ++i) {
      const HandedValue& v = handed_.values()[i];
      const StackedValue in{handed_.put_call(v),
                            handed_.put_return(v),
                            v.taken == kNobody ? leaving[i] : handed_.taken_call(v),
                            handed_.taken_return(v),
                            v.put,
                            v.taken};
      if (in.push_return < in.pop_call) in_.push_back(in);
    }
  }

  // A value that was in when somebody got what lay below it, or found nothing, must have been popped by then.
  struct Due {
    Time until;
    std::uint32_t value;
    std::uint32_t push_below, pop;  // the operations that show it
  };

  // The value that is due first gets the first unanswered pop, and so on: no other choice could serve more.
  std::optional<Monitored> assign_unanswered(std::vector<Time>& leaving) const {
    std::vector<Due> all = due();
    std::ranges::sort(all, {}, &Due::until);
    std::vector<std::uint32_t> involved;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto& unanswered = handed_.unanswered();
      const Due& due = all[i];
      involved.insert(involved.end(), {handed_.values()[due.value].put, due.push_below, due.pop});
      if (i >= unanswered.size() || unanswered[i] > due.until) {
        return HandedValues::told(handed_.with_takers(std::move(involved), due.until));
      }
      leaving[due.value] = unanswered[i];
    }
    return std::nullopt;
  }

  std::vector<Due> due() const {
    const auto& values = handed_.values();
    std::vector<std::uint32_t> left, popped;
    for (std::uint32_t i = 0; i < values.size(); ++i) {
      (values[i].taken == kNobody ? left : popped).push_back(i);
    }
    const auto push_call = [&](std::uint32_t i) { return handed_.put_call(values[i]); };
    const auto push_return = [&](std::uint32_t i) { return handed_.put_return(values[i]); };
    const auto pop_call = [&](std::uint32_t i) { return handed_.taken_call(values[i]); };
    const auto pop_return = [&](std::uint32_t i) { return handed_.taken_return(values[i]); };
    std::ranges::sort(left, {}, push_call);
    std::vector<std::uint32_t> by_pop = popped;
    std::ranges::sort(by_pop, {}, pop_call);
    std::ranges::sort(popped, {}, push_return);
    FirstFrom first(by_pop.size());
    std::vector<std::uint32_t> nothing = handed_.found_empty();
    const auto call = [&](std::uint32_t index) { return all_[index].call; };
    std::ranges::sort(nothing, {}, call);
    FirstFrom first_nothing(nothing.size());
    for (std::size_t i = 0; i < nothing.size(); ++i) first_nothing.put(i, all_[nothing[i]].ret, nothing[i]);
    std::vector<Due> found;
    for (auto below = popped.begin(); const std::uint32_t v : left) {
      for (; below != popped.end() && push_return(*below) < push_call(v); ++below) {
        const auto at = std::ranges::lower_bound(by_pop, pop_call(*below), {}, pop_call) - by_pop.begin();
        first.put(static_cast<std::size_t>(at), pop_return(*below), *below);
      }
      const auto later = std::ranges::upper_bound(by_pop, push_return(v), {}, pop_call) - by_pop.begin();
      const auto [until, u] = first.from(static_cast<std::size_t>(later));
      const auto after = std::ranges::upper_bound(nothing, push_return(v), {}, call) - nothing.begin();
      const auto [empty_until, who] = first_nothing.from(static_cast<std::size_t>(after));
      if (empty_until < until) {
        found.push_back({empty_until, v, kNobody, who});
      } else if (until < kNever) {
        found.push_back({until, v, values[u].put, values[u].taken});
      }
    }
    return found;
  }

  std::vector<Stay> stays() const {
    std::vector<Stay> stays;
    if (handed_.found_empty().empty()) return stays;
    for (const StackedValue& v : in_) stays.push_back({v.push_return, v.pop_call, v.push, v.pop});
    return stays;
  }

  // Takes out of `in_` the values that can lie at the bottom, as long as there are any. False if the budget
  // is spent.
  bool peel() {
    std::vector<Time> moments;
    moments.reserve(2 * in_.size());
    for (const StackedValue& v : in_) moments.insert(moments.end(), {v.push_return, v.pop_call});
    std::ranges::sort(moments);
    moments.erase(std::unique(moments.begin(), moments.end()), moments.end());
    if (moments.empty() || stop()) return !stop();
    const auto first_from = [&](Time time) {
      return static_cast<Rank>(std::ranges::lower_bound(moments, time) - moments.begin());
    };
    const auto last_until = [&](Time time) {
      return static_cast<Rank>(std::ranges::upper_bound(moments, time) - moments.begin() - 1);
    };
    std::vector<std::int32_t> counts(moments.size() + 1, 0);
    std::vector<Waiting::Interval> pushes, pops;
    pushes.reserve(in_.size());
    pops.reserve(in_.size());
    for (std::uint32_t i = 0; i < in_.size(); ++i) {
      const StackedValue& v = in_[i];
      pushes.push_back({first_from(v.push_call), first_from(v.push_return), i});
      pops.push_back({first_from(v.pop_call), last_until(v.pop_return), i});
      ++counts[pushes[i].last + 1];
      --counts[pops[i].first];
    }
    counts.pop_back();
    for (std::size_t i = 1; i < counts.size(); ++i) counts[i] += counts[i - 1];
    return peel(counts, std::move(pushes), std::move(pops));
  }

  bool peel(const std::vector<std::int32_t>& counts, std::vector<Waiting::Interval> pushes,
            std::vector<Waiting::Interval> pops) {
    std::vector<std::pair<Rank, Rank>> stay(in_.size());  // the moments in between, without the last
    for (std::size_t i = 0; i < stay.size(); ++i) stay[i] = {pushes[i].last + 1, pops[i].first};
    Cover cover(counts);
    Waiting pushing(std::move(pushes)), popping(std::move(pops));
    std::vector<std::uint8_t> met(in_.size(), 0);
    const auto meet = [&](std::uint32_t i) {
      if (++met[i] == 2) cover.uncover(stay[i].first, stay[i].second);
    };
    constexpr std::uint32_t ask_every = 1 << 14;
    for (std::uint32_t named = 0; const auto moment = cover.take_uncovered(); ++named) {
      if (named % ask_every == 0 && stop()) return false;
      pushing.name(*moment, meet);
      popping.name(*moment, meet);
    }
    std::size_t left = 0;
    for (std::size_t i = 0; i < in_.size(); ++i) {
      if (met[i] < 2) in_[left++] = in_[i];
    }
    in_.resize(left);
    return true;
  }

  // Stays of which each overlaps the next, of values none of which can lie below all the others.
  static bool contradict(std::span<const StackedValue> chain) {
    const Time begin = chain.front().push_return, end = chain.back().pop_call;
    return std::ranges::none_of(
        chain, [&](const StackedValue& v) { return v.push_call <= begin && v.pop_return >= end; });
  }

  // As few as possible of the values left, overlapping from the first moment on until there is a gap.
  std::vector<StackedValue> chain() {
    std::ranges::sort(in_, {}, &StackedValue::push_return);
    std::vector<StackedValue> chain{in_.front()};
    for (auto v = in_.begin() + 1;;) {
      const Time covered = chain.back().pop_call;
      auto best = in_.end();
      for (; v != in_.end() && v->push_return < covered; ++v) {
        if (best == in_.end() || v->pop_call > best->pop_call) best = v;
      }
      if (best == in_.end() || best->pop_call <= covered) return chain;
      chain.push_back(*best);
    }
  }

  // A few neighbours often contradict each other as well.
  static std::span<const StackedValue> shortest(std::span<const StackedValue> chain) {
    constexpr std::size_t longest = 32;
    for (std::size_t length = 2; length < std::min(longest, chain.size()); ++length) {
      for (std::size_t i = 0; i + length <= chain.size(); ++i) {
        if (contradict(chain.subspan(i, length))) return chain.subspan(i, length);
      }
    }
    return chain;
  }

  Monitored told_stuck() {
    const auto whole = chain();
    std::vector<std::uint32_t> involved;
    bool left = false;
    Time until = Time::min();
    for (const StackedValue& v : shortest(whole)) {
      involved.insert(involved.end(), {v.push, v.pop});
      left = left || v.pop == kNobody;
      until = std::max(until, v.pop == kNobody ? v.push_return : v.pop_return);
    }
    return HandedValues::told(left ? handed_.with_takers(std::move(involved), until) : std::move(involved));
  }

  std::span<const Operation> all_;
  std::span<const std::uint32_t> of_key_;
  Budget& spending_;
  HandedValues handed_;
  std::vector<StackedValue> in_{};  // those not yet found harmless
};

}  // namespace

std::optional<Monitored> monitor_stack(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                                       const Value& initial, Budget& spending) {
  if (initial != Value{List{}}) return std::nullopt;
  return StackMonitor(all, of_key, spending).run();
}

}  // namespace sim
