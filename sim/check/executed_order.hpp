// The order in which the replicas executed the clients' operations.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/history/record.hpp"

namespace sim {

/// Places in `record.operations`, as the replica executed them that went furthest at any time. It may have
/// executed one twice, or others may have gone another way: this is a fact and proves nothing.
std::vector<std::uint32_t> executed_order(const Record& record);

}  // namespace sim
