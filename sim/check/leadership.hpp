// Leadership: how long nobody acts as primary, whatever ended the last reign, and how often a primary that
// did well was replaced all the same.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/history/record.hpp"

namespace sim {

/// A time in which one node acted as primary, pauses included in which it did not step down.
struct Reign {
  NodeId node;
  Time begin;
  Time end = kNever;      ///< kNever: it acts when the run ends.
  bool troubled = false;  ///< While it lasted, or as it ended, the node paused, was down, omitted messages,
                          ///< or could not talk with more than half of the running members; or an order was
                          ///< given.
  /// Whether only its own crash, a pause, a cut, an order, or the run's end has ended it.
  bool lasted() const { return end == kNever || troubled; }
};

struct LeadershipJudgement {
  std::vector<Reign> reigns;  ///< In order of their beginning.
  /// Time from the first primary on in which no node acts as primary and can talk with at least half of the
  /// running members, itself included.
  double without_s = 0;
  double longest_without_s = 0;
  /// The longest time from the first primary on in which no node at all acts as primary: the failover time of
  /// Budhiraja et al. A primary that is cut off, or that omits what it should send, counts here.
  Duration longest_vacancy{};
  std::uint64_t changes = 0;   ///< A reign began after another.
  std::uint64_t needless = 0;  ///< Of these: the one before was in no trouble from its beginning until then.
};

/// Nothing if no node ever acted as primary, or if one was Byzantine: nobody knows whether it led.
std::optional<LeadershipJudgement> judge_leadership(const Record& record);

}  // namespace sim
