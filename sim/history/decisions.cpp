#include "sim/history/decisions.hpp"

#include <algorithm>

#include "sim/kernel/append.hpp"

namespace sim {
namespace {

constexpr std::uint64_t kLargestGap = 1 << 16;

}  // namespace

std::uint32_t Decisions::place_of(std::uint64_t slot) const {
  if (slot < dense_.size()) return dense_[slot];
  const auto found = std::ranges::lower_bound(far_, slot, {}, &Far::slot);
  return found != far_.end() && found->slot == slot ? found->place : kNone;
}

void Decisions::place(std::uint64_t slot, std::uint32_t place) {
  if (slot >= dense_.size() + kLargestGap) {
    far_.insert(std::ranges::lower_bound(far_, slot, {}, &Far::slot), {slot, place});
    return;
  }
  if (slot >= dense_.size()) {
    dense_.resize(slot + 1, kNone);
    while (!far_.empty() && far_.front().slot < dense_.size()) {
      dense_[far_.front().slot] = far_.front().place;
      far_.erase(far_.begin());
    }
  }
  dense_[slot] = place;
}

void Decisions::add(const Decision& decision) {
  if (decision.by.value >= highest_.size()) highest_.resize(decision.by.value + std::size_t{1});
  auto& highest = highest_[decision.by.value];
  highest = std::max(highest, decision.slot);
  const std::uint32_t earlier = place_of(decision.slot);
  if (earlier == kNone) {
    place(decision.slot, static_cast<std::uint32_t>(firsts_.size()));
    append(firsts_, decision);
    return;
  }
  if (firsts_[earlier].value == decision.value || contradiction(decision.slot) != nullptr) return;
  contradictions_.push_back(decision);
}

const Decision* Decisions::first(std::uint64_t slot) const {
  const std::uint32_t place = place_of(slot);
  return place == kNone ? nullptr : &firsts_[place];
}

const Decision* Decisions::contradiction(std::uint64_t slot) const {
  const auto found = std::ranges::find(contradictions_, slot, &Decision::slot);
  return found == contradictions_.end() ? nullptr : &*found;
}

}  // namespace sim
