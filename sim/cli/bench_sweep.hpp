// Part of `repsim bench`: the cost of a sweep beside its runs.
#pragma once

namespace sim {

/// Microseconds of CPU time a run: a sweep on one thread, its rows written to a temporary folder, less a bare
/// loop over the same runs. Throws InputError when there is no room for the rows.
double sweep_overhead_us();

}  // namespace sim
