#include "sim/check/fault_kind.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "sim/check/linearizability.hpp"
#include "sim/check/order_search.hpp"
#include "sim/check/weakened.hpp"
#include "sim/history/object_model.hpp"

namespace sim {
namespace {

using Suspects = std::vector<std::size_t>;  // ascending

struct Means {
  std::uint64_t steps;
  const std::function<bool()>& out_of_time;
};

// Looks for the fewest operations of one key whose being faulty explains its history.
//
// Weakening an operation allows more than either fault, so that every contradiction must contain a faulty
// one. So suspects are found among the operations of a contradiction; if weakening them leaves another, that
// must contain one more; and so on, the smallest sets first (Reiter 1987, "A theory of diagnosis from first
// principles"). Sets that leave none are tried as what they are suspected of.
class Diagnosis {
 public:
  Diagnosis(std::span<const Operation> of_key, Model model, const Value& initial, Means& means)
      : of_key_(of_key), model_(model), initial_(initial), means_(means) {}

  Verdict possible(Defect defect) { return explained(defect, of_key_.size(), {}); }

  FaultKind run() {
    std::set<Suspects> stale{{}};
    std::set<Suspects> lost{{}};
    if (possible(Defect::stale_read) == Verdict::violation) stale.clear();
    while (!stale.empty() || !lost.empty()) {
      const bool exact = !unexplained_;  // nothing as small was passed over
      if (found_one_more(Defect::stale_read, stale)) return exact ? FaultKind::stale_reads : by_trying();
      if (spent_) return FaultKind::undecided;
      if (found_one_more(Defect::lost_update, lost)) {
        return exact ? FaultKind::lost_updates : by_trying();
      }
      if (spent_) return FaultKind::undecided;
    }
    return unexplained_ ? by_trying() : FaultKind::neither;
  }

 private:
  // Where suspects aren't told by contradictions: any operations may be faulty, few first.
  FaultKind by_trying() {
    for (std::size_t most = 1; most <= of_key_.size(); ++most) {
      for (const Defect defect : {Defect::stale_read, Defect::lost_update}) {
        const Verdict verdict = explained(defect, most, {});
        if (verdict == Verdict::unknown) return FaultKind::undecided;
        if (verdict == Verdict::violation) continue;
        return defect == Defect::stale_read ? FaultKind::stale_reads : FaultKind::lost_updates;
      }
    }
    return FaultKind::neither;
  }

  // Makes all sets larger by one suspect; whether one of these explains everything.
  bool found_one_more(Defect defect, std::set<Suspects>& sets) {
    std::set<Suspects> larger;
    for (const Suspects& some : sets) {
      for (const std::size_t i : contradiction_without(some)) {
        const bool fits = changed_nothing(of_key_[i]) == (defect == Defect::stale_read);
        if (!fits || std::ranges::binary_search(some, i)) continue;
        Suspects more = some;
        more.insert(std::ranges::upper_bound(more, i), i);
        larger.insert(std::move(more));
      }
      if (spent_) return false;
    }
    sets.clear();
    for (const Suspects& some : larger) {
      if (!contradiction_without(some).empty()) {
        sets.insert(some);
      } else if (!spent_ && explained(defect, some.size(), some) == Verdict::linearizable) {
        return true;
      } else {
        unexplained_ = true;  // what contains these is not looked at
      }
      if (spent_) return false;
    }
    return false;
  }

  // Operations that contradict each other though the suspects say nothing; empty if there are none.
  std::vector<std::size_t> contradiction_without(const Suspects& suspects) {
    std::vector<Operation> rest(of_key_.begin(), of_key_.end());
    for (const std::size_t i : suspects) weaken(rest[i]);
    const auto result = check_linearizability(rest, model_, initial_,
                                              {.steps = means_.steps, .out_of_time = means_.out_of_time});
    spend(result.steps + rest.size());
    spent_ |= result.verdict == Verdict::unknown;
    return result.witness;
  }

  Verdict explained(Defect defect, std::size_t most, const Suspects& suspects) {
    const OrderFound found =
        search_order(of_key_, model_, initial_, {.defect = defect, .defects_max = most, .suspects = suspects},
                     {.steps = means_.steps / 8,
                      .memory_bytes = std::size_t{1} << 28,
                      .out_of_time = &means_.out_of_time});
    spend(found.steps);
    return found.verdict;
  }

  void spend(std::uint64_t steps) {
    means_.steps -= std::min(means_.steps, steps);
    spent_ |= means_.steps == 0;
  }

  std::span<const Operation> of_key_;
  Model model_;
  const Value& initial_;
  Means& means_;
  bool spent_ = false;
  bool unexplained_ = false;
};

struct BrokenKey {
  std::vector<Operation> operations;
  FaultKind kind = FaultKind::undecided;
};

// Keys of one history that look differently: does one kind explain them all?
FaultKind reconcile(std::span<const BrokenKey> keys, Model model, const Value& initial, Means& means) {
  const auto all = [&](Defect defect) {
    return std::ranges::all_of(keys, [&](const BrokenKey& key) {
      return Diagnosis(key.operations, model, initial, means).possible(defect) == Verdict::linearizable;
    });
  };
  const bool stale = all(Defect::stale_read);
  const bool lost = all(Defect::lost_update);
  if (means.steps == 0) return FaultKind::undecided;
  if (stale != lost) return stale ? FaultKind::stale_reads : FaultKind::lost_updates;
  if (!stale) return FaultKind::neither;
  const auto rather_stale =
      std::ranges::count_if(keys, [](const BrokenKey& key) { return key.kind == FaultKind::stale_reads; });
  return 2 * rather_stale >= std::ssize(keys) ? FaultKind::stale_reads : FaultKind::lost_updates;
}

}  // namespace

std::string_view fault_kind_name(FaultKind kind) {
  switch (kind) {
    case FaultKind::stale_reads: return "stale-reads";
    case FaultKind::lost_updates: return "lost-updates";
    case FaultKind::neither: return "neither";
    case FaultKind::undecided: break;
  }
  return "undecided";
}

FaultKind classify_violation(std::span<const Operation> operations, Model model, const Value& initial,
                             std::uint64_t steps, const std::function<bool()>& out_of_time) {
  Means means{.steps = steps, .out_of_time = out_of_time};
  std::map<std::uint32_t, std::vector<Operation>> by_key;
  for (const Operation& op : operations) by_key[op.key].push_back(op);
  std::vector<BrokenKey> broken;
  for (auto& [key, of_key] : by_key) {
    std::uint64_t spent = 0;
    const Verdict verdict = linearizability_verdict(
        of_key, model, initial, {.steps = means.steps, .out_of_time = out_of_time}, &spent);
    means.steps -= std::min(means.steps, spent);
    if (verdict == Verdict::unknown) return FaultKind::undecided;
    if (verdict == Verdict::linearizable) continue;
    const FaultKind kind = Diagnosis(of_key, model, initial, means).run();
    if (kind == FaultKind::neither || kind == FaultKind::undecided) return kind;
    broken.push_back({std::move(of_key), kind});
  }
  if (broken.empty()) return FaultKind::undecided;
  const FaultKind first = broken.front().kind;
  const bool agree = std::ranges::all_of(broken, [&](const BrokenKey& key) { return key.kind == first; });
  return agree ? first : reconcile(broken, model, initial, means);
}

}  // namespace sim
