// The history of a run, as files of histories tell it.
#pragma once

#include <vector>

#include "sim/history/history.hpp"
#include "sim/report/run_result.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {

/// What the clients of the run `result` of `scenario` saw; `faults` stand beside it, in order of their
/// beginning.
History history_of(const Scenario& scenario, const RunResult& result, std::vector<HistoryFault> faults);

}  // namespace sim
