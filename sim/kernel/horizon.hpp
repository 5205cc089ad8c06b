// The end of time, for quantities that only add up.
#pragma once

#include <chrono>

#include "sim/kernel/time.hpp"

namespace sim {

/// Far beyond the end of any run: a slow node's backlog, or a slow disk's, stops here, so that there is room
/// to add to it.
constexpr Time kHorizon{std::chrono::hours{24 * 365 * 100}};

}  // namespace sim
