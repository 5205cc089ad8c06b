// Availability as clients see it: an outage is a stretch in which operations wait and none is answered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/history/record.hpp"

namespace sim {

struct AvailabilityRules {
  Duration outage_after{};    ///< A silence is an outage when it lasts longer.
  Duration client_timeout{};  ///< A client stops waiting for an operation so long after its call.
};

struct Outage {
  Time begin;
  Time end;
};

struct AvailabilityJudgement {
  /// Share of the chaos phase without outage; an outage's part in the settle phase is left out here.
  double fraction = 1;
  std::vector<Outage> outages;  ///< In order of time.
  double longest_s = 0;         ///< Whole, even where it ends in the settle phase.
};

/// A silence is a longest stretch of time in which some operation waits (called, neither returned nor given
/// up) and none returns ok. It begins with the last such return or with the first call that waits. Silences
/// longer than `outage_after` that begin in the chaos phase are outages.
AvailabilityJudgement judge_availability(const Record& record, const AvailabilityRules& rules);

/// How many operations were called in each of some equal parts of the chaos phase, and how many of these were
/// answered, whenever that was. Unlike outages it shows trouble of only some operations.
struct AnswersByTime {
  std::vector<std::uint64_t> called;
  std::vector<std::uint64_t> answered;
};
AnswersByTime answers_by_time(const Record& record, std::size_t parts);

}  // namespace sim
