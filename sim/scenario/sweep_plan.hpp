// The plan of a sweep: points, values to combine, random samples, seeds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/scenario/json.hpp"
#include "sim/scenario/random_design.hpp"

namespace sim {

/// Values to set, by JSON pointer into the scenario: one combination of a sweep's axes.
using Point = std::vector<std::pair<std::string, Json>>;

/// A point with its name for pictures and commands. A point that only `vary` made has no label; one from
/// several lists has each list's label, joined by kLabelJoint.
struct SweepPoint {
  std::string label{};
  Point values{};
};
constexpr std::string_view kLabelJoint = " / ";

/// The precision at which a sweep wants to know the mean of a value of its runs.
struct Precision {
  std::string pointer{};  ///< Into the result of a run.
  bool relative = true;   ///< `amount` is a part of the mean, not a value.
  double amount = 0;      ///< Half the width of the interval, at most.
};

/// The contents of a sweep: every choice of one point from each of `lists`, with all combinations of `vary`,
/// with each of the samples drawn at random, each with `seeds` seeds, or fewer at points that are known as
/// precisely as `until` asks. No two points have the same label.
struct SweepPlan {
  std::vector<std::vector<SweepPoint>> lists{};
  std::vector<std::pair<std::string, std::vector<Json>>> vary{};
  std::optional<RandomDesign> random{};
  std::uint64_t seeds = 1000;
  std::vector<Precision> until{};
};

/// A point as results show it: an object from JSON pointer to value; a listed one begins with its "label".
Json json_of(const SweepPoint& point);
/// The keys that distinguish a point for people: the label where points are listed, and the varied keys.
std::vector<std::string> headings_of(const SweepPlan& plan);
/// The varied keys: an object from JSON pointer to values, those drawn at random in the order of the samples.
Json values_of(const SweepPlan& plan);

}  // namespace sim
