#include "sim/linearizability/explain/fault_kind.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "sim/linearizability/explain/fault_diagnosis.hpp"

namespace sim {
namespace {

// The diagnosis of one key.
class Diagnosis {
 public:
  Diagnosis(std::vector<Operation> of_key, Model model, const Value& initial, Means& means)
      : of_key_(std::move(of_key)),
        stale_(of_key_, Defect::stale_read, model, initial, means),
        lost_(of_key_, Defect::lost_update, model, initial, means) {}

  // Operations that contradict each other, by place among those of the key.
  void learn(std::span<const std::size_t> witness) {
    stale_.learn(witness);
    lost_.learn(witness);
  }

  FaultKind run() {
    for (std::size_t most = 0;; ++most) {
      const Explained by_stale = stale_.with(most);
      if (by_stale == Explained::yes) return FaultKind::stale_reads;
      if (by_stale == Explained::unknown) return FaultKind::undecided;
      const Explained by_lost = lost_.with(most);
      if (by_lost == Explained::yes) return FaultKind::lost_updates;
      if (by_lost == Explained::unknown) return FaultKind::undecided;
      if (by_stale == Explained::never && by_lost == Explained::never) return FaultKind::neither;
    }
  }

  // Whether any number of faults of this kind explains it.
  Explained possible(Defect defect) {
    FewestFaults& faults = defect == Defect::stale_read ? stale_ : lost_;
    Explained explained = Explained::not_by_so_few;
    for (std::size_t most = 0; explained == Explained::not_by_so_few; ++most) explained = faults.with(most);
    return explained;
  }

 private:
  std::vector<Operation> of_key_;
  FewestFaults stale_;
  FewestFaults lost_;
};

struct BrokenKey {
  std::unique_ptr<Diagnosis> diagnosis;
  FaultKind kind = FaultKind::undecided;
};

// For keys of one history that point to different kinds: does one kind explain them all?
FaultKind reconcile(std::span<BrokenKey> keys) {
  const auto all = [&](Defect defect) {
    Explained worst = Explained::yes;
    for (BrokenKey& key : keys) {
      const Explained of_this = key.diagnosis->possible(defect);
      if (of_this != Explained::yes) worst = of_this;
      if (worst == Explained::never) break;
    }
    return worst;
  };
  const Explained stale = all(Defect::stale_read);
  const Explained lost = all(Defect::lost_update);
  if (stale == Explained::unknown || lost == Explained::unknown) return FaultKind::undecided;
  if (stale != lost) return stale == Explained::yes ? FaultKind::stale_reads : FaultKind::lost_updates;
  if (stale == Explained::never) return FaultKind::neither;
  const auto rather_stale =
      std::ranges::count_if(keys, [](const BrokenKey& key) { return key.kind == FaultKind::stale_reads; });
  return 2 * rather_stale >= std::ssize(keys) ? FaultKind::stale_reads : FaultKind::lost_updates;
}

using Places = std::vector<std::uint32_t>;

std::map<std::uint32_t, Places> places_by_key(std::span<const Operation> operations) {
  std::map<std::uint32_t, Places> places;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    places[operations[i].key].push_back(static_cast<std::uint32_t>(i));
  }
  return places;
}

std::vector<Operation> picked(std::span<const Operation> operations, std::span<const std::uint32_t> places) {
  std::vector<Operation> some;
  some.reserve(places.size());
  for (const std::uint32_t i : places) some.push_back(operations[i]);
  return some;
}

// The witness by place among the operations of its key; empty if it is of another key.
std::vector<std::size_t> within(std::span<const std::size_t> witness, std::span<const std::uint32_t> places) {
  std::vector<std::size_t> found;
  for (const std::size_t i : witness) {
    const auto at = std::ranges::lower_bound(places, i);
    if (at != places.end() && *at == i) found.push_back(static_cast<std::size_t>(at - places.begin()));
  }
  return found;
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
                             std::span<const std::size_t> witness, const LinearizabilityBudget& budget,
                             std::uint64_t* steps) {
  Means means{.budget = budget, .left = budget.steps};
  std::vector<BrokenKey> broken;
  FaultKind verdict = FaultKind::undecided;
  for (const auto& [key, places] : places_by_key(operations)) {
    std::vector<Operation> of_key = picked(operations, places);
    const std::vector<std::size_t> known = within(witness, places);
    const Verdict is_broken =
        known.empty() ? means.judge(of_key, model, initial, false).verdict : Verdict::violation;
    if (is_broken == Verdict::linearizable) continue;
    broken.push_back({std::make_unique<Diagnosis>(std::move(of_key), model, initial, means)});
    broken.back().diagnosis->learn(known);
    verdict = is_broken == Verdict::unknown ? FaultKind::undecided : broken.back().diagnosis->run();
    broken.back().kind = verdict;
    if (verdict == FaultKind::neither || verdict == FaultKind::undecided) break;
  }
  const auto agrees = [&](const BrokenKey& key) { return key.kind == verdict; };
  const bool decided = verdict != FaultKind::neither && verdict != FaultKind::undecided;
  if (decided && !std::ranges::all_of(broken, agrees)) verdict = reconcile(broken);
  if (steps != nullptr) *steps += budget.steps - means.left;
  return verdict;
}

}  // namespace sim
