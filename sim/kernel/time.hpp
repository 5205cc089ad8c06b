// Virtual time in integer nanoseconds. True time and a node's own clock are distinct types, so that a
// protocol, which may only read its node's clock, cannot mix up the two.
#pragma once

#include <chrono>
#include <cstdint>

namespace sim {

using namespace std::chrono_literals;

/// A span of virtual time, in nanoseconds.
using Duration = std::chrono::nanoseconds;

/// The one true clock of a run; it starts at zero and only the event loop moves it.
struct VirtualClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<VirtualClock, Duration>;
  static constexpr bool is_steady = true;
};
using Time = VirtualClock::time_point;

/// One node's idea of the time: true time plus that node's offset and drift.
struct NodeClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<NodeClock, Duration>;
  static constexpr bool is_steady = false;
};
using LocalTime = NodeClock::time_point;

constexpr Time kNever = Time::max();

/// Seconds as a floating-point number: for reports only, never inside a run.
constexpr double seconds(Duration d) { return static_cast<double>(d.count()) / 1e9; }

}  // namespace sim
