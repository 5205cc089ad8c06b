// The memory of a run, counted piece by piece and not asked of the system, so that a run that is too large is
// too large on every machine and at the same event.
#include <algorithm>
#include <vector>

#include "sim/world/world.hpp"

namespace sim {
namespace {

// Replicas keep executed requests in their own ways (log, disk, session). This is the measured average over
// all protocols; tests/cli/memory_count_test.cpp holds each of them to a factor of two.
constexpr std::uint64_t kKeptOfRequest = 96;
// The room that clients keep for an operation, with the reserve of their lists.
constexpr std::uint64_t kKeptOfOperation = 40;

template <class T> std::uint64_t bytes_of(const std::vector<T>& all) { return all.size() * sizeof(T); }

std::uint64_t bytes_of(const Record& r) {
  // Kept beside each operation: its place, the fingerprint of its request, what it said of earlier ones, and
  // when it reached a primary.
  const std::uint64_t beside = r.operations.size() * (2 * sizeof(std::uint32_t) + sizeof(std::uint64_t) +
                                                      sizeof(Time) + kKeptOfOperation);
  return bytes_of(r.operations) + beside + bytes_of(r.versions) + bytes_of(r.moves) + bytes_of(r.roles) +
         bytes_of(r.leaderships) + bytes_of(r.decisions.firsts()) + bytes_of(r.proposals) +
         bytes_of(r.lives) + bytes_of(r.suspicions) + bytes_of(r.acknowledgements);
}

}  // namespace

std::uint64_t World::bytes_to_begin(const Setup& setup) {
  return setup.replicas * Service::bytes_for(setup.keys) + setup.faults.size() * kBytesOfFault;
}

std::uint64_t World::bytes() const {
  std::uint64_t sum = bytes_of(record_) + record_.moves.size() * kKeptOfRequest;
  sum +=
      queue_.bytes() + host_->bytes() + requests_.slots() * sizeof(Asked) + replies_.slots() * sizeof(Reply);
  sum += faults_.size() * kBytesOfFault + cut_bytes_ + bytes_of(severing_);
  sum += machines_.size() * Service::bytes_for(setup_->keys);
  for (const auto& [which, faults] : lasting_) sum += bytes_of(faults);
  for (const Machine& m : machines_) {
    sum += m.held.size() * sizeof(Event) + bytes_of(m.stalled);
  }
  return sum;
}

void World::cut_short() {
  record_.end = now_;
  record_.chaos_end = std::min(record_.chaos_end, now_);
}

// Looking takes time that grows with the number of messages: less often when there are many.
bool World::is_too_large() {
  constexpr std::uint64_t kOften = 4096, kSeldom = 16384;
  look_at_ = events_ + std::clamp<std::uint64_t>(host_->messages() / 16, kOften, kSeldom);
  return has_too_many_faults_ || queue_.nearly_full() || bytes() > setup_->max_memory;
}

}  // namespace sim
