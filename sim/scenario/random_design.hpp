// A sweep's points drawn at random, for when a grid over several values would need too many. Drawn as a Latin
// hypercube (McKay, Beckman and Conover, Technometrics 1979): each value's range is cut into as many strata
// as there are samples, and every stratum is met once, so that few samples still cover each range evenly.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/scenario/json.hpp"

namespace sim {

/// The source of a drawn value: a range of numbers, durations or rates, or a list.
struct RandomRange {
  bool log = false;             ///< Evenly in the logarithm: for values that span orders of magnitude.
  Json low{}, high{};           ///< Both of one kind; whole numbers stay whole. Null with choices.
  std::vector<Json> choices{};  ///< Evenly among these.
};

struct RandomDesign {
  std::uint64_t samples = 20;
  std::uint64_t seed = 1;                                     ///< Of the drawing alone.
  std::vector<std::pair<std::string, RandomRange>> values{};  ///< By JSON pointer into the scenario.
};

/// The value at a place from 0 (low) to 1 (high) of a range, with four significant digits.
Json value_at(const RandomRange& range, double place);

/// The samples, each with its values by JSON pointer: the same on every machine.
std::vector<std::vector<std::pair<std::string, Json>>> draw(const RandomDesign& design);

}  // namespace sim
