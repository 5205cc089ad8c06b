// Which heartbeat, which timeout? Too long a timeout costs an outage after each crash, too short a one makes
// two primaries; a shorter heartbeat makes both better and costs messages. Given bounds, the advisor measures
// settings, keeps those that no other one beats, recommends one, and says how far that is from breaking a
// bound.
//
// Two kinds of run of the scenario judge a setting. In a calm run, without crashes, it counts events that
// should never happen. In a crash run nothing but the primary fails, at a random moment, which shows the
// outage. Picking the best of many by their measurements picks luck along with merit, so every stage measures
// anew, on seeds of its own: a grid, then the neighbourhood of the best, then the finalists, then, for the
// reported figures, the choice alone.
//
// Pauses may be part of the question: in a third kind of run the primary does nothing for a while. Events in
// a pause, times the frequency of pauses, are added to those in calm hours.
#pragma once

#include <string>

#include "sim/experiment/advise/advice.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {

/// Throws InputError when the scenario has no timeout to turn, or the bounds make no sense.
Advice advise(const Scenario& scenario, const AdviceOptions& options);

/// For a terminal.
std::string advice_text(const Scenario& scenario, const Advice& advice, std::size_t width = 0);
Json to_json(const Scenario& scenario, const Advice& advice);
/// One row per setting that was tried: the content of advice.csv.
std::string advice_csv(const Advice& advice);

}  // namespace sim
