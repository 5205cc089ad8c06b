// What happens next. Pending events in a 4-ary heap of 16-byte keys; the events themselves lie still in a
// slab, so that the heap moves little. The order is total: time, then rank, then insertion; that makes a run
// repeatable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/kernel/check.hpp"
#include "sim/kernel/rng.hpp"
#include "sim/kernel/time.hpp"

namespace sim {

/// Among events of one instant, what comes first: a message that arrives at a deadline has arrived.
enum class Rank : std::uint8_t { fault, delivery, timer };

/// A thing that will happen. Plain data: the message itself stays with its owner, who knows its type.
struct Event {
  enum class Kind : std::uint8_t {
    fault,
    deliver,
    request,
    reply,
    persisted,
    told,
    timer,
    client_timer,
    order
  };
  Kind kind = Kind::fault;
  std::uint8_t tag = 0;  ///< Which message type or which timer.
  std::uint8_t hops =
      0;  ///< One-way delays from a client's call up to and including this message; stops at 255.
  bool background = false;        ///< Upkeep such as a heartbeat: not part of any operation's cost.
  bool deferred = false;          ///< A slow node has taken it up already and now gets to it.
  std::uint16_t node = 0;         ///< Where it happens: a replica's or client's number.
  std::uint16_t peer = 0;         ///< Who sent it.
  std::uint32_t handle = 0;       ///< The owner's name for the content.
  std::uint32_t number = 0;       ///< Number of the message on its link; generation of a timer.
  std::uint16_t incarnation = 0;  ///< Which life of the sender or of the timer's node it belongs to.
  bool operator==(const Event&) const = default;
};

class EventQueue {
 public:
  /// A place in the insertion order, taken now and used later.
  using Ticket = std::uint64_t;

  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  Time next_time() const { return at(heap_.front().time); }

  Ticket take_ticket() { return next_ticket_++; }
  void push(Time when, Rank rank, const Event& event) { push(when, rank, event, take_ticket()); }
  void push(Time when, Rank rank, const Event& event, Ticket ticket) {
    const std::uint32_t slot = put(event);
    const Key key{static_cast<std::uint64_t>(when.time_since_epoch().count()),
                  (static_cast<std::uint64_t>(rank) << 62) | (ticket << kSlotBits) | slot};
    heap_.push_back(key);
    sift_up(heap_.size() - 1, key);
  }

  struct Next {
    Time when;
    Event event;
  };
  /// Removes the first event. The queue must not be empty.
  Next pop() {
    const Key top = heap_.front();
    const Key last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sift_down(last);
    const auto slot = static_cast<std::uint32_t>(top.order & kSlotMask);
    free_.push_back(slot);
    return {at(top.time), slab_[slot]};
  }

 private:
  // order: 2 bits rank, 38 bits ticket (2.7e11 events a run), 24 bits slot (16 million pending).
  struct Key {
    std::uint64_t time;
    std::uint64_t order;
  };
  static constexpr int kSlotBits = 24;
  static constexpr std::uint64_t kSlotMask = (1u << kSlotBits) - 1;

  static Time at(std::uint64_t time) { return Time{Duration{static_cast<std::int64_t>(time)}}; }
  static bool before(const Key& a, const Key& b) {  // without a branch
    return ((static_cast<Uint128>(a.time) << 64) | a.order) <
           ((static_cast<Uint128>(b.time) << 64) | b.order);
  }

  std::uint32_t put(const Event& event);
  void sift_up(std::size_t hole, Key key);
  void sift_down(Key key);

  std::vector<Key> heap_;
  std::vector<Event> slab_;
  std::vector<std::uint32_t> free_;
  Ticket next_ticket_ = 0;
};

inline std::uint32_t EventQueue::put(const Event& event) {
  if (free_.empty()) {
    SIM_CHECK(slab_.size() <= kSlotMask, "more than 16 million events are pending");
    slab_.push_back(event);
    return static_cast<std::uint32_t>(slab_.size() - 1);
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  slab_[slot] = event;
  return slot;
}

inline void EventQueue::sift_up(std::size_t hole, Key key) {
  Key* const heap = heap_.data();
  while (hole > 0) {
    const std::size_t parent = (hole - 1) / 4;
    if (!before(key, heap[parent])) break;
    heap[hole] = heap[parent];
    hole = parent;
  }
  heap[hole] = key;
}

// Bottom-up (Wegener 1993): the hole first sinks to a leaf along the smallest children, then `key` rises from
// there. The last key nearly always belongs near the bottom, which saves a comparison on each level.
inline void EventQueue::sift_down(Key key) {
  Key* const heap = heap_.data();
  const std::size_t size = heap_.size();
  std::size_t hole = 0;
  for (;;) {
    const std::size_t child = 4 * hole + 1;
    if (child + 4 <= size) {
      const std::size_t left = child + static_cast<std::size_t>(before(heap[child + 1], heap[child]));
      const std::size_t right =
          child + 2 + static_cast<std::size_t>(before(heap[child + 3], heap[child + 2]));
      const std::size_t least =
          left + ((right - left) & -static_cast<std::size_t>(before(heap[right], heap[left])));
      heap[hole] = heap[least];
      hole = least;
      continue;
    }
    if (child >= size) break;
    std::size_t least = child;
    for (std::size_t c = child + 1; c < size; ++c) least = before(heap[c], heap[least]) ? c : least;
    heap[hole] = heap[least];
    hole = least;
    break;
  }
  sift_up(hole, key);
}

}  // namespace sim
