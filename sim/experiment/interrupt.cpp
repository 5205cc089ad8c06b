#include "sim/experiment/interrupt.hpp"

#include <algorithm>

namespace sim {

Ending run_until(World& world, Time until, Duration whole, const Interrupt& interrupt) {
  constexpr std::int64_t kLooks = 1000;  // in a run: an hour's work is given up within seconds
  if (!interrupt) return world.run_until(until);
  const Time last = std::min(until, Time{whole});
  const Duration step = std::max(whole / kLooks, Duration{1});
  while (last - world.now() > step) {
    const Ending ending = world.run_until(world.now() + step);
    if (ending != Ending::complete) return ending;
    interrupt();
  }
  interrupt();
  return world.run_until(last);
}

}  // namespace sim
