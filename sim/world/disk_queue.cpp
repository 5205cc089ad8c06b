#include "sim/world/disk_queue.hpp"

#include <algorithm>

#include "sim/kernel/horizon.hpp"

namespace sim {

Time DiskQueue::write(Time now) {
  const Time from = present(now);
  // A flush that hasn't begun takes this write, too.
  if (laws_.group_commit && from <= flush_begins_ && flush_begins_ < free_) return free_;
  flush_begins_ = std::max(free_, from);
  const bool drawn = laws_.delay.kind != DelayLaw::Kind::constant;
  free_ = std::min(flush_begins_ + laws_.delay.sample(drawn ? rng_.next() : 0), kHorizon);
  return free_;
}

Time DiskQueue::true_time(Time due) const { return std::min(due + stalled(), kHorizon); }

void DiskQueue::begin_hang(Time now) {
  hung_at_ = present(now);
  ++hangs_;
}

void DiskQueue::end_hang(Time now) {
  if (--hangs_ == 0) stalls_.push_back(now - hung_at_);
}

}  // namespace sim
