// The verdict of a search on one key.
#pragma once

#include <cstddef>

#include "sim/linearizability/verdict.hpp"

namespace sim {

struct KeyVerdict {
  Verdict verdict = Verdict::unknown;
  std::size_t failing = 0;  ///< Place in KeyHistory::operations of the operation that couldn't be placed.
};

}  // namespace sim
