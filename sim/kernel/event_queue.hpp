// The queue of future events: a total order of time, then rank, then insertion, which makes a run repeatable.
// Events stay in a slab, and keys of 16 bytes stand for them: sorted in an array while they are few, else in
// a 4-ary heap. Events queued in due order (immediate ones, or clients' timeouts, which all have the same
// length) wait in FIFO lines and never move.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/kernel/check.hpp"
#include "sim/kernel/ring.hpp"
#include "sim/kernel/rng.hpp"
#include "sim/kernel/time.hpp"

namespace sim {

/// The order of events at one instant: a message that arrives at a deadline has arrived.
enum class Rank : std::uint8_t { fault, delivery, timer };

/// A future event. Plain data: the message itself stays with its owner, who knows its type.
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
    order,
    turn  ///< A node gets to its waiting events.
  };
  Kind kind = Kind::fault;
  std::uint8_t tag = 0;  ///< Which message type or which timer.
  std::uint8_t hops =
      0;  ///< One-way delays from a client's call up to and including this message; stops at 255.
  bool background = false;        ///< Upkeep such as a heartbeat: not part of any operation's cost.
  std::uint16_t node = 0;         ///< Where it happens: a replica's or client's number.
  std::uint16_t peer = 0;         ///< The sender.
  std::uint32_t handle = 0;       ///< The owner's name for the content.
  std::uint32_t number = 0;       ///< Number of the message on its link; generation of a timer or turn.
  std::uint16_t incarnation = 0;  ///< Which life of the sender or of the timer's node it belongs to.
  bool operator==(const Event&) const = default;
};

constexpr bool is_message(const Event& e) {
  return e.kind == Event::Kind::deliver || e.kind == Event::Kind::request || e.kind == Event::Kind::reply;
}

class EventQueue {
 public:
  /// A place in the insertion order, taken now and used later.
  using Ticket = std::uint64_t;
  /// Lines for callers whose events are due in the order in which they are queued; see `push_in_line`.
  static constexpr std::size_t kLines = 3;

  bool empty() const { return few_size_ == 0 && heap_.empty() && first_line_ == kNoLine; }
  /// Room for the events that are pending, and for the most that ever were.
  std::size_t bytes() const {
    std::size_t standing = 0;
    for (const auto& line : lines_) standing += line.size();
    return slab_.size() * (sizeof(Event) + sizeof(Key)) + standing * sizeof(Standing);
  }
  /// Whether there is hardly room for more, regardless of memory.
  bool nearly_full() const { return slab_.size() > (kSlotMask / 4) * 3; }
  Time next_time() const { return at(in_line_first() ? first_.time : first_key().time); }

  Ticket take_ticket() { return next_ticket_++; }
  void push(Time when, Rank rank, const Event& event) {
    const Key key = key_of(when, rank, take_ticket());
    if (key.time == now_ && rank != Rank::fault) return stand(kLines + (rank == Rank::timer), key, event);
    put(key, event);
  }
  void push(Time when, Rank rank, const Event& event, Ticket ticket) {
    put(key_of(when, rank, ticket), event);
  }
  /// The same as `push`, and faster if no event pushed into this line before is due later.
  void push_in_line(std::size_t line, Time when, Rank rank, const Event& event) {
    stand(line, key_of(when, rank, take_ticket()), event);
  }

  struct Next {
    Time when;
    Event event;
  };
  /// Removes the first event. The queue must not be empty.
  Next pop() {
    Next next;
    pop_first(in_line_first(), next);
    return next;
  }
  /// Removes the first event if it is due at `last` or before; returns whether it was.
  bool pop_by(Time last, Next& next) {
    if (empty()) return false;
    const bool in_line = in_line_first();
    if (at(in_line ? first_.time : first_key().time) > last) return false;
    pop_first(in_line, next);
    return true;
  }

  /// All pending events, the first one first.
  struct Pending {
    Time when;
    Ticket ticket;
    Event event;
  };
  std::vector<Pending> pending() const;
  /// Removes the pending event that was given `ticket`, wherever it stands: for choosing by hand.
  Next take(Ticket ticket);

 private:
  // order: 2 bits rank, 38 bits ticket (2.7e11 events a run), 24 bits slot (16 million pending).
  struct Key {
    std::uint64_t time;
    std::uint64_t order;
  };
  struct Standing {
    Key key;
    Event event;
  };
  static constexpr int kSlotBits = 24;
  static constexpr std::uint64_t kSlotMask = (1u << kSlotBits) - 1;
  static constexpr std::uint32_t kNoSlot = 0xffffffff;
  static constexpr std::size_t kFew = 32;
  static constexpr std::size_t kAllLines = kLines + 2;  // two more for immediate events: see `push`
  static constexpr std::size_t kNoLine = kAllLines;

