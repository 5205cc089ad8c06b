// The world by hand: for scripts, in which people and not the clock choose what happens next.
#include <algorithm>

#include "sim/kernel/check.hpp"
#include "sim/workload/text.hpp"
#include "sim/world/world.hpp"

namespace sim {

void World::happen(EventQueue::Ticket ticket) {
  const auto [when, event] = queue_.take(ticket);
  now_ = std::max(now_, when);
  hops_ = 0;
  handle(event);
}

void World::lose(EventQueue::Ticket ticket) {
  const Event event = queue_.take(ticket).event;
  SIM_CHECK(is_message(event), "only messages can be lost");
  lose(event, "dropped");
}

void World::duplicate(EventQueue::Ticket ticket) {
  const auto [when, event] = queue_.take(ticket);
  SIM_CHECK(is_message(event), "only messages can be duplicated");
  if (event.kind == Event::Kind::deliver) host_->retain(event.handle);
  if (event.kind == Event::Kind::request) requests_.retain(event.handle);
  if (event.kind == Event::Kind::reply) replies_.retain(event.handle);
  ++record_.messages_duplicated;
  queue_.push(when, Rank::delivery, event, ticket);
  queue_.push(std::max(now_, when), Rank::delivery, event);
}

bool World::fire(NodeId node, std::uint8_t timer) {
  Machine& m = machine(node);
  if (!m.up || timer >= m.timers.size() || !m.timers[timer].armed) return false;
  TimerState& state = m.timers[timer];
  now_ = std::max(now_, state.due);
  hops_ = 0;
  state.queued_for = kNever;
  handle({.kind = Event::Kind::timer,
          .tag = timer,
          .node = node.value,
          .number = ++state.generation,
          .incarnation = m.incarnation});
  return true;
}

std::uint32_t World::begin_fault(const Fault& fault) {
  const auto index = static_cast<std::uint32_t>(faults_.size());
  faults_.push_back(fault);
  cuts_.emplace_back();
  struck_.emplace_back();
  begin(index, fault);
  return index;
}

void World::end_fault(std::uint32_t fault) { end(fault, faults_[fault]); }

void World::call(ClientId client, const Command& command, std::optional<NodeId> whom) {
  hops_ = 0;
  clients_.call(*this, client, command, whom, now_);
}

std::string World::content(const Event& event) const {
  if (event.kind == Event::Kind::request) return text_of(requests_[event.handle]);
  if (event.kind == Event::Kind::reply) return text_of(replies_[event.handle]);
  SIM_CHECK(event.kind == Event::Kind::deliver, "only messages have a content");
  return host_->content(event.handle);
}

std::string Tracer::Message::content() const { return world->content(*event); }

}  // namespace sim
