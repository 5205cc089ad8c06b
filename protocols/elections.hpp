// How soon a protocol serves again if its replicas stand for election after a random time of silence; used by
// Raft and Multi-Paxos.
#pragma once

#include <optional>

#include "sim/protocol/service_promise.hpp"

namespace protocols {

struct ElectionTimes {
  sim::Duration timeout_min{}, timeout_max{}, heartbeat{};
};

/// A split vote takes a whole timeout; an election takes none if nobody else stands within a message's way.
/// If the spread lets at most half of the elections fail, forty fail in a row once in 10^12 runs. No promise
/// where messages are too slow for the timeouts, or so often lost that leaders are taken for dead.
inline std::optional<sim::ServicePromise> promise_of_elections(const ElectionTimes& times,
                                                               const sim::Calm& calm) {
  const sim::Duration spread = times.timeout_max - times.timeout_min;
  const bool quick = 4 * calm.delay <= times.timeout_min && 2 * calm.delay <= spread;
  const bool heard = calm.loss <= 0.2 && 2 * times.heartbeat + calm.delay <= times.timeout_min;
  if (!quick || !heard || 8 * calm.delay > calm.client_timeout) return std::nullopt;
  return sim::ServicePromise{.within = 40 * times.timeout_max + 10 * calm.round(),
                             .running = calm.members / 2 + 1};
}

}  // namespace protocols
