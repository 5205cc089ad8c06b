#include "sim/experiment/sweep/precision.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "sim/report/result_json.hpp"

namespace sim {
namespace {

void collect_numbers(const Json& json, const std::string& path, std::vector<std::string>& paths) {
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) collect_numbers(value, path + "/" + key, paths);
  } else if (json.is_number() || json.is_boolean() || json.is_null()) {
    paths.push_back(path);
  }
}

}  // namespace

Stopping::Stopping(const std::vector<Precision>& goals, std::uint64_t seeds)
    : seeds_(seeds), next_look_(goals.empty() ? seeds : std::min(seeds, kFirstLook)) {
  for (const Precision& goal : goals) watched_.emplace_back().goal = goal;
}

void Stopping::check(const std::vector<Precision>& goals, const std::string& file) {
  std::vector<std::string> known;
  collect_numbers(to_json(RunResult{}), "", known);
  for (const Precision& goal : goals) {
    if (std::ranges::find(known, goal.pointer) != known.end()) continue;
    throw InputError({.file = file,
                      .pointer = "/sweep/until/" + escaped(goal.pointer),
                      .found = "no number, true or false is there in a result",
                      .expected = "such as \"/split_brain/episodes\"",
                      .nearest = nearest(goal.pointer, known)});
  }
}

void Stopping::add(const Json& result) {
  ++runs_;
  for (Watched& w : watched_) {
    const Json& json = result.at(Json::json_pointer(w.goal.pointer));
    if (!json.is_boolean() && !json.is_number()) continue;  // the run says nothing
    const double value = json.is_boolean() ? (json.get<bool>() ? 1 : 0) : json.get<double>();
    w.moments.add(value);
    w.boolean = w.boolean && json.is_boolean();
    w.whole = w.whole && value >= 0 && value == std::floor(value);
  }
}

// A share has Wilson's interval. Counts have the wider of Student's and the exact Poisson interval: the first
// sees bursts, the second is right while there are few.
std::optional<Estimate> Stopping::Watched::mean() const {
  const auto n = static_cast<double>(moments.n());
  const auto sum = static_cast<std::uint64_t>(std::llround(std::abs(moments.mean()) * n));
  if (moments.n() > 0 && boolean) return wilson({sum, moments.n()}, kLookConfidence);
  auto estimate = mean_interval(moments, kLookConfidence);
  if (!estimate || !whole) return estimate;
  const auto exact = *poisson_rate({sum, n}, kLookConfidence);
  if (!(estimate->low <= exact.low)) estimate->low = exact.low;
  if (!(estimate->high >= exact.high)) estimate->high = exact.high;
  return estimate;
}

double Stopping::Watched::wanted() const {
  return goal.relative ? goal.amount * std::abs(moments.mean()) : goal.amount;
}

double Stopping::Watched::half_width() const {
  const auto e = mean();
  if (!e || !std::isfinite(e->low) || !std::isfinite(e->high)) return std::numeric_limits<double>::infinity();
  return (e->high - e->low) / 2;
}

bool Stopping::Watched::reached() const { return wanted() > 0 && half_width() <= wanted(); }

// Estimated from present data, as widths fall with the root of the number of runs; infinite without data.
double Stopping::runs_needed() const {
  double needed = 0;
  for (const Watched& w : watched_) {
    const double ratio = w.half_width() / w.wanted();
    needed = std::max(needed, static_cast<double>(runs_) * ratio * ratio);
  }
  return needed;
}

bool Stopping::look() {
  ++looks_;
  const bool precise = !watched_.empty() && std::ranges::all_of(watched_, &Watched::reached);
  if (precise || runs_ == seeds_) return true;
  const int left = kLooks - looks_;
  const auto runs = static_cast<double>(runs_), all = static_cast<double>(seeds_);
  constexpr double kMargin = 1.2;  // the present estimate may be off
  double next = kMargin * runs_needed();
  if (left == 1) next = all;
  // While nothing is known, larger and larger steps.
  if (!std::isfinite(next)) next = runs * std::pow(all / runs, 1.0 / left);
  next_look_ = static_cast<std::uint64_t>(std::clamp(std::ceil(next), std::min(runs + 1, all), all));
  return false;
}

std::vector<Precise> Stopping::state() const {
  std::vector<Precise> all;
  for (const Watched& w : watched_) all.push_back({w.goal.pointer, w.mean(), w.reached()});
  return all;
}

}  // namespace sim
