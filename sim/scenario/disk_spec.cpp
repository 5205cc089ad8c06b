#include "sim/scenario/disk_spec.hpp"

namespace sim {

void describe_disk_laws(DocumentFields& f, DiskLaws& laws, std::optional<DelaySpec>& delay) {
  f.optional("delay", delay,
             "how long each write takes, one after the other: a duration, or any law of network delays but "
             "regions");
  f.flag("group_commit", laws.group_commit,
         "one flush takes all writes that wait for the disk; by default each takes its own time");
  f.flag("hang", laws.hang, "no write completes until the fault ends, not even those under way");
  f.require(!delay || !laws.hang, "hang", "false, or no \"delay\" beside it");
  f.require(!laws.group_commit || !laws.hang, "group_commit", "false: no write completes during a hang");
  f.require(!delay || !delay->regions.used(), "delay", "a law without regions: a disk is in one place");
  if (delay) laws.delay = delay->law;
}

void check_disk_laws(const DiskLaws& laws, const std::optional<DelaySpec>& delay, const Place& place) {
  if (!delay && !laws.hang)
    (place / "disk").fail("nothing is said of its writes", "a \"delay\" beside it, or \"hang\": true");
}

void describe_disk_found(DocumentFields& f, DiskFound& found) {
  static const Fields::Names<DiskFate> names{
      {"kept", DiskFate::kept}, {"tail_lost", DiskFate::tail_lost}, {"lost", DiskFate::lost},
      {"torn", DiskFate::torn}, {"corrupt", DiskFate::corrupt},     {"lost_fsync", DiskFate::lost_fsync}};
  f.choice(
      "disk", found.fate, names,
      "what the restart finds on the disk: all that it ever wrote (kept: the process died), only writes "
      "that had completed (tail_lost: the power failed), these and a part of the next (torn), these with "
      "one whose check sum fails (corrupt), all of these but the last (lost_fsync: the disk lied), or "
      "nothing (lost)");
  if (!f.wants("writes", found.writes != 1)) return;
  f.whole("writes", found.writes, {1, 1000},
          "with lost_fsync: how many of this life's completed writes are gone, the last ones; with corrupt: "
          "which one fails its check sum, counted back from the last");
  f.require(found.fate == DiskFate::corrupt || found.fate == DiskFate::lost_fsync, "writes",
            "no such key unless \"disk\" is \"corrupt\" or \"lost_fsync\"");
}

}  // namespace sim
