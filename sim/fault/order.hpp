// What an operator asks of the replicas. No fault, but it comes at a time of the scenario, as faults do; a
// protocol that carries orders out has a handler `on_order(env, const Order&)`.
#pragma once

#include <variant>
#include <vector>

#include "sim/kernel/ids.hpp"

namespace sim {

/// These replicas, and no others, are to be the members.
struct Reconfigure {
  std::vector<NodeId> members{};  ///< Distinct, at least one.
  bool operator==(const Reconfigure&) const = default;
};

/// This replica is to be primary.
struct Transfer {
  NodeId to{};
  bool operator==(const Transfer&) const = default;
};

using Order = std::variant<Reconfigure, Transfer>;

}  // namespace sim
