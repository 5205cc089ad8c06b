// Split brain: two nodes act as primary at once. A failure detector with a short timeout buys its speed with
// this danger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/check/split_brain_episode.hpp"
#include "sim/history/record.hpp"

namespace sim {

struct SplitBrainJudgement {
  std::vector<SplitBrainEpisode> episodes;  ///< In order of time.
  double seconds = 0;                       ///< Their total length.
  std::uint64_t harmful = 0;                ///< How many of them were.
};

/// The episodes alone, in order of time, without asking whether they did harm.
std::vector<SplitBrainEpisode> split_brain_episodes(const Record& record);

/// A node acts as primary while it is in that role and neither down nor paused. An overlap without length, as
/// when one primary steps down at the instant at which the next one begins, is no episode. `enough` is as in
/// judge_lost_writes: an episode does harm if a write that a client took for done is lost.
SplitBrainJudgement judge_split_brain(const Record& record, std::size_t enough = 1);

}  // namespace sim
