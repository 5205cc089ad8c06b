#include "sim/linearizability/explain/hitting_set.hpp"

#include <algorithm>

namespace sim {
namespace {

// Meets one unmet demand after the other, in every possible way.
class HittingSetSearch {
 public:
  explicit HittingSetSearch(std::span<const Demand> demands) : demands_(demands) {}

  HittingSet run(std::size_t most) {
    using enum HittingSet::Kind;
    if (extend(most)) {
      std::ranges::sort(chosen_);
      return {.kind = found, .members = chosen_};
    }
    if (tried_ > kMostTried) return {.kind = gave_up};
    return {.kind = cut_off_ ? too_small : impossible};
  }

 private:
  static constexpr std::size_t kMostTried = 100'000;

  bool is_chosen(std::size_t member) const { return std::ranges::find(chosen_, member) != chosen_.end(); }

  bool is_met(const Demand& demand) const {
    const auto chosen = [&](std::size_t member) { return is_chosen(member); };
    return std::ranges::any_of(demand.needed, chosen) || !std::ranges::all_of(demand.given, chosen);
  }

  bool extend(std::size_t left) {
    const Demand* unmet = nullptr;  // the one with the fewest ways to meet it
    std::vector<std::size_t> apart;
    std::size_t at_least = 0;  // so many unmet ones have no member in common
    for (const Demand& demand : demands_) {
      if (is_met(demand)) continue;
      if (unmet == nullptr || demand.needed.size() < unmet->needed.size()) unmet = &demand;
      const auto shared = [&](std::size_t member) { return std::ranges::find(apart, member) != apart.end(); };
      if (std::ranges::any_of(demand.needed, shared)) continue;
      apart.insert(apart.end(), demand.needed.begin(), demand.needed.end());
      ++at_least;
    }
    if (unmet == nullptr) return true;
    if (unmet->needed.empty()) return false;
    if (at_least > left || ++tried_ > kMostTried) {
      cut_off_ = true;
      return false;
    }
    for (const std::size_t member : unmet->needed) {
      chosen_.push_back(member);
      if (extend(left - 1)) return true;
      chosen_.pop_back();
    }
    return false;
  }

  std::span<const Demand> demands_;
  std::vector<std::size_t> chosen_{};
  std::size_t tried_ = 0;
  bool cut_off_ = false;
};

}  // namespace

HittingSet find_hitting_set(std::span<const Demand> demands, std::size_t most) {
  return HittingSetSearch(demands).run(most);
}

}  // namespace sim
