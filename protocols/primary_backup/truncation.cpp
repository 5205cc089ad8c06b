// Primary-backup with `"truncate": "high_watermark"`: how Kafka's replicas made their logs agree before
// KIP-101, and what that loses.
//
// The high watermark is how far the log is acknowledged. The primary knows it; backups hear of it with the
// next update or heartbeat, so theirs lags behind. A replica that comes back from a crash or follows a new
// primary cuts its log back to the watermark that it knows, and asks the primary for the rest, from that
// index on. Two things go wrong:
//
//   Lost     Both replicas hold entry 2, it is acknowledged, and the backup does not know that yet. It
//            restarts and drops 2, for the primary will send it again. The primary crashes before it does;
//            the backup takes over, and 2 is gone.
//   Differ   The new primary writes another entry 2. The old one comes back, knows that (its) 2 is
//            acknowledged, keeps it, and asks for what follows. Equal lengths, different logs, for ever.
//
// The cure (KIP-101, and Raft's log matching): an entry is named by its index and the reign that made it, and
// logs are cut back only to where these names differ. That is "epoch", the default.
//
// Source: Kafka Improvement Proposal 101, "Alter Replication Protocol to use Leader Epoch rather than High
// Watermark for Truncation" (2017), scenarios 1 and 2.
#include <algorithm>

#include "protocols/primary_backup/primary_backup.hpp"

namespace protocols {

// A new entry of the log goes to disk.
void PrimaryBackup::keep(Env& env, const Entry& entry, Version version) {
  env.persist(Disk::Stored{entry, version});
  if (options_.by_watermark()) uncertain_.push_back({entry, version});
}

// Entries up to `to` are acknowledged.
void PrimaryBackup::raise_watermark(Env& env, std::uint64_t to) {
  if (!options_.by_watermark() || acknowledged_.index >= std::min(to, log_.last())) return;
  while (!uncertain_.empty() && acknowledged_.index < to) {
    acknowledged_.add(uncertain_.front());
    uncertain_.pop_front();
  }
  env.persist(Disk::Watermark{acknowledged_});
}

// Drops entries not known to be acknowledged: the current leader will send them again, if it has them.
void PrimaryBackup::cut_back(Env& env) {
  if (!options_.by_watermark() || uncertain_.empty()) return;
  uncertain_.clear();
  adopt(env, acknowledged_);
}

// Whether this log holds what another calls entry `index`, made in reign `epoch`. By watermark alone, a log
// that is long enough is taken to hold it.
bool PrimaryBackup::matches(std::uint64_t index, std::uint64_t epoch) const {
  if (options_.by_watermark()) return index >= log_.base && index <= log_.last();
  return log_.matches(index, epoch);
}

}  // namespace protocols
