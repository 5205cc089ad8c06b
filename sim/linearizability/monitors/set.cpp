#include <array>
#include <functional>
#include <queue>
#include <utility>

#include "sim/linearizability/monitors/monitors.hpp"

namespace sim {
namespace {

constexpr std::uint32_t kNoPlace = ~std::uint32_t{0};
constexpr std::size_t kAskEvery = 1 << 16;

bool is_whole_read(const Operation& op) { return op.action == Action::read && op.outcome == Outcome::ok; }

Monitored set_contradiction(std::vector<std::size_t> witness) {
  std::erase(witness, std::size_t{kNoPlace});
  std::ranges::sort(witness);
  witness.erase(std::unique(witness.begin(), witness.end()), witness.end());
  return {.linearizable = false, .witness = std::move(witness)};
}

// ---- a set that somebody reads as a whole, and that only grows

class GrowingSet {
 public:
  GrowingSet(std::span<const Operation> all, std::span<const std::uint32_t> of_key, Budget& spending)
      : all_(all), of_key_(of_key), spending_(spending) {}

  std::optional<Monitored> run() {
    if (!collect() || stop()) return std::nullopt;
    if (auto broken = order_reads()) return broken;
    if (spending_.exhausted != nullptr) return std::nullopt;
    if (auto broken = ask_for_elements()) return broken;
    if (auto broken = place_members()) return broken;
    if (stop()) return std::nullopt;
    return find_conflict();
  }

 private:
  static constexpr std::size_t kBytesEach = 120;  // an operation, at most
  static constexpr std::uint32_t kNoPhase = ~std::uint32_t{0};

  // An element and its only insert, which takes effect from `call` on and until `ret`. Lookups that found the
  // element in or not may narrow these bounds.
  struct Member {
    std::int64_t element;
    std::uint32_t insert;
    Time call, ret;
    std::uint32_t call_by, ret_by;   // whose
    bool counts;                     // answered or seen: otherwise it need not have happened
    std::uint32_t phase = kNoPhase;  // of the smallest set read with it
    std::uint32_t last_read = kNoPlace;
  };

  // Something that takes effect once. Things that rank lower must do so earlier.
  struct Placed {
    std::uint64_t rank;
    Time call, ret;
    std::uint32_t op, call_by, ret_by;
    std::uint32_t phase = kNoPhase;  // of an insert
  };

  bool stop() { return spending_.spent_now(of_key_.size() * kBytesEach); }

  // False if something was inserted twice, or removed, or if an answer is none.
  bool collect() {
    for (const std::uint32_t index : of_key_) {
      const Operation& op = all_[index];
      const bool answered = op.outcome == Outcome::ok;
      if (op.outcome == Outcome::failed || (!answered && !takes_argument(op.action))) continue;
      if (op.action == Action::remove) return false;
      if (op.action == Action::read) {
        reads_.push_back(index);
      } else if (op.action == Action::insert) {
        members_.push_back({.element = *op.argument.as_number(),
                            .insert = index,
                            .call = op.call,
                            .ret = answered ? op.ret : kNever,
                            .call_by = index,
                            .ret_by = index,
                            .counts = answered});
      } else if (answered) {
        if (op.output.as_number() == nullptr) return false;
        lookups_.push_back(index);
      }
    }
    if (!std::ranges::is_sorted(members_, {}, &Member::element)) {
      std::ranges::sort(members_, {}, &Member::element);
    }
    const auto same = [](const Member& a, const Member& b) { return a.element == b.element; };
    return std::ranges::adjacent_find(members_, same) == members_.end();
  }

  Member* find(std::int64_t element) {
    const auto at = std::ranges::lower_bound(members_, element, {}, &Member::element);
    return at != members_.end() && at->element == element ? &*at : nullptr;
  }

  // From the smallest to the largest, each must hold all that the one before it does.
  std::optional<Monitored> order_reads() {
    const auto size = [&](std::uint32_t index) {
      const List* list = all_[index].output.as_list();
      return list != nullptr ? list->size() : 0;
    };
    std::ranges::stable_sort(reads_, {}, size);
    std::size_t known = 0;  // elements of the one before
    std::size_t looked_at = 0;
    std::vector<Member*> added;
    for (const std::uint32_t read : reads_) {
      const List* list = all_[read].output.as_list();
      if (list == nullptr) return set_contradiction({read});
      added.clear();
      std::size_t again = 0;
      for (const std::int64_t element : *list) {
        if (++looked_at % kAskEvery == 0 && stop()) return std::nullopt;
        Member* member = find(element);
        if (member == nullptr || member->last_read == read) return set_contradiction({read});
        member->last_read = read;
        member->phase == kNoPhase ? added.push_back(member) : static_cast<void>(++again);
      }
      if (again != known) return set_contradiction({of_phase_.back(), read});
      known += added.size();
      if (!added.empty() || of_phase_.empty()) of_phase_.push_back(read);
      const auto phase = static_cast<std::uint32_t>(of_phase_.size() - 1);
      for (Member* member : added) {
        member->phase = phase;
        member->counts = true;
      }
      const Operation& op = all_[read];
      placed_.push_back({std::uint64_t{2} * phase + 1, op.call, op.ret, read, read, read});
    }
    return std::nullopt;
  }

