#include "sim/check/node_lives.hpp"

#include <algorithm>

namespace sim {
namespace {

struct NodeState {
  bool primary = false;
  bool up = true;
  bool paused = false;
  bool acted = false;  // when the previous instant ended
  bool acts() const { return primary && up && !paused; }
};

void apply(NodeState& state, Record::Life life) {
  switch (life) {
    case Record::Life::down: state.up = false; break;
    case Record::Life::up:
      state.up = true;
      state.paused = false;
      break;
    case Record::Life::paused:  // also the restart of a node whose pause isn't over
      state.up = true;
      state.paused = true;
      break;
    case Record::Life::resumed: state.paused = false; break;
  }
}

}  // namespace

NodeLives::NodeLives(const Record& record) : record_(&record), up_(record.replicas) {
  for (std::uint16_t i = 0; i < record.replicas; ++i) up_[i] = record.byzantine.contains(NodeId{i}) ? 0 : 1;
}

const Record::LifeChange& NodeLives::advance() {
  const auto& change = record_->lives[next_++];
  const bool up = change.life != Record::Life::down && !record_->byzantine.contains(change.node);
  up_[change.node.value] = up ? 1 : 0;
  return change;
}

NodeLives at_end(const Record& record) {
  NodeLives lives(record);
  while (lives.next() != kNever) lives.advance();
  return lives;
}

Concerned::Concerned(const Record& record)
    : record_(&record), lives_(record), member_(record.replicas, true), part_(record.replicas, true) {}

Time Concerned::next() const {
  Time next = lives_.next();
  if (next_membership_ < record_->memberships.size())
    next = std::min(next, record_->memberships[next_membership_].at);
  if (next_part_ < record_->parts.size()) next = std::min(next, record_->parts[next_part_].at);
  return next;
}

void Concerned::advance() {
  const Time now = next();
  if (lives_.next() == now) {
    lives_.advance();
  } else if (next_part_ < record_->parts.size() && record_->parts[next_part_].at == now) {
    const auto& part = record_->parts[next_part_++];
    part_[part.node.value] = part.taken;
  } else {
    const NodeSet& members = record_->memberships[next_membership_++].members;
    for (std::uint16_t i = 0; i < record_->replicas; ++i) member_[i] = members.contains(NodeId{i});
  }
}

Concerned concerned_at_end(const Record& record) {
  Concerned concerned(record);
  while (concerned.next() != kNever) concerned.advance();
  return concerned;
}

NodeSet members_at_end(const Record& record) {
  if (!record.memberships.empty()) return record.memberships.back().members;
  NodeSet all;
  for (std::uint16_t i = 0; i < record.replicas; ++i) all.insert(NodeId{i});
  return all;
}

bool was_down(const Record& record, NodeId node, Time from, Time to) {
  bool down = false;
  for (const auto& change : record.lives) {
    if (change.at > to) break;
    if (change.node != node) continue;
    if (down && change.at > from) return true;
    down = change.life == Record::Life::down;
    if (down && change.at >= from) return true;
  }
  return down;
}

std::vector<ActingChange> acting_primaries(const Record& record) {
  std::vector<ActingChange> changes;
  if (record.roles.empty()) return changes;
  std::vector<NodeState> nodes(record.replicas);
  std::vector<NodeId> touched;
  auto role = record.roles.begin();
  auto life = record.lives.begin();
  while (role != record.roles.end() || life != record.lives.end()) {
    const Time now = std::min(role != record.roles.end() ? role->at : kNever,
                              life != record.lives.end() ? life->at : kNever);
    touched.clear();
    for (; role != record.roles.end() && role->at == now; ++role) {
      if (record.byzantine.contains(role->node)) continue;
      nodes[role->node.value].primary = role->role == Role::primary;
      touched.push_back(role->node);
    }
    for (; life != record.lives.end() && life->at == now; ++life) {
      apply(nodes[life->node.value], life->life);
      touched.push_back(life->node);
    }
    if (touched.size() > 1) std::ranges::sort(touched);
    for (const NodeId node : touched) {
      NodeState& state = nodes[node.value];
      if (state.acts() == state.acted) continue;
      state.acted = state.acts();
      changes.push_back({now, node, state.acted});
    }
  }
  return changes;
}

}  // namespace sim
