// When a point has run enough: as soon as its means are as precise as the sweep asks. Stopping when the data
// look good introduces a bias. So looks are few, planned, and paid for: at most kLooks of them, each with an
// interval of confidence 1 - 0.05 / kLooks. By Bonferroni's inequality all of them cover the truth with at
// least 95 %, and so does the one at which the point happens to stop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/experiment/statistics.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {

/// How well one value is known at a point.
struct Precise {
  std::string pointer;
  std::optional<Estimate> mean;  ///< Over the runs that have the value, at kLookConfidence.
  bool reached = false;
};

class Stopping {
 public:
  static constexpr int kLooks = 5;
  static constexpr double kLookConfidence = 1 - 0.05 / kLooks;
  static constexpr std::uint64_t kFirstLook = 100;

  /// For one point that runs at most `seeds` seeds. No goals: it runs them all.
  Stopping(const std::vector<Precision>& goals, std::uint64_t seeds);

  /// Takes in the result of the point's next seed, as `run --json` shows it.
  void add(const Json& result);
  /// After how many runs to look.
  std::uint64_t next_look() const { return next_look_; }
  /// Looks, with as many runs as next_look() says; returns whether the point stops here: it is precise
  /// enough, or has run all seeds. If not, plans the next look for when it should be precise enough.
  bool look();

  std::vector<Precise> state() const;

  /// The values of goals must be numbers, true or false, at their place in a result. Throws InputError.
  static void check(const std::vector<Precision>& goals, const std::string& file);

 private:
  struct Watched {
    Precision goal;
    Moments moments;
    bool boolean = true, whole = true;
    std::optional<Estimate> mean() const;
    double wanted() const;  ///< Half of the requested width of the interval.
    double half_width() const;
    bool reached() const;
  };
  double runs_needed() const;

  std::vector<Watched> watched_;
  std::uint64_t seeds_;
  std::uint64_t runs_ = 0;
  int looks_ = 0;
  std::uint64_t next_look_;
};

}  // namespace sim
