#include "sim/fault/whom.hpp"

#include <algorithm>

namespace sim {

void name_others(const std::vector<std::vector<Endpoint>*>& lists, std::size_t replicas,
                 std::size_t clients) {
  std::vector<bool> named(replicas + clients);
  for (const auto* list : lists) {
    for (const Endpoint e : *list) {
      if (!role_of(e)) named[e.index] = true;
    }
  }
  for (auto* list : lists) {
    const bool others = std::ranges::find(*list, end_of(RoleEnd::others)) != list->end();
    const bool rest = std::ranges::find(*list, end_of(RoleEnd::rest)) != list->end();
    if (!others && !rest) continue;
    std::erase_if(*list, [](Endpoint e) { return role_of(e) && !is_dynamic(e); });
    const std::size_t last = rest ? replicas + clients : replicas;
    for (std::uint32_t i = 0; i < last; ++i) {
      if (!named[i]) list->push_back({i});
    }
  }
}

std::vector<std::pair<Endpoint, Endpoint>> links_between(const std::vector<Endpoint>& from,
                                                         const std::vector<Endpoint>& to,
                                                         std::size_t replicas) {
  std::vector<std::pair<Endpoint, Endpoint>> links;
  for (const Endpoint a : from) {
    for (const Endpoint b : to) {
      if (a != b && (a.index < replicas || b.index < replicas)) links.emplace_back(a, b);
    }
  }
  return links;
}

}  // namespace sim
