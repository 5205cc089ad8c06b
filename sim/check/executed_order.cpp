#include "sim/check/executed_order.hpp"

#include <algorithm>

namespace sim {

std::vector<std::uint32_t> executed_order(const Record& record) {
  const auto& versions = record.versions;
  auto at = std::ranges::max_element(versions, {}, &VersionNode::depth);
  std::vector<std::uint32_t> order;
  order.reserve(at->depth);
  for (; at->depth > 0; at = versions.begin() + at->parent.id) {
    if (const auto operation = record.find(at->request)) order.push_back(*operation);
  }
  std::ranges::reverse(order);
  return order;
}

}  // namespace sim
