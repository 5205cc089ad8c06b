#include "sim/protocol/plan.hpp"

#include <algorithm>

namespace sim {
namespace {

std::vector<ProtocolEntry>& entries() {
  static std::vector<ProtocolEntry> all;
  return all;
}

}  // namespace

std::span<const ProtocolEntry> protocols() { return entries(); }

const ProtocolEntry* find_protocol(std::string_view name) {
  const auto found = std::ranges::find(entries(), name, &ProtocolEntry::name);
  return found == entries().end() ? nullptr : &*found;
}

void add_protocol(const ProtocolEntry& entry) {
  const auto place = std::ranges::lower_bound(entries(), entry.name, {}, &ProtocolEntry::name);
  entries().insert(place, entry);
}

}  // namespace sim
