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

/// A point with what pictures and commands call it. One that only `vary` made has no label; one from several
/// lists has that of each, joined by kLabelJoint.
struct SweepPoint {
  std::string label{};
  Point values{};
};
constexpr std::string_view kLabelJoint = " / ";

/// How well a sweep wants to know the mean of a value of its runs.
struct Precision {
  std::string pointer{};  ///< Into the result of a run.
  bool relative = true;   ///< `amount` is a part of the mean, not a value.
  double amount = 0;      ///< Half the width of the interval, at most.
};

/// What a sweep goes through: every choice of one point from each of `lists`, with all combinations of
/// `vary`, with each of the samples drawn at random, each with `seeds` seeds, or fewer at points that are
/// known as well as `until` says. No two points have the same label.
struct SweepPlan {
  std::vector<std::vector<SweepPoint>> lists{};
  std::vector<std::pair<std::string, std::vector<Json>>> vary{};
  std::optional<RandomDesign> random{};
  std::uint64_t seeds = 1000;
  std::vector<Precision> until{};
};

/// A point as results show it: an object from JSON pointer to value; a listed one begins with its "label".
Json json_of(const SweepPoint& point);
/// The keys of a point that tell it apart for people: the label where points are listed, and what varies.
std::vector<std::string> headings_of(const SweepPlan& plan);
/// What varies: an object from JSON pointer to its values, those drawn at random in the order of the samples.
Json values_of(const SweepPlan& plan);

}  // namespace sim
