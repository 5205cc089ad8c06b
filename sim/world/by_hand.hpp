// A world that is stepped by hand: for scripts, in which people and not the clock choose the next event.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/world/world.hpp"

namespace sim {

/// Plays a world instead of `World::run`. No event comes before its time: the clock moves on to it. But a due
/// event can be left waiting as long as one likes.
class ByHand {
 public:
  explicit ByHand(World& world) : world_(world) {}

  void happen(EventQueue::Ticket ticket);      ///< Handles this pending event next.
  void lose(EventQueue::Ticket ticket);        ///< The pending message never arrives.
  void duplicate(EventQueue::Ticket ticket);   ///< The pending message arrives once more.
  bool fire(NodeId node, std::uint8_t timer);  ///< Returns false when the timer is not set.
  void advance(Duration by) { world_.now_ += by; }
  /// Lets a fault strike now, whenever it says; returns its name for `end_fault`.
  std::uint32_t begin_fault(const Fault& fault);
  void end_fault(std::uint32_t fault);
  void call(ClientId client, const Command& command, std::optional<NodeId> whom = std::nullopt);

 private:
  World& world_;
};

}  // namespace sim
