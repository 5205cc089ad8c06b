// Identities. Each is a type of its own: a client's number can't be passed where a node's is meant.
#pragma once

#include <compare>
#include <cstdint>

namespace sim {

/// A replica, numbered from 0.
struct NodeId {
  std::uint16_t value = 0;
  auto operator<=>(const NodeId&) const = default;
};

/// A client, numbered from 0.
struct ClientId {
  std::uint16_t value = 0;
  auto operator<=>(const ClientId&) const = default;
};

/// One request of one client; a retry carries the same id, so that replicas can execute it at most once.
struct RequestId {
  ClientId client;
  std::uint32_t number = 0;  ///< Counts the client's requests from 0.
  auto operator<=>(const RequestId&) const = default;
};

}  // namespace sim
