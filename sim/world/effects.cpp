// The effects of replicas on the world: timers, the service, roles.
#include <algorithm>
#include <utility>

#include "sim/kernel/append.hpp"
#include "sim/world/world.hpp"

namespace sim {

// ---- timers

void World::set_timer(NodeId node, std::uint8_t timer, Duration local) {
  Machine& m = machine(node);
  if (m.timers.size() <= timer) m.timers.resize(timer + std::size_t{1});
  TimerState& state = m.timers[timer];
  state.armed = true;
  state.due = now_ + m.clock.true_span(std::max(local, Duration{0}));
  state.ticket = queue_.take_ticket();
  // A timer that is put off again and again, as a failure detector's is, keeps one event in the queue: it
  // looks at `due` when it comes up, and goes back with the ticket of its latest arming.
  if (state.queued_for > state.due) push_timer(node, timer);
  if (tracer_ != nullptr) tracer_->timer_set(now_, identity(node), timer, state.due);
}

void World::push_timer(NodeId node, std::uint8_t timer) {
  Machine& m = machine(node);
  TimerState& state = m.timers[timer];
  state.queued_for = state.due;
  const Event event{.kind = Event::Kind::timer,
                    .tag = timer,
                    .node = node.value,
                    .number = ++state.generation,
                    .incarnation = m.incarnation};
  queue_.push(state.due, Rank::timer, event, state.ticket);
}

void World::cancel_timer(NodeId node, std::uint8_t timer) {
  Machine& m = machine(node);
  if (timer < m.timers.size()) m.timers[timer].armed = false;
}

// ---- the replica's effects

Applied World::apply(NodeId node, const Request& request) {
  Machine& m = machine(node);
  Applied applied;
  applied.change = m.service.execute(request.command, m.clock.read(now_), m.rng, applied.output);
  if (!is_read(request.command)) extend(node, request.id);
  applied.version = m.version;
  return applied;
}

Version World::store(NodeId node, RequestId request, const Change& change) {
  const bool known = change.key < setup_->keys;  // only a lie can name another key
  machine(node).service.store(known ? change : Change{});
  return extend(node, request);
}

void World::install(NodeId node, const Snapshot& snapshot) {
  Machine& m = machine(node);
  m.service = snapshot.state;
  m.service.grow(setup_->keys);
  move(node, snapshot.version);
  digest_.add(m.service.digest());
  if (tracer_ != nullptr) tracer_->installed(now_, identity(node), m.service.digest());
}

Version World::extend(NodeId node, RequestId request) {
  const Machine& m = machine(node);
  const std::uint64_t state = m.service.digest();
  const std::uint32_t depth = record_.versions[m.version.id].depth + 1;
  const Version version{static_cast<std::uint32_t>(record_.versions.size())};
  append(record_.versions, m.version, depth, request, state);
  move(node, version);
  digest_.add(state);
  if (tracer_ != nullptr) tracer_->applied(now_, identity(node), request, state);
  return version;
}

void World::move(NodeId node, Version to) {
  machine(node).version = to;
  if (identity(node) == node) append(record_.moves, now_, node, to);
}

void World::become(NodeId node, Role role, std::uint64_t term) {
  Machine& m = machine(node);
  const bool terms_count = role == Role::primary || role == Role::candidate;
  if (m.role == role && (m.term == term || !terms_count)) return;
  if (m.role != role) m.role_since = now_;
  if (role == Role::primary) settle_transfers(node);
  m.role = role;
  m.term = term;
  if (honest(node)) record_.roles.push_back({now_, node, role, term});
  if (tracer_ != nullptr) tracer_->became(now_, identity(node), role, term);
}

// ---- agreement

void World::lead(NodeId node, std::uint64_t term, const LogView& log) {
  if (!honest(node)) return;
  Record::Leadership leadership{now_, node, term, log.after + log.values.size()};
  for (std::size_t i = 0; i < log.values.size(); ++i) {
    const Decision* decided = record_.decisions.first(log.after + i + 1);
    if (decided != nullptr && decided->term < term && decided->value != log.values[i]) {
      leadership.lacking.push_back(decided->slot);
    }
  }
  record_.leaderships.push_back(std::move(leadership));
}

void World::decide(NodeId node, std::uint64_t slot, std::uint64_t value, std::uint64_t term) {
  if (tracer_ != nullptr) tracer_->decided(now_, identity(node), slot, value);
  if (honest(node)) record_.decisions.add({now_, node, slot, value, term});
}

void World::takes_part(NodeId node, bool does) {
  if (honest(node)) record_.parts.push_back({now_, node, does});
}

void World::declare_members(NodeId node, std::uint64_t version, const NodeSet& members) {
  auto& all = record_.memberships;
  if (!honest(node) || (!all.empty() && version <= all.back().version)) return;
  all.push_back({now_, version, members});
  settle_reconfiguration(members);
}

void World::propose(NodeId node, std::uint64_t value) {
  if (!honest(node)) {
    record_.liar_proposed = true;
    return;
  }
  record_.proposals.push_back(value);
}

void World::suspect(NodeId node, NodeId of, bool suspected) {
  NodeSet& suspects = machine(node).suspects;
  if (!(suspected ? suspects.insert(of) : suspects.erase(of))) return;  // no change
  if (identity(node) == node) record_.suspicions.push_back({now_, node, of, suspected});
  if (tracer_ != nullptr) tracer_->suspects(now_, identity(node), of, suspected);
}

}  // namespace sim
