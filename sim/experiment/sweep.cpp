#include "sim/experiment/sweep.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "sim/experiment/run.hpp"
#include "sim/experiment/sweep_folder.hpp"
#include "sim/experiment/work_line.hpp"
#include "sim/report/result_json.hpp"

namespace sim {
namespace {

Json as_json(const SweepPoint& point) {
  Json json = Json::object();
  if (!point.label.empty()) json["label"] = point.label;
  for (const auto& [pointer, value] : point.values) json[pointer] = value;
  return json;
}

// What tells points apart for people: their labels, and what varies.
std::vector<std::string> headings_of(const SweepPlan& plan) {
  std::vector<std::string> headings;
  if (!plan.lists.empty()) headings.emplace_back("label");
  for (const auto& [pointer, values] : plan.vary) headings.push_back(pointer);
  return headings;
}

// One sweep, from its points to its rows. Row n is point n mod points of seed n div points.
class Sweep {
 public:
  Sweep(const Scenario& scenario, const SweepOptions& options) : options_(options) {
    const SweepPlan plan = scenario.sweep.value_or(SweepPlan{});
    const auto points = points_of(plan);
    for (const SweepPoint& point : points) {
      scenarios_.push_back(scenario_at_point(scenario, point));
      summary_.points.push_back(as_json(point));
      point_texts_.push_back(summary_.points.back().dump());
    }
    summary_.scenario = scenario.name;
    summary_.headings = headings_of(plan);
    summary_.summaries.resize(points.size());
    summary_.differences = Differences(points.size(), baseline());
    const Shard& shard = options.shard;
    const std::uint64_t begin = options.seeds * (shard.index - 1) / shard.count;
    const std::uint64_t end = options.seeds * shard.index / shard.count;
    first_seed_ = options.first_seed + begin;
    total_ = (end - begin) * points.size();
    if (options.out) folder_.emplace(*options.out, about(scenario));
  }

  SweepSummary run() {
    if (folder_) resume();
    progress();
    WorkLine line(summary_.runs, total_);
    line.run(
        options_.jobs, [&](std::uint64_t row) { return produce(row); },
        [&](WorkLine::Batch& batch) { consume(batch); });
    if (folder_) {
      folder_->write_file("differences.csv", differences_csv(summary_));
      folder_->write_file("summary.csv", to_csv(summary_));  // last: it says that the sweep is complete
    }
    return std::move(summary_);
  }

 private:
  std::size_t point_of(std::uint64_t row) const { return row % scenarios_.size(); }
  std::uint64_t seed_of(std::uint64_t row) const { return first_seed_ + row / scenarios_.size(); }

  std::size_t baseline() const {
    if (options_.baseline.empty()) return 0;
    std::vector<std::string> names;
    for (std::size_t p = 0; p < summary_.points.size(); ++p) names.push_back(name_of(summary_, p));
    const auto found = std::ranges::find(names, options_.baseline);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    throw InputError({.file = "--baseline",
                      .found = fmt::format("no point is called \"{}\"", options_.baseline),
                      .expected = fmt::format("one of {}", fmt::join(names, ", ")),
                      .nearest = nearest(options_.baseline, names)});
  }

  Json about(const Scenario& scenario) const {
    Json vary = Json::object();
    if (scenario.sweep) {
      for (const auto& [pointer, values] : scenario.sweep->vary) vary[pointer] = values;
    }
    Json all{{"scenario", scenario.canonical},
             {"vary", vary},
             {"points", summary_.points},
             {"seeds", options_.seeds},
             {"first_seed", options_.first_seed},
             {"shard", fmt::format("{}/{}", options_.shard.index, options_.shard.count)}};
    if (!summary_.differences.all()) all["baseline"] = summary_.differences.baseline();
    return all;
  }

  WorkLine::Product produce(std::uint64_t row) const {
    WorkLine::Product product{run_for_sweep(scenarios_[point_of(row)], seed_of(row)), {}};
    if (!folder_) return product;
    append_row(product.text, product.result, point_texts_[point_of(row)]);
    product.text += '\n';
    return product;
  }

  void consume(WorkLine::Batch& batch) {
    if (folder_) folder_->append(batch.text);
    for (RunResult& result : batch.results) count(result);
    progress();
  }

  void count(const RunResult& result) { summary_.add(point_of(summary_.runs), result); }

  void resume() {
    const auto beginning = [&](std::uint64_t row) {
      if (row >= total_) return std::string();
      return fmt::format("{{\"scenario\":{},\"point\":{},\"protocol\":{},\"seed\":{},",
                         Json(summary_.scenario).dump(), point_texts_[point_of(row)],
                         Json(scenarios_[point_of(row)].protocol).dump(), seed_of(row));
    };
    const std::string last = folder_->resume(beginning, [&](const RunResult& result) { count(result); });
    resumed_ = summary_.runs;
    if (last.empty() || summary_.runs == total_) return;
    // Rows of two programs that simulate differently must not be mixed.
    if (produce(summary_.runs - 1).text != last + '\n') {
      throw InputError(
          {.file = options_.out->string(),
           .found = fmt::format("line {} of runs.jsonl came out differently when run again: another "
                                "version of the program wrote it",
                                summary_.runs),
           .expected = "a folder of its own"});
    }
  }

  void progress() const {
    if (options_.progress) options_.progress({summary_.runs, resumed_, total_});
  }

  SweepOptions options_;
  std::vector<Scenario> scenarios_;       // per point
  std::vector<std::string> point_texts_;  // per point
  std::uint64_t first_seed_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t resumed_ = 0;
  std::optional<SweepFolder> folder_;
  SweepSummary summary_;
};

}  // namespace

std::vector<SweepPoint> points_of(const SweepPlan& plan) {
  auto lists = plan.lists;
  for (const auto& [pointer, values] : plan.vary) {
    auto& list = lists.emplace_back();
    for (const Json& value : values) list.push_back({.values = {{pointer, value}}});
  }
  std::vector<SweepPoint> points(1);
  for (const auto& list : lists) {
    std::vector<SweepPoint> longer;
    for (const SweepPoint& point : points) {
      for (const SweepPoint& more : list) longer.push_back(joined(point, more));
    }
    points = std::move(longer);
  }
  return points;
}

SweepSummary sweep(const Scenario& scenario, const SweepOptions& options) {
  return Sweep(scenario, options).run();
}

}  // namespace sim
