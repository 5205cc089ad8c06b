// One run's result in words, for people at a terminal.
#pragma once

#include <cstddef>
#include <string>

#include "sim/report/run_result.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {

/// Several lines: the inputs, the experience of clients and replicas, the judges' verdicts, and the
/// expectations that held. `width` is that of a line.
std::string run_text(const Scenario& scenario, const RunResult& result, std::size_t width = 98);

}  // namespace sim
