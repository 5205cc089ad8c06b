// One run from scenario to verdicts: the world plays, then every judge looks at the record.
#pragma once

#include <cstdint>

#include "sim/experiment/interrupt.hpp"
#include "sim/report/run_result.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/world/tracer.hpp"

namespace sim {

/// Runs one seed and returns everything: story and witness of a violation, and the record.
RunResult run_once(const Scenario& scenario, std::uint64_t seed, Tracer* tracer = nullptr);

/// The same result without story, witness and record, for the runs of sweeps.
RunResult run_for_sweep(const Scenario& scenario, std::uint64_t seed, const Interrupt& interrupt = {});

}  // namespace sim
