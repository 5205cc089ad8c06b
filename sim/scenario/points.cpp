// Points of a sweep by their labels: those of listed points, and the varied values.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "sim/scenario/scenario.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

// The target of a label: a point of a list, or a value of a varied key.
struct Found {
  std::size_t axis;  // the lists first, then the varied keys
  std::size_t index;
};

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Whether two texts are the same value, such as 1s and 1000ms, or 0.1 and 0.10.
bool same_value(const std::string& label, const Json& value) {
  if (label == text_of(value)) return true;
  if (value.is_string()) {
    const auto one = parse_duration(label), other = parse_duration(value.get_ref<const std::string&>());
    return one && one == other;
  }
  return Json::accept(label) && Json::parse(label) == value;
}

std::vector<Found> found_in(const SweepPlan& plan, const std::string& label) {
  std::vector<Found> all;
  for (std::size_t l = 0; l < plan.lists.size(); ++l) {
    for (std::size_t i = 0; i < plan.lists[l].size(); ++i) {
      if (plan.lists[l][i].label == label) return {{l, i}};
    }
  }
  for (std::size_t v = 0; v < plan.vary.size(); ++v) {
    const auto& [pointer, values] = plan.vary[v];
    const bool named = label.starts_with(pointer + "=");
    const std::string text = named ? label.substr(pointer.size() + 1) : label;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (same_value(text, values[i])) all.push_back({plan.lists.size() + v, i});
    }
    if (named && !all.empty()) return {all.back()};
  }
  return all;
}

[[noreturn]] void refuse_label(const std::string& file, std::string found, std::string expected = {},
                               std::string nearest = {}) {
  throw InputError({.file = file,
                    .pointer = "/sweep",
                    .found = std::move(found),
                    .expected = std::move(expected),
                    .nearest = std::move(nearest)});
}

[[noreturn]] void no_such_label(const SweepPlan& plan, const std::string& label, const std::string& file) {
  constexpr std::size_t kMost = 20;
  std::vector<std::string> known;
  for (const auto& list : plan.lists) {
    for (const auto& point : list) known.push_back(point.label);
  }
  for (const auto& [pointer, values] : plan.vary) {
    for (const Json& value : values) known.push_back(text_of(value));
  }
  const std::string near = nearest(label, known);
  if (known.empty())
    refuse_label(file, fmt::format("no point has the label {}", shown(label)),
                 "a sweep with points or values that vary");
  const bool more = known.size() > kMost;
  if (more) known.resize(kMost);
  refuse_label(file, fmt::format("no point has the label {}", shown(label)),
               fmt::format("one of {}{}", fmt::join(known, ", "), more ? ", ..." : ""), near);
}

Found find(const SweepPlan& plan, const std::string& label, const std::string& file) {
  const auto all = found_in(plan, label);
  if (all.empty()) no_such_label(plan, label, file);
  if (all.size() == 1) return all.front();
  const auto full = [&](const Found& f) {
    return fmt::format("\"{}={}\"", plan.vary[f.axis - plan.lists.size()].first, label);
  };
  refuse_label(file, fmt::format("several values have the name {}", shown(label)),
               fmt::format("{} or {}", full(all[0]), full(all[1])));
}

// Labels may come as results write them, joined.
std::vector<std::string> parted(const std::vector<std::string>& labels) {
  std::vector<std::string> parts;
  for (std::string rest : labels) {
    for (std::size_t end; (end = rest.find(kLabelJoint)) != std::string::npos;) {
      parts.push_back(rest.substr(0, end));
      rest.erase(0, end + kLabelJoint.size());
    }
    parts.push_back(std::move(rest));
  }
  return parts;
}

SweepPoint point_at(const SweepPlan& plan, const Found& found) {
  if (found.axis < plan.lists.size()) return plan.lists[found.axis][found.index];
  const auto& [pointer, values] = plan.vary[found.axis - plan.lists.size()];
  return {.values = {{pointer, values[found.index]}}};
}

template <class T> void keep_only(std::vector<T>& all, const std::vector<std::size_t>& places) {
  if (places.empty()) return;
  std::vector<T> kept;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (std::ranges::find(places, i) != places.end()) kept.push_back(std::move(all[i]));
  }
  all = std::move(kept);
}

}  // namespace

SweepPoint chosen_point(const SweepPlan& plan, const std::vector<std::string>& labels,
                        const std::string& file) {
  std::vector<std::pair<Found, std::string>> chosen;
  for (const std::string& label : parted(labels)) {
    const Found found = find(plan, label, file);
    for (const auto& [other, name] : chosen) {
      if (other.axis != found.axis) continue;
      const bool listed = found.axis < plan.lists.size();
      refuse_label(
          file,
          fmt::format("{} and {} belong to one list", shown(name), shown(label)) +
              (listed ? "" : ": both are values of " + plan.vary[found.axis - plan.lists.size()].first),
          "one of them");
    }
    chosen.emplace_back(found, label);
  }
  // In the order of the plan, whatever that of the labels: later values win.
  std::ranges::sort(chosen, {}, [](const auto& c) { return c.first.axis; });
  SweepPoint whole;
  for (const auto& [found, label] : chosen) whole = joined(std::move(whole), point_at(plan, found));
  return whole;
}

SweepPoint listed_point(const Scenario& scenario, const std::vector<std::string>& labels) {
  return chosen_point(scenario.sweep.value_or(SweepPlan{}), labels, scenario.file);
}

SweepPoint joined(SweepPoint one, const SweepPoint& other) {
  if (!one.label.empty() && !other.label.empty()) one.label += kLabelJoint;
  one.label += other.label;
  one.values.insert(one.values.end(), other.values.begin(), other.values.end());
  return one;
}

void keep_points(Scenario& scenario, const std::vector<std::string>& labels) {
  SweepPlan plan = scenario.sweep.value_or(SweepPlan{});
  std::vector<std::vector<std::size_t>> kept(plan.lists.size() + plan.vary.size());
  for (const std::string& label : parted(labels)) {
    const Found found = find(plan, label, scenario.file);
    kept[found.axis].push_back(found.index);
  }
  for (std::size_t l = 0; l < plan.lists.size(); ++l) keep_only(plan.lists[l], kept[l]);
  for (std::size_t v = 0; v < plan.vary.size(); ++v)
    keep_only(plan.vary[v].second, kept[plan.lists.size() + v]);
  if (scenario.sweep) scenario.sweep = std::move(plan);
}

}  // namespace sim
