// The waits of nodes for their disks: when each ends, and how a hang puts it off.
#include <algorithm>
#include <string>
#include <utility>

#include "sim/world/world.hpp"

namespace sim {

Time World::persist(NodeId node) { return machine(node).disk.write(now_); }

Time World::written_by(NodeId node) const { return machine(node).disk.done(now_); }

bool World::durable(NodeId node) const {
  const Machine& m = machine(node);
  return m.disk.free() <= m.disk.done(now_) && m.syncs == 0 && m.synced == 0;
}

void World::sync(NodeId node) {
  Machine& m = machine(node);
  if (m.disk.free() <= m.disk.done(now_)) {
    ++m.synced;
    return;
  }
  ++m.syncs;
  await_disk(
      node, m.disk.free(),
      {.kind = Event::Kind::persisted, .hops = hops_, .node = node.value, .incarnation = m.incarnation});
}

// Queues the end of a wait. A disk that hangs has none in sight: then the event waits outside the queue.
void World::await_disk(NodeId node, Time due, Event event) {
  Machine& m = machine(node);
  if (m.disk.hung()) return m.stalled.emplace_back(due, event), void();
  event.handle = m.disk.hangs_so_far();
  queue_.push(m.disk.true_time(due), Rank::delivery, event);
}

// Whether the wait that the event is to end has not ended, since the disk has hung meanwhile. Then the event
// goes back.
bool World::comes_early(const Event& event) {
  if (event.kind != Event::Kind::persisted) return false;
  const DiskQueue& disk = machines_[event.node].disk;
  const Time due = disk.due(now_, event.handle);
  if (due <= disk.done(now_)) return false;
  await_disk(NodeId{event.node}, due, event);
  return true;
}

// Tells the host how far a restart of this run may reach back behind what had completed.
void World::remember_writes() {
  std::size_t most = 0;
  for (const Fault& fault : faults_) {
    const auto& [fate, writes] = fault.disk;
    if (fate == DiskFate::corrupt || fate == DiskFate::lost_fsync) most = std::max<std::size_t>(most, writes);
  }
  host_->remember_writes(most);
}

// Writes down which disks have broken their word, and fates that found nothing to harm.
void World::note_disk(NodeId node, DiskFate fate, bool harmed) {
  const bool breaks_word =
      fate == DiskFate::lost || fate == DiskFate::corrupt || fate == DiskFate::lost_fsync;
  if (breaks_word && harmed) record_.lost_disk.insert(node);
  if (harmed || fate == DiskFate::kept || fate == DiskFate::tail_lost) return;
  record_.idle.push_back(
      {now_, "replica " + std::to_string(node.value) + " restarted with no write to damage"});
}

void World::begin_hang(NodeId node) { machine(node).disk.begin_hang(now_); }

void World::end_hang(NodeId node) {
  Machine& m = machine(node);
  if (m.twin && machine(*m.twin).disk.hung()) end_hang(*m.twin);  // it was made during the hang
  m.disk.end_hang(now_);
  if (m.disk.hung()) return;
  for (const auto& [due, event] : std::exchange(m.stalled, {})) await_disk(node, due, event);
}

}  // namespace sim
