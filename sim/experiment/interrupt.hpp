// How to give up a long run in the middle.
#pragma once

#include <functional>

#include "sim/world/world.hpp"

namespace sim {

/// Called now and then while runs go on, by any thread; may throw to give them up. Empty: nobody asks.
using Interrupt = std::function<void()>;

/// Plays `world` until `until`, or the end if that comes first; `whole` is how long the run takes in all. The
/// run is the same whether anybody asks or not.
Ending run_until(World& world, Time until, Duration whole, const Interrupt& interrupt);

}  // namespace sim
