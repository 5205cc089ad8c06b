#include "sim/world/by_hand.hpp"

#include <algorithm>
#include <utility>

#include "sim/kernel/check.hpp"

namespace sim {

void ByHand::happen(EventQueue::Ticket ticket) {
  const auto [when, event] = world_.queue_.take(ticket);
  world_.now_ = std::max(world_.now_, when);
  world_.hops_ = 0;
  world_.handle(event);
}

void ByHand::lose(EventQueue::Ticket ticket) {
  const Event event = world_.queue_.take(ticket).event;
  SIM_CHECK(is_message(event), "only messages can be lost");
  world_.lose(event, "dropped");
}

void ByHand::duplicate(EventQueue::Ticket ticket) {
  const auto [when, event] = world_.queue_.take(ticket);
  SIM_CHECK(is_message(event), "only messages can be duplicated");
  if (event.kind == Event::Kind::deliver) world_.host_->retain(event.handle);
  if (event.kind == Event::Kind::request) world_.requests_.retain(event.handle);
  if (event.kind == Event::Kind::reply) world_.replies_.retain(event.handle);
  ++world_.record_.messages_duplicated;
  world_.queue_.push(when, Rank::delivery, event, ticket);
  world_.queue_.push(std::max(world_.now_, when), Rank::delivery, event);
}

bool ByHand::fire(NodeId node, std::uint8_t timer) {
  Machine& m = world_.machine(node);
  if (!m.up || timer >= m.timers.size() || !m.timers[timer].armed) return false;
  TimerState& state = m.timers[timer];
  world_.now_ = std::max(world_.now_, state.due);
  world_.hops_ = 0;
  state.queued_for = kNever;
  world_.handle({.kind = Event::Kind::timer,
                 .tag = timer,
                 .node = node.value,
                 .number = ++state.generation,
                 .incarnation = m.incarnation});
  return true;
}

std::uint32_t ByHand::begin_fault(const Fault& fault) {
  const auto index = static_cast<std::uint32_t>(world_.faults_.size());
  world_.faults_.push_back(fault);
  world_.cuts_.emplace_back();
  world_.struck_.emplace_back();
  world_.turns_.emplace_back();
  world_.lasts_.push_back(false);
  world_.begin(index, world_.faults_[index]);
  return index;
}

// Messages that have waited for a node become pending again: the script says when the node gets to each.
void ByHand::end_fault(std::uint32_t fault) {
  const auto node = world_.struck_[fault];
  world_.end(fault, world_.faults_[fault]);
  if (!node || world_.machine(*node).pauses > 0) return;
  for (auto held = std::exchange(world_.machine(*node).held, {}); !held.empty(); held.pop_front())
    world_.queue_.push(world_.now_, Rank::delivery, held.front());
  world_.schedule_turn(*node);
}

void ByHand::call(ClientId client, const Command& command, std::optional<NodeId> whom) {
  world_.hops_ = 0;
  world_.clients_.call(world_, client, command, whom, world_.now_);
}

}  // namespace sim
