// One node of a world: its clock, service, disk and timers, and the state of its faults.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sim/history/record.hpp"
#include "sim/kernel/clock.hpp"
#include "sim/kernel/event_queue.hpp"
#include "sim/kernel/node_set.hpp"
#include "sim/kernel/ring.hpp"
#include "sim/kernel/rng.hpp"
#include "sim/workload/service.hpp"
#include "sim/world/disk_queue.hpp"

namespace sim {

constexpr std::uint32_t kNoFault = 0xffffffff;

struct TimerState {
  bool armed = false;
  Time due{};
  EventQueue::Ticket ticket = 0;  ///< Its place among the timers of one instant: that of its arming.
  Time queued_for = kNever;       ///< When its event in the queue is due, if it has one: never after `due`.
  std::uint32_t generation = 0;   ///< Of that event; older ones are stale.
};

struct Machine {
  Rng rng;
  NodeId identity{};                       ///< The name it bears; not its own place if it is a twin.
  std::optional<NodeId> twin{};            ///< Its second copy, while there is one.
  std::uint32_t misbehaves_by = kNoFault;  ///< The fault that makes it Byzantine at the moment.
  std::uint32_t syncs = 0;                 ///< Waits for the disk that end with a future event.
  DriftingClock clock{};
  Service service{};
  Version version{};
  Role role = Role::none;
  std::uint64_t term = 0;
  Time role_since{};
  bool up = true;
  bool gone_for_good = false;           ///< Fail-stop.
  std::uint16_t incarnation = 0;        ///< Counts its lives.
  std::uint16_t first_that_counts = 0;  ///< Messages sent in earlier lives died in flight.
  std::uint32_t pauses = 0;
  Duration slow{};
  DiskQueue disk{};
  Time disk_at_crash{};  ///< By then, on the disk's clock, it had done what it did before the last crash.
  std::vector<std::pair<Time, Event>> stalled{};  ///< Ends of waits for a disk that hangs, and when due.
  std::uint32_t synced = 0;  ///< Syncs of the handler that runs, or just ran, with nothing left to wait for.
  Time crashed_at{};
  Ring<Event> held{};      ///< Events that have arrived and wait for the node, in order.
  std::uint32_t turn = 0;  ///< Generation of the event by which it gets to that; older ones are void.
  Time turn_at = kNever;   ///< When that event is due.
  std::vector<TimerState> timers{};
  NodeSet suspects{};
  std::vector<std::uint32_t> omissions{};  ///< The faults by which it loses messages, in order.
  std::uint32_t crashes_by = kNoFault;     ///< The fault by which it crashes amid its next sending.

  /// Whether a new event must wait: the node is paused or slow, or an earlier event waits still.
  bool lets_wait() const { return pauses > 0 || slow > Duration{0} || !held.empty(); }
};

}  // namespace sim
