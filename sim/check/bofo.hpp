// Bounded outages: the service as one server that is out of order at most k times, for at most Delta each: a
// (k, Delta)-bofo server in the words of Budhiraja, Marzullo, Schneider and Toueg.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/history/record.hpp"

namespace sim {

/// Of requests that were never answered: from when to when they were sent.
struct UnansweredInterval {
  Time first;
  Time last;
};

struct BofoJudgement {
  std::vector<UnansweredInterval> intervals;  ///< k of them, in order.
  Duration longest{};                         ///< Delta: none is longer.
};

/// An outage is at t if a client sends a request at t that is never answered. Outages between which no
/// request was sent that was answered form one interval: as few as possible, and each as short as possible.
/// What counts is when a request was sent, not how long its client waited; clients that ask again (`retry`)
/// hide outages. Requests that the run's end leaves open may still have been answered, and count as outages.
BofoJudgement judge_bofo(const Record& record);

/// Blocking: the longest time from a primary's receipt of a request to the first answer that any server
/// sends, over all answered requests. The papers' bounds hold in runs without failures. Zero if there is
/// none.
Duration judge_blocking(const Record& record);

}  // namespace sim
