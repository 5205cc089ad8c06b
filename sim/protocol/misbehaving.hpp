// How the messages of a Byzantine node leave it: altered, replayed, or as they are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "sim/protocol/alter.hpp"
#include "sim/world/world.hpp"

namespace sim {

constexpr std::size_t kReplayable = 64;  ///< How many of its messages a node that replays remembers.

struct Sending {
  NodeId node;  ///< The sender's place in the world,
  NodeId self;  ///< and its name.
  NodeId to;
};

/// Sends as the node's misbehaviour demands. It is honest with itself and with those it colludes with.
/// `past` is what it sent before; `dispatch` sends a message as it is.
template <class Message, class Dispatch>
void send_misbehaving(World& world, Sending sending, Message message, std::vector<Message>& past,
                      const Dispatch& dispatch) {
  const auto [node, self, to] = sending;
  const Misbehaviour& how = *world.misbehaviour(node);
  if (to == self || world.colluders(node).contains(to)) return dispatch(std::move(message));
  const std::uint64_t salt = world.lie_salt(node);
  if (std::ranges::find(how.equivocate, Endpoint{to.value}) != how.equivocate.end()) {
    alter(message, salt, world.replicas(), how.wild);
  } else if (how.mutate > 0 && world.whims().chance(how.mutate)) {
    alter(message, salt ^ world.whims().next(), world.replicas(), how.wild);
  }
  if (how.replay == 0) return dispatch(std::move(message));
  dispatch(message);
  if (!past.empty() && world.whims().chance(how.replay)) dispatch(past[world.whims().below(past.size())]);
  if (past.size() < kReplayable) {
    past.push_back(std::move(message));
  } else {
    past[world.whims().below(kReplayable)] = std::move(message);
  }
}

}  // namespace sim
