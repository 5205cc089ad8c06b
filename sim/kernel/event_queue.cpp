#include "sim/kernel/event_queue.hpp"

#include <algorithm>

namespace sim {

std::vector<EventQueue::Pending> EventQueue::pending() const {
  auto keys = heap_;
  std::ranges::sort(keys, before);
  std::vector<Pending> all;
  for (const Key& key : keys) all.push_back({at(key.time), ticket_of(key), slab_[key.order & kSlotMask]});
  return all;
}

EventQueue::Next EventQueue::take(Ticket ticket) {
  const auto found = std::ranges::find(heap_, ticket, ticket_of);
  SIM_CHECK(found != heap_.end(), "no pending event has this ticket");
  const Key key = *found;
  heap_.erase(found);
  std::ranges::sort(heap_, before);  // what is sorted is a heap, too
  const auto slot = static_cast<std::uint32_t>(key.order & kSlotMask);
  free_.push_back(slot);
  return {at(key.time), slab_[slot]};
}

}  // namespace sim
