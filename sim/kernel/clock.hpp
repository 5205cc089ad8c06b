// A node's clock: true time seen through an offset and a drift, both of which a fault may change.
#pragma once

#include <cstdint>

#include "sim/kernel/rng.hpp"
#include "sim/kernel/time.hpp"

namespace sim {

class DriftingClock {
 public:
  LocalTime read(Time now) const {
    const Duration elapsed = now - since_;
    return base_ + elapsed + scaled(elapsed, drift_ppb_, kBillion);
  }
  /// The true time that passes while this clock advances by `local`; at least as long as it takes.
  Duration true_span(Duration local) const {
    if (drift_ppb_ == 0) return local;
    return local - scaled(local, drift_ppb_, kBillion + drift_ppb_) + Duration{drift_ppb_ != 0};
  }
  /// From now on the clock is ahead of true time by `offset` and gains `drift_ppb` nanoseconds a second.
  void set(Time now, Duration offset, std::int64_t drift_ppb) {
    since_ = now;
    base_ = LocalTime{now.time_since_epoch() + offset};
    drift_ppb_ = drift_ppb;
  }
  bool operator==(const DriftingClock&) const = default;

 private:
  static constexpr std::int64_t kBillion = 1'000'000'000;
  __extension__ using Int128 = __int128;
  static Duration scaled(Duration d, std::int64_t factor, std::int64_t divisor) {
    if (factor == 0) return Duration{0};
    return Duration{static_cast<std::int64_t>(static_cast<Int128>(d.count()) * factor / divisor)};
  }

  Time since_{};
  LocalTime base_{};
  std::int64_t drift_ppb_ = 0;
};

}  // namespace sim
