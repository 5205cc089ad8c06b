// Choices common to all clients of a run: the mix of their operations, and the popularity of keys.
#include <algorithm>

#include "sim/kernel/math.hpp"
#include "sim/workload/clients.hpp"

namespace sim {

ClientPlan::ClientPlan(const ClientOptions& o, const ClientPolicy& p, const ServiceKind& service,
                       std::uint32_t key_count, std::size_t replica_count)
    : options(o),
      policy(p),
      keys(key_count),
      replicas(static_cast<std::uint16_t>(replica_count)),
      writes(o.writes) {
  if (writes.empty()) writes = service.usual_writes();
  double total = 0;
  for (auto& [action, weight] : writes) weight = (total += weight);
  for (auto& [action, weight] : writes) weight /= total;
  if (options.zipf == 0) return;
  total = 0;
  for (std::uint32_t k = 1; k <= keys; ++k) key_weights.push_back(total += exact_pow(k, -options.zipf));
  for (auto& weight : key_weights) weight /= total;
}

Action ClientPlan::choose_write(std::uint64_t bits) const {
  const double u = unit(bits);
  for (const auto& [action, up_to] : writes) {
    if (u < up_to) return action;
  }
  return writes.back().first;
}

std::uint32_t ClientPlan::choose_key(std::uint64_t bits) const {
  if (key_weights.empty()) return static_cast<std::uint32_t>(below(bits, keys));
  const auto found = std::ranges::upper_bound(key_weights, unit(bits));
  return std::min(static_cast<std::uint32_t>(found - key_weights.begin()), keys - 1);
}

std::uint32_t ClientPlan::choose_own_key(ClientId client, std::uint64_t bits) const {
  if (client.value >= keys) return client.value % keys;
  const std::uint32_t own = (keys - client.value + options.count - 1) / options.count;
  return client.value + static_cast<std::uint32_t>(below(bits, own)) * options.count;
}

}  // namespace sim
