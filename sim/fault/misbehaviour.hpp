// How a Byzantine node departs from its protocol. Channels authenticate their sender and signatures can't be
// forged, so it acts under its own name only; apart from that it may say anything to anybody.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/kernel/time.hpp"
#include "sim/network/network.hpp"

namespace sim {

/// Departures that fit any protocol, because they change what a correct replica would have sent, and one that
/// the protocol brings itself. They combine.
struct Misbehaviour {
  std::vector<Endpoint> silent{};      ///< Never hear from it.
  std::vector<Endpoint> equivocate{};  ///< Are told another version of each message than the others: one
                                       ///< field differs a little, and equal messages differ equally.
  std::vector<Endpoint> twin{};  ///< Talk to a second copy of the node instead, which has its name and its
                                 ///< state so far, and knows nothing of the first (Bano et al. 2020, Twins).
  double mutate = 0;             ///< The share of messages in which one field is changed a little.
  bool wild = false;             ///< A changed field becomes anything of its type, not a little different.
  double replay = 0;             ///< The share of messages after which one of its own old ones is repeated.
  Duration delay{};              ///< Every message leaves so much later: to just before a timeout, say.
  bool lie = false;              ///< Answers clients with a wrong value.
  bool collude = false;          ///< Knows its accomplices: they tell one lie and do not deceive each other.
  std::uint8_t attack = 0;       ///< Which of the protocol's own attacks it carries out; 0 = none.
  bool operator==(const Misbehaviour&) const = default;
};

}  // namespace sim