  static Ticket ticket_of(const Key& key) { return (key.order & ~(std::uint64_t{3} << 62)) >> kSlotBits; }
  static Time at(std::uint64_t time) { return Time{Duration{static_cast<std::int64_t>(time)}}; }
  static Key key_of(Time when, Rank rank, Ticket ticket) {
    return {static_cast<std::uint64_t>(when.time_since_epoch().count()),
            (static_cast<std::uint64_t>(rank) << 62) | (ticket << kSlotBits)};
  }
  static bool before(const Key& a, const Key& b) {  // without a branch
    return ((static_cast<Uint128>(a.time) << 64) | a.order) <
           ((static_cast<Uint128>(b.time) << 64) | b.order);
  }

  std::vector<Standing> all_standing() const;
  void put(Key key, const Event& event);
  std::uint32_t store(const Event& event);
  void insert(Key key);
  void spill();
  void push_heap(Key key);
  Key pop_heap();
  void sift_up(std::size_t hole, Key key);
  void sift_down(Key key);

  const Key& first_key() const { return heap_.empty() ? few_[few_size_ - 1] : heap_.front(); }
  bool in_line_first() const {
    return first_line_ != kNoLine && ((few_size_ == 0 && heap_.empty()) || before(first_, first_key()));
  }
  void stand(std::size_t line, Key key, const Event& event);
  void pop_first(bool in_line, Next& next) { in_line ? pop_line(next) : pop_key(next); }
  void pop_line(Next& next);
  void pop_key(Next& next);

  std::array<Key, kFew> few_{};  ///< All keys outside of lines, the first of all last; or, since there
  std::size_t few_size_ = 0;     ///< were too many and until it is empty,
  std::vector<Key> heap_;        ///< this.
  std::vector<Event> slab_;
  std::uint32_t first_free_ = kNoSlot;  ///< Free slots are linked by their handles.
  std::array<Ring<Standing>, kAllLines> lines_{};
  std::size_t first_line_ = kNoLine;  ///< The line whose front is first of all fronts ...
  Key first_{};                       ///< ... and that front's key.
  std::uint64_t now_ = 0;             ///< When the last event taken out happened.
  Ticket next_ticket_ = 0;
};

inline void EventQueue::put(Key key, const Event& event) {
  key.order |= store(event);
  if (!heap_.empty()) return push_heap(key);
  if (few_size_ < kFew) return insert(key);
  spill();
  push_heap(key);
}

inline std::uint32_t EventQueue::store(const Event& event) {
  if (first_free_ == kNoSlot) {
    SIM_CHECK(slab_.size() <= kSlotMask, "more than 16 million events are pending");
    slab_.push_back(event);
    return static_cast<std::uint32_t>(slab_.size() - 1);
  }
  const std::uint32_t slot = first_free_;
  first_free_ = slab_[slot].handle;
  slab_[slot] = event;
  return slot;
}

// ---- few

inline void EventQueue::insert(Key key) {
  std::size_t i = few_size_++;
  for (; i > 0 && before(few_[i - 1], key); --i) few_[i] = few_[i - 1];
  few_[i] = key;
}

inline void EventQueue::spill() {
  heap_.assign(few_.rbegin(), few_.rend());  // a sorted array is a heap
  few_size_ = 0;
}

// ---- the heap

inline void EventQueue::push_heap(Key key) {
  heap_.push_back(key);
  sift_up(heap_.size() - 1, key);
}

inline void EventQueue::pop_key(Next& next) {
  const Key top = heap_.empty() ? few_[--few_size_] : pop_heap();
  const auto slot = static_cast<std::uint32_t>(top.order & kSlotMask);
  next.when = at(now_ = top.time);
  next.event = slab_[slot];
  slab_[slot].handle = first_free_;
  first_free_ = slot;
}

inline EventQueue::Key EventQueue::pop_heap() {
  const Key top = heap_.front();
  const Key last = heap_.back();
  heap_.pop_back();
  if (!heap_.empty()) sift_down(last);
  return top;
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

// ---- the lines

// An event that would stand before the line's last goes elsewhere.
inline void EventQueue::stand(std::size_t line, Key key, const Event& event) {
  auto& waiting = lines_[line];
  if (!waiting.empty() && !before(waiting.back().key, key)) return put(key, event);
  waiting.push_back({key, event});
  if (first_line_ != kNoLine && !before(key, first_)) return;
  first_line_ = line;
  first_ = key;
}

inline void EventQueue::pop_line(Next& next) {
  next.when = at(now_ = first_.time);
  next.event = lines_[first_line_].front().event;
  lines_[first_line_].pop_front();
  first_line_ = kNoLine;
  for (std::size_t line = 0; line < kAllLines; ++line) {
    if (lines_[line].empty()) continue;
    const Key& key = lines_[line].front().key;
    if (first_line_ != kNoLine && !before(key, first_)) continue;
    first_line_ = line;
    first_ = key;
  }
}

}  // namespace sim
