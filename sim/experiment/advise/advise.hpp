// Which heartbeat, which timeout? Too long a timeout costs an outage after each crash, too short a one makes
// two primaries; a shorter heartbeat makes both better and costs messages. Given what one can bear, the
// advisor measures settings, keeps those that no other one beats, recommends one, and says how far that is
// from breaking a bound.
//
// A setting is judged by two kinds of run of the scenario: a calm one, from which crashes are taken out,
// counts what should never happen; and one in which nothing but the primary fails, at a random moment, tells
// the outage. Whoever picks the best of many by their measurements picks luck along with merit, so every
// stage measures anew, on seeds of its own: a grid, then the neighbourhood of the best, then the finalists,
// then, for the figures that are reported, the choice alone.
//
// Pauses may be part of the question: in a third kind of run the primary does nothing for a while. What
// happens in a pause, times how often there is one, counts with what happens in calm hours.
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
/// One row per setting that was tried: what advice.csv holds.
std::string advice_csv(const Advice& advice);

}  // namespace sim
