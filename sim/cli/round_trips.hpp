// Measured delays on the command line: of the whole network, or of single pairs of replicas or regions.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/scenario.hpp"

namespace sim {

/// Each "FILE" or "A-B=FILE", where A and B are replicas' numbers or names of regions; a pair's file holds
/// for both ways. Unanswered pings become loss, half of it on each way. A file for the whole network comes
/// first, whatever the order. Throws InputError.
Scenario with_round_trips(Scenario scenario, const std::vector<std::string>& round_trips);

/// The scenario with measured one-way delays for the whole network.
Scenario with_delays(Scenario scenario, const std::string& file);

}  // namespace sim
