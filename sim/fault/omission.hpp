// Omission failures: a node loses messages that it sends, or that have reached it, and follows its program in
// everything else. It doesn't notice and it doesn't lie, so every judge holds it to its word: what sets it
// apart from a Byzantine node that keeps silent.
//
// Source: the failure models of Budhiraja, Marzullo, Schneider and Toueg, "Optimal Primary-Backup Protocols":
// send, receive and general omission; a crash is what they all include.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/network/message_choice.hpp"
#include "sim/network/network.hpp"

namespace sim {

struct Omission {
  enum class Of : std::uint8_t { send, receive, both };
  Of of = Of::both;
  MessageChoice messages{};
  std::optional<std::vector<Endpoint>> towards{};  ///< Only on its way to or from these; else everybody.

  bool operator==(const Omission&) const = default;
};

/// A crash in the middle of a broadcast: when the node next sends something, only the first copies leave, in
/// the order of sending, answers to clients among them. What the handler that sends them does to the node's
/// memory dies with it; what it had put on its disk is there.
struct CrashAmidSending {
  std::uint64_t first = 0;           ///< So many copies leave.
  std::vector<std::string> types{};  ///< It begins with a message of these types; none: with any.
  bool operator==(const CrashAmidSending&) const = default;
};

}  // namespace sim
