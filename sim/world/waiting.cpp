// Events that have arrived at a node and wait, because the node is paused or slow, or was until now. One
// queue per node keeps them in the order of arrival (a message that a node sends itself arrives like any
// other). One event, the node's turn, says when it gets to the first.
#include <algorithm>
#include <utility>

#include "sim/kernel/horizon.hpp"
#include "sim/world/world.hpp"

namespace sim {

// Keeps an event for a node that is paused or slow, or for which something else still waits, in the order of
// arrival. The event has arrived: no cut and no sender's crash can harm it any more, only the node's own
// crash can.
void World::hold(const Event& event) {
  Machine& m = machines_[event.node];
  m.held.push_back(event);
  if (m.held.size() == 1) schedule_turn(NodeId{event.node});
}

// Says anew when the node gets to its waiting events: never while it is paused, after some time if it is
// slow.
void World::schedule_turn(NodeId node) {
  Machine& m = machine(node);
  ++m.turn;
  m.turn_at = kNever;
  if (m.pauses > 0 || m.held.empty()) return;
  const bool timer = m.held.front().kind == Event::Kind::timer;
  m.turn_at = std::min(now_ + m.slow, kHorizon);
  queue_.push(m.turn_at, timer ? Rank::timer : Rank::delivery,
              Event{.kind = Event::Kind::turn, .node = node.value, .number = m.turn});
}

// A slow node takes its time over each event, one after the other; any other gets to all of them at once.
void World::take_turn(const Event& turn) {
  const NodeId node{turn.node};
  if (turn.number != machine(node).turn) return;
  do {
    const Event event = machine(node).held.front();
    machine(node).held.pop_front();
    if (is_message(event) || !stale(event)) {
      get_to(event);
    } else {
      drop(event);
    }
  } while (machine(node).slow == Duration{0} && !machine(node).held.empty());
  schedule_turn(node);
}

// Drops the events of a node that will never look at them.
void World::give_up_held(NodeId node) {
  for (Ring<Event> held = std::exchange(machine(node).held, {}); !held.empty(); held.pop_front()) {
    if (is_message(held.front())) {
      lose(held.front(), "down");
    } else {
      drop(held.front());
    }
  }
  schedule_turn(node);
}

// Each event keeps the node busy for so long from now on. The one in hand takes no longer for that than if it
// went on at the old speed, or began anew at the new one. A node that is no longer slow works off its waiting
// events at once.
void World::work_at(NodeId node, Duration each) {
  Machine& m = machine(node);
  m.slow = each;
  if (now_ + each < m.turn_at) schedule_turn(node);
}

// Events that came during the pause happen now: messages first, in the order of their arrival, then the
// timers that ran out.
void World::resume(NodeId node) {
  Machine& m = machine(node);
  if (--m.pauses > 0) return;
  if (m.up) record_.lives.push_back({now_, node, Record::Life::resumed});
  for (Ring<Event> held = std::exchange(m.held, {}); !held.empty(); held.pop_front()) {
    if (held.front().kind == Event::Kind::timer) {
      queue_.push(now_, Rank::timer, held.front());
    } else {
      m.held.push_back(held.front());
    }
  }
  schedule_turn(node);
  if (tracer_ != nullptr) tracer_->resumed(now_, node);
}

}  // namespace sim
