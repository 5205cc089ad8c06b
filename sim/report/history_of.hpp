// The history of a run, in the form that files of histories have.
#pragma once

#include <vector>

#include "sim/history/history.hpp"
#include "sim/report/run_result.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {

/// The clients' observations in the run `result` of `scenario`, with `faults` beside them, in order of their
/// beginning.
History history_of(const Scenario& scenario, const RunResult& result, std::vector<HistoryFault> faults);

}  // namespace sim
