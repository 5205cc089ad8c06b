// Whether a run kept what its protocol guarantees.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/scenario/json.hpp"

namespace soak {

/// What begins so is no trouble: the judge's budget didn't suffice to say.
constexpr std::string_view kUndecided = "undecided: ";

/// Runs the scenario of that number, twice when `replay` (once more from its explicit form), and says what
/// went wrong; empty when nothing did.
std::string trouble_with(const sim::Json& bounds, std::uint64_t seed, bool replay);

}  // namespace soak
