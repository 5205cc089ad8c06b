// Whom a fault strikes. A scenario names nodes by number or by role; a role is resolved at the instant at
// which the fault strikes, and from then on the fault names numbers only.
//
// Faults that strike nodes are laid out as one fault for each node, with a `Victim` each. Faults that strike
// links keep lists of ends, in which a role takes the place of an end until it is resolved.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sim/kernel/ids.hpp"
#include "sim/network/network.hpp"

namespace sim {

/// The node that a fault strikes: by number, or by what it is at that moment.
struct Victim {
  enum class Kind : std::uint8_t {
    number,
    primary,  ///< The running node that acts as primary (the latest to have become it).
    backup,   ///< A running node that acts as backup; drawn if there are several.
    any,      ///< A running node; drawn.
    crashed,  ///< The node that crashed last; for `restart` only.
    other,    ///< The node `node`, unless it is the one that `primary` stands for: together all others.
    unnamed,  ///< The node `node`, unless the faults that it belongs together with struck it.
    down,     ///< The node `node`, if it is down: together all that have crashed.
  };
  Kind kind = Kind::number;
  NodeId node{};
  bool operator==(const Victim&) const = default;
};

/// Whether it is no failure when the victim isn't there: one of many that are tried in turn.
constexpr bool may_be_missing(const Victim& victim) {
  using Kind = Victim::Kind;
  return victim.kind == Kind::other || victim.kind == Kind::unnamed || victim.kind == Kind::down;
}

/// The roles that may stand in a list of ends.
enum class RoleEnd : std::uint32_t {
  primary,
  backup,
  any,
  others,  ///< The replicas that the fault names nowhere else.
  rest,    ///< The same, and such clients.
};

/// The place that a role takes in a list of ends, far beyond all ends that there are.
constexpr std::uint32_t kFirstRoleEnd = 0xffffff00;
constexpr Endpoint end_of(RoleEnd role) { return {kFirstRoleEnd + static_cast<std::uint32_t>(role)}; }
constexpr std::optional<RoleEnd> role_of(Endpoint end) {
  if (end.index < kFirstRoleEnd) return std::nullopt;
  return static_cast<RoleEnd>(end.index - kFirstRoleEnd);
}
/// Whether it names a node by what that node does at the moment.
constexpr bool is_dynamic(Endpoint end) {
  const auto role = role_of(end);
  return role && *role != RoleEnd::others && *role != RoleEnd::rest;
}

/// Puts ends in the place of `others` and `rest` in these lists: those that none of the lists names.
void name_others(const std::vector<std::vector<Endpoint>*>& lists, std::size_t replicas, std::size_t clients);

/// The links from each of some ends to each of others: clients don't talk to each other, and nobody needs a
/// link to itself.
std::vector<std::pair<Endpoint, Endpoint>> links_between(const std::vector<Endpoint>& from,
                                                         const std::vector<Endpoint>& to,
                                                         std::size_t replicas);

}  // namespace sim
