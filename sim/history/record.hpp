// Everything that the judges may know of a run: facts that an observer of clients, machines and applied
// commands could write down. Nothing here names a protocol.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/history/decisions.hpp"
#include "sim/history/operation.hpp"
#include "sim/kernel/node_set.hpp"

namespace sim {

/// A replica's own idea of its role.
enum class Role : std::uint8_t { none, backup, candidate, primary };

/// A state that some replica has been in: the state before, plus one request applied to it. Versions form a
/// tree; each replica stands at one, and two replicas agree as far as their paths from the root carry equal
/// states.
struct Version {
  std::uint32_t id = 0;  ///< 0 is the root: nothing applied.
  auto operator<=>(const Version&) const = default;
};

struct VersionNode {
  Version parent;
  std::uint32_t depth = 0;  ///< How many requests have been applied.
  RequestId request;        ///< The one applied last.
  std::uint64_t state = 0;  ///< Digest of the service's state.
};

struct Record {
  std::size_t replicas = 0;
  Time chaos_end{};  ///< Clients stop and faults are healed here.
  Time end{};

  std::vector<Operation> operations;  ///< In order of call.
  std::vector<std::vector<std::uint32_t>>
      operation_of{};  ///< client, request number -> place in `operations`.
  /// Per operation: when a node that acts as primary first got it; kNever if none did.
  std::vector<Time> reached_primary{};
  /// The place of a request in `operations`; nothing when no client has made it.
  std::optional<std::uint32_t> find(RequestId id) const {
    if (id.client.value >= operation_of.size()) return std::nullopt;
    const auto& requests = operation_of[id.client.value];
    return id.number < requests.size() ? std::optional(requests[id.number]) : std::nullopt;
  }

  struct Moved {
    Time at;
    NodeId node;
    Version to;
  };
  std::vector<VersionNode> versions{VersionNode{}};
  std::vector<Moved> moves;  ///< Which replica reached which version when; a restart begins at the root.

  struct RoleChange {
    Time at;
    NodeId node;
    Role role;
    std::uint64_t term = 0;  ///< The term, view, ballot or epoch in which it plays the role; 0 = it has none.
  };
  std::vector<RoleChange> roles;  ///< Nodes begin with `none`; a crash ends in `none`.

  /// From then on these replicas make up the service: they should hold its state. Before the first, all do.
  struct Membership {
    Time at;
    std::uint64_t version = 0;
    NodeSet members{};
  };
  std::vector<Membership> memberships;  ///< In order of time and of ascending versions.
  /// A replica says that it takes no part (after a restart, say, until it is repaired), or does again.
  struct Part {
    Time at;
    NodeId node;
    bool taken = true;
  };
  std::vector<Part> parts;  ///< All take part at first.

  struct Idle {
    Time at;
    std::string what{};  ///< For people.
  };
  std::vector<Idle> idle;  ///< Faults and orders of the scenario at which nothing happened.

  /// A primary of a new term began with this log.
  struct Leadership {
    Time at;
    NodeId node;
    std::uint64_t term = 0;
    std::uint64_t last_slot = 0;           ///< The last slot that its log holds.
    std::vector<std::uint64_t> lacking{};  ///< Slots decided in earlier terms that differ in its log.
  };
  std::vector<Leadership> leaderships;

  Decisions decisions;
  std::vector<std::uint64_t> asked;  ///< Per operation: the fingerprint of the client's request.
  std::vector<std::uint64_t>
      proposals;               ///< Values that correct nodes proposed to agree on, in order of time.
  bool liar_proposed = false;  ///< A Byzantine node proposed, too: only it knows what.

  /// Nodes that behaved arbitrarily at some time. Their own declarations are not written down from then on,
  /// and no judge holds them to anything.
  NodeSet byzantine{};

  enum class Life : std::uint8_t { down, up, paused, resumed };
  struct LifeChange {
    Time at;
    NodeId node;
    Life life;
  };
  std::vector<LifeChange> lives;  ///< Nodes begin up.
  NodeSet lost_disk{};            ///< Have restarted with a disk that lacked what it had completed.
  NodeSet untold{};               ///< Have crashed without anybody being told.

  /// The other replicas that a node can talk with, both ways, from then on; all before the first entry.
  struct Reach {
    Time at;
    NodeId node;
    NodeSet others{};
  };
  std::vector<Reach> reaches;
  /// A node loses messages that it sends or that come to it (see Omission), or no longer does.
  struct Omits {
    Time at;
    NodeId node;
    bool does = true;
  };
  std::vector<Omits> omits;

  /// When the run ends: an operation that a running replica holds, on disk or in memory, without having
  /// executed it.
  struct Held {
    NodeId by;
    std::uint32_t operation;
  };
  std::vector<Held> held;

  /// When the last fault or order struck or ended, its backlog worked off and everybody told: from then on no
  /// new trouble begins. The chaos phase's end if something lasted until then.
  Time disturbed_until{};
  Duration clock_jump{};         ///< The most by which a fault has set a clock forward or back.
  std::int64_t clock_drift = 0;  ///< The most that a clock has gained or lost, in ns a second.

  /// An operator's order and its outcome.
  struct Ordered {
    enum class Fate : std::uint8_t {
      unreachable,  ///< It reached no running replica.
      refused,      ///< The replica that got it could not or would not carry it out.
      under_way,    ///< A replica took it; nobody has said more.
      given_up,     ///< A replica took it, and failed.
      carried_out,
    };
    Time at;                            ///< When it was given.
    std::uint32_t id;                   ///< As the protocol calls it.
    std::vector<NodeId> members{};      ///< These are to be the members,
    std::optional<NodeId> successor{};  ///< or this one is to lead.
    std::vector<NodeId>
        asked{};  ///< The replicas told to see to it, one after the other: one that can't names another.
    Fate fate = Fate::under_way;
    std::string_view why{};       ///< For orders not carried out.
    std::optional<Time> settled;  ///< When its fate was known.
  };
  std::vector<Ordered> orders;  ///< In order of time.

  struct Suspicion {
    Time at;
    NodeId by;
    NodeId of;
    bool suspected;
  };
  std::vector<Suspicion> suspicions;  ///< Changes only: every `false` follows a `true`.

  struct Acknowledgement {
    Time at;
    NodeId by;
    std::uint32_t operation;
    std::uint64_t answer = 0;  ///< The fingerprint of the answer.
  };
  std::vector<Acknowledgement> acknowledgements;  ///< A replica has answered a client's operation.

  std::uint64_t messages_sent = 0;       ///< All messages, clients' included; none to oneself.
  std::uint64_t messages_delivered = 0;  ///< Copies counted.
  std::uint64_t messages_lost = 0;  ///< Copies counted; delivered + lost + in flight = sent + duplicated.
  std::uint64_t messages_duplicated = 0;
  std::uint64_t messages_in_flight = 0;       ///< When the run ends: neither delivered nor lost.
  std::uint64_t messages_for_operations = 0;  ///< Sent, without upkeep such as heartbeats.
  std::uint64_t hops_of_answers = 0;          ///< Sum over answered operations of their one-way delays.
};

}  // namespace sim
