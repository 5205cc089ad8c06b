// The pilot of a splitting chooses the thresholds and the number of copies at each level. It uses other seeds
// than the replications do, so that these are free of its luck: choosing thresholds by the paths that are
// then counted (adaptive multilevel splitting; Cérou and Guyader, Stochastic Analysis and Applications 25,
// 2007) is in general slightly biased.
//
// It climbs: at each level it follows some hundred copies and looks how far they rise. The next threshold is
// one that a third of them exceeds at most, and after which few turn back for long: past the late heartbeats,
// where only a lost one leads. It ends where two primaries are common enough to be met without going
// higher. Each level then gets as many copies as let `effort` of them rise from it, and the last as many as
// let `effort` of them show the event.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/experiment/rare/splitting.hpp"

namespace sim {

struct PilotOptions {
  std::uint64_t effort = 20;           ///< Copies that are to rise from each level in a replication.
  std::vector<Duration> thresholds{};  ///< Empty: the pilot chooses.
};

struct Pilot {
  SplittingPlan plan{};
  double expected = 0;         ///< Its own rough estimate of how often a run comes to two primaries.
  std::uint64_t silences = 0;  ///< Seen to end in some whole runs. None: there is no level to climb.
  double events_of_run = 0;    ///< The cost of a run: the mean over some whole runs.
  SplittingEffort effort{};
};

/// The same seed gives the same. Throws InputError if a run exceeds the scenario's bound on events, and any
/// exception of `interrupt`.
Pilot pilot(const Scenario& scenario, const RareEvent& event, const PilotOptions& options, std::uint64_t seed,
            const Interrupt* interrupt = nullptr);

}  // namespace sim
