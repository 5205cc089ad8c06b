// Byzantine nodes: the part of their misbehaviour that concerns channels and machines. The typed host alters
// their messages (sim/protocol/misbehaving.hpp).
#include <algorithm>
#include <utility>

#include "sim/kernel/check.hpp"
#include "sim/world/world.hpp"

namespace sim {
namespace {

bool among(const std::vector<Endpoint>& ends, Endpoint end) {
  return std::ranges::find(ends, end) != ends.end();
}

}  // namespace

// Whether some client has asked exactly this: what a client's signature shows. It covers everything but
// whether the request is a repetition.
bool World::authentic(const Request& request) const {
  const auto operation = record_.find(request.id);
  return operation && record_.asked[*operation] == fingerprint(request) &&
         oldest_pending_[*operation] == request.oldest_pending;
}

NodeSet World::colluders(NodeId node) const {
  NodeSet fellows;
  const auto colludes = [&](NodeId n) { return misbehaviour(n) != nullptr && misbehaviour(n)->collude; };
  if (!colludes(node)) return fellows;
  for (std::uint16_t i = 0; i < replicas(); ++i) {
    if (colludes(NodeId{i})) fellows.insert(NodeId{i});
  }
  return fellows;
}

std::uint64_t World::lie_salt(NodeId node) const {
  const bool together = misbehaviour(node) != nullptr && misbehaviour(node)->collude;
  return together ? lies_ : mix(lies_ + (identity(node).value + 1) * kGolden);
}

// A twin talks to its audience, and the first copy to everybody else.
bool World::speaks_to(NodeId node, Endpoint to) const {
  const Misbehaviour* how = misbehaviour(node);
  if (how == nullptr) return true;
  if (among(how->silent, to)) return false;
  return how->twin.empty() || among(how->twin, to) == (identity(node) != node);
}

NodeId World::copy_that_hears(NodeId node, Endpoint from) const {
  const auto twin = machine(node).twin;
  return twin && among(misbehaviour(node)->twin, from) ? *twin : node;
}

void World::misbehave(NodeId node, std::uint32_t fault) {
  behave(node);
  record_.byzantine.insert(node);
  machine(node).misbehaves_by = fault;
  if (!faults_[fault].misbehaviour.twin.empty()) split(node);
}

void World::behave(NodeId node) {
  Machine& m = machine(node);
  m.misbehaves_by = kNoFault;
  if (const auto twin = std::exchange(m.twin, std::nullopt)) {
    machine(*twin).up = false;
    give_up_held(*twin);
  }
}

// The twin has the node's state, its clock, its timers and its disk's pending news; only its random numbers
// are its own. Messages on their way still go to the first copy.
void World::split(NodeId node) {
  SIM_CHECK(machines_.size() < 65535, "too many twins");
  const NodeId twin{static_cast<std::uint16_t>(machines_.size())};
  Machine copy = machine(node);
  copy.rng = Rng(whims_.next());
  copy.held = {};
  copy.stalled = {};
  const std::uint32_t syncs = std::exchange(copy.syncs, 0);
  copy.crashes_by = kNoFault;
  machines_.push_back(std::move(copy));
  machine(node).twin = twin;
  host_->split(node);
  for (std::uint8_t i = 0; i < machine(twin).timers.size(); ++i) {
    machine(twin).timers[i].queued_for = kNever;
    if (machine(twin).timers[i].armed) push_timer(twin, i);
  }
  for (std::uint32_t i = 0; i < syncs; ++i) sync(twin);
}

}  // namespace sim
