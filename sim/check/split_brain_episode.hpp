// One time in which two nodes acted as primary at once.
#pragma once

#include "sim/kernel/time.hpp"

namespace sim {

/// A longest stretch of time in which at least two nodes acted as primary.
struct SplitBrainEpisode {
  Time begin;
  Time end;
  /// Clients were hurt: in it, see SplitBrainHarm; or an update is lost at the end that one of its primaries
  /// answered while two held the role, running or paused, or that one had when it began, and another had not.
  bool harmful = false;
};

}  // namespace sim
