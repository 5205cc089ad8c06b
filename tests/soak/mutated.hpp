// Shipped scenarios with something changed at random: what people's mistakes and odd wishes look like.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/scenario/json.hpp"

namespace soak {

struct Shipped {
  std::string file{};
  sim::Json document{};
};

/// All scenarios below a folder, in the order of their names.
std::vector<Shipped> shipped_scenarios(const std::string& folder);

struct Mutant {
  std::string file{};  ///< The scenario that it comes from.
  sim::Json document{};
};

/// The mutant of that number: up to three places of a shipped scenario have other values, are gone, or stand
/// twice. Its run is short, whatever else it asks for.
Mutant mutant(const std::vector<Shipped>& shipped, std::uint64_t number);

/// Reads the mutant, and runs it when it can be read: it must be refused with one clear message or be
/// simulated, the same twice and when saved. Says what went wrong; empty when nothing did.
std::string trouble_with(const Mutant& mutant);

}  // namespace soak
