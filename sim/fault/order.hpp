// An operator's orders to the replicas. An order is no fault, but it comes at a time of the scenario, as
// faults do. A protocol that carries orders out has a handler `on_order(env, OrderId, const Order&)`, and
// reports the outcome of each: carried out, refused, or given up.
#pragma once

#include <cstdint>
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

/// Names one order of a run, so that a protocol can report its outcome.
using OrderId = std::uint32_t;

}  // namespace sim
