// Makes histories of any length and kind from one correct object, with or without a planted bug, to measure
// and test the judge of linearizability. The same plan gives the same history everywhere.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/history/history.hpp"

namespace sim {

struct GeneratorPlan {
  enum class Bug : std::uint8_t {
    none,
    stale_read,   ///< An operation is answered from a state some time before its call, and does nothing.
    lost_update,  ///< An operation is answered as it should be, and its effect is forgotten.
    reordered,    ///< An operation takes effect only some time after its return.
  };
  struct Weight {
    Action action;
    std::uint64_t weight;
  };

  Model model = Model::reg;
  std::uint64_t operations = 1000;
  std::uint32_t clients = 5;  ///< So many have an operation open at any time.
  std::uint32_t keys = 1;
  std::uint64_t values = 0;   ///< Arguments are drawn from 1 to this; 0: none is used twice.
  std::vector<Weight> mix{};  ///< Empty: reads and changes in equal parts.
  std::uint64_t crashes = 0;  ///< So many operations that change something are never answered.
  Bug bug = Bug::none;
  std::uint64_t bugs = 1;  ///< So many operations are hit by the bug, if there is one.
  double bug_from = 0;     ///< They lie in the history beyond this share of it.
  std::uint64_t seed = 1;
};

/// Clients call again as soon as they were answered, one operation after the other; one takes about a
/// millisecond, and takes effect at any instant of it. A client whose operation is never answered is replaced
/// by a new one; half of these operations take effect, any time later. Throws std::invalid_argument when the
/// plan can't be carried out.
History generate_history(const GeneratorPlan& plan);

}  // namespace sim
