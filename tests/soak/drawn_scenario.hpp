// Scenarios drawn at random within what a protocol assumes: every option, client, channel and fault that the
// table of assumptions (protocols/assumptions.json) allows. Within them a protocol must keep its word, so
// whatever goes wrong is a bug of the protocol, of the engine, of a judge, or of the table.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/kernel/time.hpp"
#include "sim/scenario/json.hpp"

namespace soak {

constexpr sim::Duration kDuration = std::chrono::milliseconds{5500};
/// From here on, long after the last fault, calls must be answered.
constexpr sim::Duration kServesFrom = std::chrono::milliseconds{4400};

/// Reads the table and returns all that it says of soaks, in its order: objects with "name", "protocol",
/// "holds", and the bounds within which scenarios are drawn.
std::vector<sim::Json> read_bounds(const std::string& file);

/// The scenario of that number. Its faults end at kChaosTo; then come some seconds of calm, in which
/// clients go on, and the settle phase.
sim::Json draw_scenario(const sim::Json& bounds, std::uint64_t seed);

}  // namespace soak
