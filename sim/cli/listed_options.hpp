// The options of a protocol, fault or delay law, read from the schema of scenarios.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sim/scenario/json.hpp"

namespace sim {

/// The options of the protocol, fault or delay law of this name ("protocols", "faults" or "delays" says
/// which), each with its name (those of inner objects joined by /), meaning, range and default.
Json options_of(std::string_view category, const std::string& name);

/// The same for people, with lines of at most `width` columns.
std::string options_text(const Json& options, std::size_t width);

}  // namespace sim
