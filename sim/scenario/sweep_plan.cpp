#include "sim/scenario/sweep_plan.hpp"

namespace sim {

Json json_of(const SweepPoint& point) {
  Json json = Json::object();
  if (!point.label.empty()) json["label"] = point.label;
  for (const auto& [pointer, value] : point.values) json[pointer] = value;
  return json;
}

std::vector<std::string> headings_of(const SweepPlan& plan) {
  std::vector<std::string> headings;
  if (!plan.lists.empty()) headings.emplace_back("label");
  for (const auto& [pointer, values] : plan.vary) headings.push_back(pointer);
  if (plan.random) {
    for (const auto& [pointer, range] : plan.random->values) headings.push_back(pointer);
  }
  return headings;
}

Json values_of(const SweepPlan& plan) {
  Json all = Json::object();
  for (const auto& [pointer, values] : plan.vary) all[pointer] = values;
  for (const auto& sample : plan.random ? draw(*plan.random) : std::vector<Point>{}) {
    for (const auto& [pointer, value] : sample) all[pointer].push_back(value);
  }
  return all;
}

}  // namespace sim