  // A lookup that found an element in has its insert before it; one that didn't has it behind.
  std::optional<Monitored> ask_for_elements() {
    for (const std::uint32_t index : lookups_) {
      const Operation& op = all_[index];
      const bool found = op.output == Value{std::int64_t{1}};
      Member* member = find(*op.argument.as_number());
      if (member == nullptr) {
        if (found) return set_contradiction({index});
      } else if (found) {
        member->counts = true;
        if (op.ret < member->ret) {
          member->ret = op.ret;
          member->ret_by = index;
        }
      } else if (op.call > member->call) {
        member->call = op.call;
        member->call_by = index;
      }
    }
    return std::nullopt;
  }

  std::optional<Monitored> place_members() {
    const std::uint64_t behind_all = std::uint64_t{2} * of_phase_.size();
    for (const Member& m : members_) {
      const Value& output = all_[m.insert].output;
      const bool answered = all_[m.insert].outcome == Outcome::ok;
      if (answered && output != Value{} && output != Value{std::int64_t{1}})
        return set_contradiction({m.insert});
      if (!m.counts) continue;
      if (m.call > m.ret) return set_contradiction({m.insert, m.call_by, m.ret_by});
      const std::uint64_t rank = m.phase == kNoPhase ? behind_all : std::uint64_t{2} * m.phase;
      placed_.push_back({rank, m.call, m.ret, m.insert, m.call_by, m.ret_by, m.phase});
    }
    return std::nullopt;
  }

  // Nothing may have returned before something was called that ranks lower.
  Monitored find_conflict() {
    std::ranges::sort(placed_, std::greater{}, &Placed::rank);
    const Placed* first = nullptr;  // to return, of those that rank higher
    for (std::size_t begin = 0; begin < placed_.size();) {
      std::size_t end = begin;
      for (; end < placed_.size() && placed_[end].rank == placed_[begin].rank; ++end) {
        const Placed& lower = placed_[end];
        if (first == nullptr || lower.call <= first->ret) continue;
        const bool both_insert = lower.phase != kNoPhase && all_[first->op].action == Action::insert;
        const std::uint32_t in_between = both_insert ? of_phase_[lower.phase] : kNoPlace;
        return set_contradiction({lower.op, lower.call_by, first->op, first->ret_by, in_between});
      }
      for (; begin < end; ++begin) {
        if (first == nullptr || placed_[begin].ret < first->ret) first = &placed_[begin];
      }
    }
    return {};
  }

  std::span<const Operation> all_;
  std::span<const std::uint32_t> of_key_;
  Budget& spending_;
  std::vector<Member> members_{};          // by element
  std::vector<std::uint32_t> reads_{};     // of the whole
  std::vector<std::uint32_t> lookups_{};   // of one element
  std::vector<std::uint32_t> of_phase_{};  // the first read of each set that was read, from small to large
  std::vector<Placed> placed_{};
};

// ---- elements by themselves: each is in or out

struct ElementStep {
  std::int64_t element;
  Time call, ret;
  std::uint32_t index;
  bool in;       // after it
  bool changes;  // and before it the opposite: otherwise it's an observation
  bool owed;     // answered
};

class ElementMonitor {
 public:
  // Takes steps in order of call. Returns nothing, or the return at which it went wrong.
  std::optional<Time> run(std::span<const ElementStep> steps) {
    steps_ = steps;
    done_.assign(steps.size(), false);
    returns_.clear();
    for (std::uint32_t i = 0; i < steps.size(); ++i) {
      if (steps[i].owed) returns_.push_back(i);
    }
    std::ranges::sort(returns_, {}, [&](std::uint32_t i) { return steps[i].ret; });
    for (const bool in : {false, true}) {
      owed_[in] = {};
      unanswered_[in] = 0;
      waiting_[in].clear();
    }
    in_ = false;
    std::uint32_t called = 0;
    for (const std::uint32_t i : returns_) {
      while (called < steps.size() && steps[called].call <= steps[i].ret) call(called++);
      if (!done_[i] && !complete(i)) return steps[i].ret;
    }
    return std::nullopt;
  }

