#include "sim/kernel/event_queue.hpp"

#include <algorithm>

namespace sim {

// Every event with its key, wherever it is; the keys without their slots.
std::vector<EventQueue::Standing> EventQueue::all_standing() const {
  std::vector<Standing> all;
  const auto add = [&](const Key& key) {
    all.push_back({{key.time, key.order & ~kSlotMask}, slab_[key.order & kSlotMask]});
  };
  std::for_each(few_.begin(), few_.begin() + static_cast<std::ptrdiff_t>(few_size_), add);
  std::ranges::for_each(heap_, add);
  for (const auto& line : lines_) {
    for (std::size_t i = 0; i < line.size(); ++i) all.push_back(line[i]);
  }
  std::ranges::sort(all, before, &Standing::key);
  return all;
}

std::vector<EventQueue::Pending> EventQueue::pending() const {
  std::vector<Pending> all;
  for (const auto& [key, event] : all_standing()) all.push_back({at(key.time), ticket_of(key), event});
  return all;
}

// Events chosen by hand leave time enough: the queue is built anew from all others.
EventQueue::Next EventQueue::take(Ticket ticket) {
  auto all = all_standing();
  const auto found = std::ranges::find(all, ticket, [](const Standing& s) { return ticket_of(s.key); });
  SIM_CHECK(found != all.end(), "no pending event has this ticket");
  const Next taken{at(found->key.time), found->event};
  all.erase(found);
  EventQueue others;
  others.now_ = now_;
  others.next_ticket_ = next_ticket_;
  for (const auto& [key, event] : all) others.put(key, event);
  *this = std::move(others);
  return taken;
}

}  // namespace sim
