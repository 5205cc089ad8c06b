// Scenarios drawn at random within what a protocol assumes: every option, client, channel and fault that the
// table of assumptions (protocols/assumptions.json) allows. Within them a protocol must keep its word, so
// whatever goes wrong is a bug of the protocol, of the engine, of a judge, or of the table.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/scenario/json.hpp"

namespace soak {

/// Reads the table and returns all that it says of soaks, in its order: objects with "name", "protocol",
/// "holds", and the bounds within which scenarios are drawn.
std::vector<sim::Json> read_bounds(const std::string& file);

/// The scenario of that number. Its faults end at `calm_from()`; then come some seconds of calm, in which
/// clients go on, and the settle phase.
sim::Json draw_scenario(const sim::Json& bounds, std::uint64_t seed);

/// Which share of the chaos phase has passed once the protocol must serve again.
double serves_from(const sim::Json& bounds);

}  // namespace soak
