// Disks as a scenario writes them: how they take writes, and what a restart finds.
#pragma once

#include <optional>

#include "sim/fault/disk.hpp"
#include "sim/scenario/delay_spec.hpp"
#include "sim/scenario/document_fields.hpp"

namespace sim {

/// The keys of a fault "disk" beside its victims and times. `delay` is the law of `laws.delay` as written.
void describe_disk_laws(DocumentFields& f, DiskLaws& laws, std::optional<DelaySpec>& delay);

/// Complains of a disk that does nothing; once all keys are known, as a misspelt key says more.
void check_disk_laws(const DiskLaws& laws, const std::optional<DelaySpec>& delay, const Place& place);

/// The keys "disk" and "writes" of a restart.
void describe_disk_found(DocumentFields& f, DiskFound& found);

}  // namespace sim
