// How good the failure detectors were, in the terms of Chen, Toueg and Aguilera: mistakes, and how long a
// crash went unnoticed.
#pragma once

#include <cstdint>

#include "sim/history/record.hpp"

namespace sim {

struct DetectorJudgement {
  std::uint64_t false_suspicions =
      0;  ///< A node began to suspect one that was up (paused or not) and took part.
  double mistake_seconds =
      0;  ///< Summed over pairs: time that one suspected the other wrongly and both were up.
  std::uint64_t detections = 0;  ///< Pairs of a crash and a running node that suspected the crashed one.
  double detection_seconds = 0;  ///< Their sum, each from the crash on; 0 for one suspected before.
};

DetectorJudgement judge_detector(const Record& record);

}  // namespace sim
