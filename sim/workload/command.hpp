// Requests of clients and answers of replicas. Commands are plain data of fixed size, so that messages that
// carry them are copied without allocating.
#pragma once

#include <cstdint>

#include "sim/history/operation.hpp"
#include "sim/kernel/rng.hpp"

namespace sim {

/// One operation on the replicated service.
struct Command {
  Action action = Action::read;
  bool expects_nil = false;  ///< `cas` only: expects that nothing has been written yet.
  std::uint32_t key = 0;
  std::int64_t argument = 0;  ///< Of `acquire` and `release`: the client's number.
  std::int64_t expected = 0;  ///< `cas` only.
  bool operator==(const Command&) const = default;
};

constexpr bool is_read(const Command& c) { return c.action == Action::read; }

/// A command with its identity.
struct Request {
  RequestId id;
  /// The client has the answers to all its requests below this number; replicas may forget them.
  std::uint32_t oldest_pending = 0;
  /// The client has asked this before, and was not answered in time.
  bool again = false;
  /// Asks only whether the replica would serve the client; carries no command and changes nothing.
  bool ping = false;
  Command command{};
  bool operator==(const Request&) const = default;
};

/// A place in an order that several choose together: a number, and its owner to settle ties.
struct Stamp {
  std::uint64_t number = 0;
  std::uint64_t owner = 0;
  auto operator<=>(const Stamp&) const = default;
};

/// A replica's offer in the first of two rounds; in the second, the client's choice from the offers.
struct Offer {
  Stamp stamp{};
  Value value{};
  bool operator==(const Offer&) const = default;
};

/// A request as the owner of a stamp, for the client's own stamps.
constexpr std::uint64_t as_owner(RequestId id) {
  return static_cast<std::uint64_t>(id.client.value) << 32 | id.number;
}

/// A request in 64 bits, for decisions: its client and number (0 never stands for a request), and a hash of
/// its command, so that two versions of one request differ.
constexpr std::uint64_t fingerprint(RequestId id, const Command& c) {
  std::uint64_t what = mix(static_cast<std::uint64_t>(c.action) + (c.expects_nil ? 256 : 0));
  what = mix(what ^ c.key);
  what = mix(what ^ static_cast<std::uint64_t>(c.argument));
  what = mix(what ^ static_cast<std::uint64_t>(c.expected));
  return (what & 0xfffe'0000'0000'0000) | (as_owner(id) + 1);
}
constexpr std::uint64_t fingerprint(const Request& r) { return fingerprint(r.id, r.command); }

/// The change that a command made when executed: primary-backup ships it instead of the command.
struct Change {
  enum class Kind : std::uint8_t {
    none,    ///< Nothing.
    set,     ///< The key's value becomes `value`.
    push,    ///< `value` is added at the end of the key's list ...
    insert,  ///< ... or where it belongs in the ascending list ...
    take,    ///< ... or the first that equals it is taken out.
    clear,   ///< The key's value becomes nil.
  };
  Kind kind = Kind::none;
  std::uint32_t key = 0;
  std::int64_t value = 0;
  bool operator==(const Change&) const = default;
};

}  // namespace sim
