// A timeline of faults within what a protocol assumes, all of them healed by its end.
#pragma once

#include "sim/kernel/time.hpp"
#include "sim/scenario/json.hpp"
#include "tests/soak/drawing.hpp"

namespace soak {

constexpr sim::Duration kChaosFrom = std::chrono::milliseconds{150};
constexpr sim::Duration kChaosTo = std::chrono::milliseconds{2200};

/// `allowed` is the table's "faults": kinds of faults, each with its limits.
sim::Json draw_faults(Drawing& drawing, const sim::Json& allowed, int replicas, const std::string& protocol);

}  // namespace soak
