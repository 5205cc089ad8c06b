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
  Time begin;  ///< The first operation waits, or the last answer came.
  Time end;    ///< The next answer came, or the last operation was given up.
};

struct AvailabilityJudgement {
  /// Share of the chaos phase without outage; an outage's part in the settle phase is left out here.
  double fraction = 1;
  std::vector<Outage> outages;  ///< In order of time.
  double longest_s = 0;         ///< Whole, even where it ends in the settle phase.
};

/// A silence lasts from one answer to the next, and its length is the time in it during which some operation
/// waits: called, neither returned nor given up, and no later call answered. Clients that give up end no
/// silence. Silences longer than `outage_after` that begin in the chaos phase are outages.
AvailabilityJudgement judge_availability(const Record& record, const AvailabilityRules& rules);

/// How many operations were called in each of some equal parts of the chaos phase, and how many of these were
/// answered, whenever that was. Unlike outages it shows trouble of only some operations.
struct AnswersByTime {
  std::vector<std::uint64_t> called;
  std::vector<std::uint64_t> answered;
};
AnswersByTime answers_by_time(const Record& record, std::size_t parts);

}  // namespace sim
