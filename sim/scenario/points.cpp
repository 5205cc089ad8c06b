// Points of a sweep by their labels.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/scenario.hpp"

namespace sim {
namespace {

using Lists = std::vector<std::vector<SweepPoint>>;

bool names(const std::vector<std::string>& labels, const SweepPoint& point) {
  return std::ranges::find(labels, point.label) != labels.end();
}

const Lists& lists_of(const Scenario& scenario) {
  static const Lists none;
  return scenario.sweep ? scenario.sweep->lists : none;
}

void check_labels(const Scenario& scenario, const std::vector<std::string>& labels) {
  std::vector<std::string> known;
  for (const auto& list : lists_of(scenario)) {
    for (const auto& point : list) known.push_back(point.label);
  }
  for (const auto& label : labels) {
    if (std::ranges::find(known, label) != known.end()) continue;
    throw InputError({.file = scenario.file,
                      .pointer = "/sweep/points",
                      .found = fmt::format("no point has the label {}", shown(label)),
                      .expected = known.empty() ? "" : fmt::format("one of {}", fmt::join(known, ", ")),
                      .nearest = nearest(label, known)});
  }
}

}  // namespace

SweepPoint listed_point(const Scenario& scenario, const std::vector<std::string>& labels) {
  check_labels(scenario, labels);
  SweepPoint whole;
  for (const auto& list : lists_of(scenario)) {
    const SweepPoint* chosen = nullptr;
    for (const auto& point : list) {
      if (!names(labels, point)) continue;
      if (chosen != nullptr) {
        throw InputError(
            {.file = scenario.file,
             .pointer = "/sweep/points",
             .found = fmt::format("{} and {} are of one list", shown(chosen->label), shown(point.label)),
             .expected = "one of them"});
      }
      chosen = &point;
    }
    if (chosen != nullptr) whole = joined(std::move(whole), *chosen);
  }
  return whole;
}

SweepPoint joined(SweepPoint one, const SweepPoint& other) {
  if (!one.label.empty() && !other.label.empty()) one.label += kLabelJoint;
  one.label += other.label;
  one.values.insert(one.values.end(), other.values.begin(), other.values.end());
  return one;
}

void keep_points(Scenario& scenario, const std::vector<std::string>& labels) {
  check_labels(scenario, labels);
  if (!scenario.sweep) return;
  for (auto& list : scenario.sweep->lists) {
    if (std::ranges::none_of(list, [&](const SweepPoint& point) { return names(labels, point); })) continue;
    std::erase_if(list, [&](const SweepPoint& point) { return !names(labels, point); });
  }
}

}  // namespace sim
