// What the author of a scenario expects of its runs.
#pragma once

#include <string>

#include "sim/scenario/json.hpp"

namespace sim {

/// What the author says the result will be: the value at a JSON pointer into the result.
struct Expectation {
  std::string pointer;
  Json expected;
};

}  // namespace sim
