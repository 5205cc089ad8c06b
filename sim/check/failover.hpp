// Failover: how long nobody acts as primary after the primary has crashed.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/history/record.hpp"

namespace sim {

struct FailoverJudgement {
  std::vector<Duration> completed;  ///< In order of the crashes.
  /// The terms (views, epochs) that passed meanwhile without a primary, in all of them: elections in vain.
  std::uint64_t vain_terms = 0;
};

/// A failover begins when a crash leaves no acting primary, and ends when some node, be it the old one, acts
/// as primary. A primary that is paused or cut off doesn't begin one, and one that never ends isn't counted:
/// the availability shows it.
FailoverJudgement judge_failover(const Record& record);

}  // namespace sim
