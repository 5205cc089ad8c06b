#include "sim/linearizability/search/interned_states.hpp"

#include <utility>

namespace sim {

std::uint32_t& InternedStates::place_of(const Value& state) {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t i = fingerprint(state) & mask;; i = (i + 1) & mask) {
    if (table_[i] == kNone || states_[table_[i]] == state) return table_[i];
  }
}

void InternedStates::grow() {
  table_.assign(table_.empty() ? 64 : table_.size() * 2, kNone);
  for (std::size_t i = 0; i < states_.size(); ++i) place_of(states_[i]) = static_cast<std::uint32_t>(i);
}

std::int64_t InternedStates::number_of(Value state) {
  if (states_.size() * 2 >= table_.size()) grow();
  std::uint32_t& place = place_of(state);
  if (place == kNone) {
    place = static_cast<std::uint32_t>(states_.size());
    const auto* list = state.as_list();
    bytes_ += sizeof(Value) + 2 * sizeof(std::uint32_t) + (list != nullptr ? list->size() * 8 : 0);
    states_.push_back(std::move(state));
  }
  return place;
}

}  // namespace sim
