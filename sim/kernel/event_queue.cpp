#include "sim/kernel/event_queue.hpp"

#include "sim/kernel/check.hpp"

namespace sim {

std::uint32_t EventQueue::put(const Event& event) {
  if (!free_.empty()) {
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    slab_[slot] = event;
    return slot;
  }
  SIM_CHECK(slab_.size() <= kSlotMask, "more than 16 million events are pending");
  slab_.push_back(event);
  return static_cast<std::uint32_t>(slab_.size() - 1);
}

}  // namespace sim
