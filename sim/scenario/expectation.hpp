// The scenario author's expectations of its runs.
#pragma once

#include <string>

#include "sim/scenario/json.hpp"

namespace sim {

/// An expected value at a JSON pointer into the result.
struct Expectation {
  std::string pointer;
  Json expected;
};

}  // namespace sim
