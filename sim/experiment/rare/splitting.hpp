// Rare events by multilevel splitting: instead of a billion runs, clones of the few that come close. A run
// whose suspicion level (suspicion_level.hpp) rises to a threshold is copied, the copies diverge
// (World::fork), those that rise to the next threshold are copied again, and so on. A copy's findings weigh
// as much less as there are more copies than the laws of the run would have made.
//
// One replication, with levels 1 .. m at rising thresholds (level 0 is everything below the first):
//   * `runs` whole runs from the start; each time that one rises to level 1, a copy is kept.
//   * At each level k, `copies` forks, spread evenly over the copies kept. Each goes on until it falls below
//     its threshold, or the run ends; each time that it rises to level k + 1, a copy is kept, and what it
//     does while it is up there doesn't count, as copies of it stand for that.
//   * A path with two primaries at once goes on, alone, to the end of its run, and is judged there.
//
// Why the estimate is unbiased. Write w(k) for the weight of a path at level k: w(0) = 1 / runs, and
// w(k + 1) = w(k) x (rises to k + 1) / copies. Given all that happened at level k, every rise is continued by
// the same expected number of forks, whose futures follow the same law as the original's future. So the
// weighted sum of anything over the forks at level k + 1 expects what the same sum over the rises does. By
// induction the weighted count of the paths that come to two primaries while at level k, with any judgement
// of their ends, expects the number of such comings in one run. A path counts only at its level at that time,
// so the sum over levels counts everything once. The runs without two primaries count, with weight w(0), in
// what may happen without. All of it rests on thresholds and numbers that were chosen without looking at
// these paths: by a pilot with other seeds (splitting_pilot.hpp), or by the user. Nothing rests on copies
// being independent of each other: they are not, as some share ancestors. Hence the interval comes from
// independent replications of the whole (rare.hpp).
//
// This is splitting with the same effort at each level and the same number of forks from each copy, which
// Garvels and Kroese found better than the original RESTART (A Comparison of RESTART Implementations, WSC
// 1998; a guide to all of it is L'Ecuyer, Demers and Tuffin, Splitting for Rare-Event Simulation, WSC 2006).
// Two things are RESTART's (M. and J. Villén-Altamirano; their tutorial is in LNCS 5233, 2011): a path that
// has fallen may rise again, so that one run crosses a level as often as it likes, and the number of events
// in it is estimated, not only whether there is one; and a fork outlives its level a little, because that may
// fall a moment before the event (prolonged retrials; J. Villén-Altamirano, Operations Research Perspectives
// 6, 2019).
#pragma once

#include <cstdint>
#include <vector>

#include "sim/experiment/interrupt.hpp"
#include "sim/experiment/rare/rare_event.hpp"
#include "sim/experiment/rare/splitting_path.hpp"
#include "sim/experiment/rare/suspicion_level.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {

struct SplittingLevel {
  Duration silence{};             ///< The suspicion level at which it begins.
  std::uint64_t copies = 1;       ///< Forks in each replication.
  std::uint64_t judge_every = 1;  ///< Of its paths with two primaries, one in so many is judged, for all.
};

/// The parameters that are fixed before a replication begins.
struct SplittingPlan {
  SuspicionLevel::Sign sign = SuspicionLevel::Sign::timer;
  Duration patience{};     ///< How long a level that has fallen is still taken as held.
  std::uint64_t runs = 1;  ///< Whole runs in each replication.
  std::uint64_t keep = 1;  ///< At most so many rises to a level are kept, each as likely as the other.
  std::vector<SplittingLevel> levels{};  ///< Rising. Empty: plain sampling.
};

/// The findings of one replication.
struct SplittingResult {
  double probability = 0;                 ///< Estimate: that the event happens in a run.
  double expected = 0;                    ///< Estimate: how often it does.
  std::vector<double> rises{};            ///< Per level: estimate of how often a run rises to it.
  std::vector<std::uint64_t> explored{};  ///< Per level, from 0: paths followed.
  std::uint64_t two_primaries = 0;        ///< Paths that came to two primaries, uncounted ones left out.
  std::uint64_t runs_left = 0;  ///< Whole runs that came to two primaries where copies stand for them.
  std::uint64_t undecided = 0;  ///< Judged paths on which the judge could not tell.
  SplittingEffort effort{};
};

/// One replication; the same seed gives the same. Throws InputError if a run exceeds the scenario's bound on
/// events, and any exception of `interrupt`.
SplittingResult split(const Scenario& scenario, const RareEvent& event, const SplittingPlan& plan,
                      std::uint64_t seed, const Interrupt* interrupt = nullptr);

}  // namespace sim
