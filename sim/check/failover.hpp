// Failover: the time from a crash of the primary until another replica acts as primary.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/history/record.hpp"

namespace sim {

struct FailoverJudgement {
  std::vector<Duration> completed;  ///< In order of the crashes.
  /// Of the completed ones: from the crash until the first primary that lasted (see Reign), if one came
  /// before the next crash of a primary.
  std::vector<Duration> stable;
  std::uint64_t unfinished = 0;      ///< Nobody acted as primary any more: at most one, the last.
  std::optional<Duration> waited{};  ///< In that one, from the crash to the end of the run.
  /// The terms (views, epochs) that passed meanwhile without a primary, summed over all failovers: elections
  /// in vain. For a failover that never ended, all terms for which somebody stood.
  std::uint64_t vain_terms = 0;
};

/// A failover begins when a crash leaves no acting primary, and ends when some node, even the old one, acts
/// as primary. A primary that is paused or cut off doesn't begin one (see judge_leadership), but one that
/// crashes while it is paused does.
FailoverJudgement judge_failover(const Record& record);

}  // namespace sim
