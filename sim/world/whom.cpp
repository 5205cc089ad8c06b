// Whom a fault strikes: the part of World that puts numbers in the place of roles when a fault begins.
#include <algorithm>
#include <utility>
#include <vector>

#include "sim/world/world.hpp"

namespace sim {
namespace {

std::optional<Victim::Kind> victim_of(Endpoint end) {
  const auto role = role_of(end);
  if (role == RoleEnd::primary) return Victim::Kind::primary;
  if (role == RoleEnd::backup) return Victim::Kind::backup;
  if (role == RoleEnd::any) return Victim::Kind::any;
  return std::nullopt;
}

}  // namespace

// The node that has become primary last, even if it is paused.
std::optional<NodeId> World::playing_primary() const {
  std::optional<NodeId> latest;
  for (std::uint16_t i = 0; i < replicas(); ++i) {
    if (!machines_[i].up || machines_[i].role != Role::primary) continue;
    if (!latest || machines_[i].role_since > machine(*latest).role_since) latest = NodeId{i};
  }
  return latest;
}

// Roles that are drawn pass over those that are `taken`.
std::optional<NodeId> World::resolve(const Victim& victim, const NodeSet& taken) {
  using Kind = Victim::Kind;
  if (victim.kind == Kind::other) {
    const auto primary = playing_primary();
    return !primary || primary == victim.node ? std::nullopt : std::optional(victim.node);
  }
  if (victim.kind == Kind::unnamed)
    return taken.contains(victim.node) ? std::nullopt : std::optional(victim.node);
  if (victim.kind == Kind::down) {
    const Machine& m = machine(victim.node);
    return m.up || m.gone_for_good ? std::nullopt : std::optional(victim.node);
  }
  const bool draws = victim.kind == Kind::backup || victim.kind == Kind::any;
  std::vector<NodeId> candidates;
  for (std::uint16_t i = 0; i < replicas(); ++i) {
    const Machine& m = machines_[i];
    const bool running = m.up && m.pauses == 0;
    const bool fits = victim.kind == Kind::number    ? victim.node.value == i
                      : victim.kind == Kind::crashed ? !m.up && !m.gone_for_good
                      : victim.kind == Kind::any     ? running
                      : victim.kind == Kind::primary ? running && m.role == Role::primary
                                                     : running && m.role == Role::backup;
    if (fits && !(draws && taken.contains(NodeId{i}))) candidates.push_back(NodeId{i});
  }
  if (candidates.empty()) return std::nullopt;
  const bool crashed = victim.kind == Kind::crashed;
  const auto since = [&](NodeId n) { return crashed ? machine(n).crashed_at : machine(n).role_since; };
  if (crashed || victim.kind == Kind::primary) return *std::ranges::max_element(candidates, {}, since);
  return candidates.size() == 1 ? candidates[0] : candidates[fault_rng_.below(candidates.size())];
}

// The nodes that the same entry of a scenario has struck by now.
NodeSet World::struck_together_with(std::uint32_t index) const {
  NodeSet nodes;
  for (; faults_[index].together; --index) {
    if (struck_[index - 1]) nodes.insert(*struck_[index - 1]);
  }
  return nodes;
}

// Whether each role in these lists is somebody's at the moment; if so, the lists name numbers from now on.
bool World::resolve_ends(const std::vector<std::vector<Endpoint>*>& lists) {
  NodeSet named;
  for (const auto* list : lists) {
    for (const Endpoint end : *list) {
      if (network_.is_replica(end)) named.insert(NodeId{static_cast<std::uint16_t>(end.index)});
    }
  }
  for (auto* list : lists) {
    for (Endpoint& end : *list) {
      const auto kind = victim_of(end);
      if (!kind) continue;
      const auto node = resolve({*kind}, named);
      if (!node) return false;
      named.insert(*node);
      end = network_.replica(*node);
    }
  }
  name_others(lists, replicas(), setup_->clients.options.count);
  return true;
}

bool World::name_ends(Fault& fault) {
  std::vector<std::vector<Endpoint>*> groups;
  for (auto& group : fault.groups) groups.push_back(&group);
  if (!resolve_ends(groups) || !resolve_ends({&fault.from, &fault.to})) return false;
  Misbehaviour& m = fault.misbehaviour;
  for (auto* list : {&m.silent, &m.equivocate, &m.twin}) {
    if (!resolve_ends({list})) return false;
  }
  if (fault.omission.towards && !resolve_ends({&*fault.omission.towards})) return false;
  for (RoleLinks& links : fault.links_of_roles) {
    if (!resolve_ends({&links.from, &links.to})) return false;
  }
  lay_links_of_roles(fault);
  return true;
}

// Puts the laws of links that were named by role where the fault names them among the others.
void World::lay_links_of_roles(Fault& fault) {
  if (fault.links_of_roles.empty()) return;
  std::vector<NetworkLaws::Override> all;
  auto next = fault.laws.overrides.begin();
  for (const RoleLinks& links : std::exchange(fault.links_of_roles, {})) {
    const auto until = fault.laws.overrides.begin() + static_cast<std::ptrdiff_t>(links.place);
    for (; next != until; ++next) all.push_back(std::move(*next));
    for (const auto& link : links_between(links.from, links.to, replicas())) {
      const auto own = std::ranges::find_if(links.laws, [&](const NetworkLaws::Override& law) {
        return law.from == link.first && law.to == link.second;
      });
      if (links.laws.empty()) {
        all.push_back({link.first, link.second, links.law, links.only});
      } else if (own != links.laws.end()) {
        all.push_back(*own);
      }
    }
  }
  for (; next != fault.laws.overrides.end(); ++next) all.push_back(std::move(*next));
  fault.laws.overrides = std::move(all);
}

}  // namespace sim