 private:
  void call(std::uint32_t i) {
    const ElementStep& step = steps_[i];
    if (!step.owed) {
      ++unanswered_[step.in];
    } else if (step.changes) {
      owed_[step.in].push({step.ret, i});
    } else if (step.in == in_) {
      done_[i] = true;
    } else {
      waiting_[step.in].push_back(i);
    }
  }

  // A returning operation takes effect now, as late as possible, and so does the least that it needs.
  bool complete(std::uint32_t i) {
    const ElementStep& step = steps_[i];
    if (!step.changes) return change();
    if (step.in == in_ && !change()) return false;
    done_[i] = true;
    turn();
    return true;
  }

  // Takes what must be done soonest, so that the most is left for later.
  bool change() {
    auto& owed = owed_[!in_];
    while (!owed.empty() && done_[owed.top().second]) owed.pop();
    if (!owed.empty()) {
      done_[owed.top().second] = true;
      owed.pop();
    } else if (unanswered_[!in_] > 0) {
      --unanswered_[!in_];
    } else {
      return false;
    }
    turn();
    return true;
  }

  void turn() {
    in_ = !in_;
    for (const std::uint32_t i : waiting_[in_]) done_[i] = true;
    waiting_[in_].clear();
  }

  using Deadline = std::pair<Time, std::uint32_t>;
  using Deadlines = std::priority_queue<Deadline, std::vector<Deadline>, std::greater<>>;

  std::span<const ElementStep> steps_{};
  bool in_ = false;
  std::vector<bool> done_{};
  std::vector<std::uint32_t> returns_{};
  std::array<Deadlines, 2> owed_{};                      // called and not done, by what they lead to
  std::array<std::size_t, 2> unanswered_{};              // the same of those that may be left out: how many
  std::array<std::vector<std::uint32_t>, 2> waiting_{};  // for the element to be out, or in
};

// False if somebody answered and didn't say what was found.
bool append_element_step(const Operation& op, std::uint32_t index, std::vector<ElementStep>& steps) {
  const bool answered = op.outcome == Outcome::ok;
  const bool looks = op.action == Action::contains;
  if (op.outcome == Outcome::failed || (!answered && (looks || op.action == Action::read))) return true;
  const auto* output = op.output.as_number();
  if (answered && output == nullptr) return false;
  const bool did = !answered || *output == 1;
  const bool in = looks ? did : (op.action == Action::insert);
  steps.push_back({.element = *op.argument.as_number(),
                   .call = op.call,
                   .ret = answered ? op.ret : kNever,
                   .index = index,
                   .in = in,
                   .changes = !looks && did,
                   .owed = answered});
  return true;
}

std::optional<Monitored> monitor_elements(std::span<const Operation> all,
                                          std::span<const std::uint32_t> of_key, Budget& spending) {
  const auto stop = [&] { return spending.spent_now(of_key.size() * 2 * sizeof(ElementStep)); };
  std::vector<ElementStep> steps;
  steps.reserve(of_key.size());
  for (const std::uint32_t index : of_key) {
    if (!append_element_step(all[index], index, steps)) return std::nullopt;
  }
  std::ranges::sort(steps, {}, [](const ElementStep& s) { return std::pair(s.element, s.call); });
  if (stop()) return std::nullopt;
  ElementMonitor monitor;
  std::size_t asked = 0;
  for (std::size_t begin = 0, end = 0; begin < steps.size(); begin = end) {
    while (end < steps.size() && steps[end].element == steps[begin].element) ++end;
    const auto of_element = std::span(steps).subspan(begin, end - begin);
    if (const auto wrong = monitor.run(of_element)) {
      std::vector<std::size_t> witness;
      for (const ElementStep& step : of_element) {
        if (step.owed && step.call <= *wrong) witness.push_back(step.index);
      }
      return set_contradiction(std::move(witness));
    }
    if (end - asked >= kAskEvery) {
      asked = end;
      if (stop()) return std::nullopt;
    }
  }
  return Monitored{};
}

}  // namespace

std::optional<Monitored> monitor_set(std::span<const Operation> all, std::span<const std::uint32_t> of_key,
                                     const Value& initial, Budget& spending) {
  if (initial != Value{List{}}) return std::nullopt;
  const auto reads_whole = [&](std::uint32_t index) { return is_whole_read(all[index]); };
  if (std::ranges::any_of(of_key, reads_whole)) return GrowingSet(all, of_key, spending).run();
  return monitor_elements(all, of_key, spending);
}

}  // namespace sim
