#include "sim/experiment/sweep/sweep.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "sim/experiment/run.hpp"
#include "sim/experiment/sweep/sweep_folder.hpp"
#include "sim/experiment/table.hpp"
#include "sim/experiment/work_line.hpp"
#include "sim/kernel/version.hpp"
#include "sim/report/expectation.hpp"
#include "sim/report/result_json.hpp"

namespace sim {
namespace {

// Some seeds in a row, each at the same points. A sweep is one block, unless points stop by precision: then
// it goes from one point's look at its data to the next.
struct Block {
  std::uint64_t first_row = 0;
  std::uint64_t first_seed = 0;  // the how-manyth of the sweep's seeds, from 0
  std::uint64_t seeds = 0;
  std::vector<std::size_t> points;  // ascending

  std::uint64_t end() const { return first_row + seeds * points.size(); }
};

// One sweep, from its points to its rows: ordered by seed, then by point.
class Sweep {
 public:
  Sweep(const Scenario& scenario, const SweepOptions& options) : options_(options) {
    const SweepPlan plan = scenario.sweep.value_or(SweepPlan{});
    const auto points = points_of(plan);
    for (const SweepPoint& point : points) {
      scenarios_.push_back(scenario_at_point(scenario, point));
      check_expectations(scenarios_.back());
      summary_.points.push_back(json_of(point));
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
    seeds_ = end - begin;
    const std::vector<Precision>& until = plan.until;
    Stopping::check(until, scenario.file);
    stops_by_precision_ = !until.empty();
    if (stops_by_precision_ && shard.count > 1) {
      throw InputError({.file = scenario.file,
                        .pointer = "/sweep/until",
                        .found = "a shard can't know when the whole sweep is precise enough",
                        .expected = "--set '/sweep/until={}' with --shard"});
    }
    if (stops_by_precision_) summary_.confidence = Stopping::kLookConfidence;
    stopping_.assign(points.size(), Stopping(until, seeds_));
    block_.points.resize(points.size());
    std::iota(block_.points.begin(), block_.points.end(), std::size_t{0});
    plan_block();
    if (options.out) folder_.emplace(*options.out, about(scenario));
  }

  SweepSummary run() {
    if (folder_) resume();
    progress();
    do {
      WorkLine line(summary_.runs, block_.end());
      line.run(
          options_.jobs, [&](std::uint64_t row) { return produce(row); },
          [&](WorkLine::Batch& batch) { consume(batch); });
    } while (next_block());
    progress();
    report_precision();
    if (folder_) {
      folder_->write_file("differences.csv", differences_csv(summary_));
      folder_->write_file("summary.csv", to_csv(summary_));  // last: it says that the sweep is complete
    }
    return std::move(summary_);
  }

 private:
  // The point of a row of this block.
  std::size_t point_of(std::uint64_t row) const {
    return block_.points[(row - block_.first_row) % block_.points.size()];
  }
  std::uint64_t seed_of(std::uint64_t row) const {
    return first_seed_ + block_.first_seed + (row - block_.first_row) / block_.points.size();
  }

  // The block ends at the next look of one of the points that still run.
  void plan_block() {
    std::uint64_t next = seeds_;
    for (const std::size_t p : block_.points) next = std::min(next, stopping_[p].next_look());
    block_.seeds = next - block_.first_seed;
  }

  // After a whole block: points that are due look, and those known well enough leave. Returns whether any
  // goes on.
  bool next_block() {
    const std::uint64_t done = block_.first_seed + block_.seeds;
    block_.first_row = block_.end();
    block_.first_seed = done;
    std::erase_if(block_.points, [&](std::size_t p) {
      return done == seeds_ || (stopping_[p].next_look() == done && stopping_[p].look());
    });
    if (block_.points.empty()) return false;
    plan_block();
    return true;
  }

  // An upper bound of the rows still to be run.
  std::uint64_t total() const {
    return block_.first_row + (seeds_ - block_.first_seed) * block_.points.size();
  }

  void report_precision() {
    for (const Stopping& point : stopping_) {
      auto state = point.state();
      if (!state.empty()) summary_.precision.push_back(std::move(state));
    }
  }

  std::size_t baseline() const {
    if (options_.baseline.empty()) return 0;
    std::vector<std::string> names;
    for (std::size_t p = 0; p < summary_.points.size(); ++p) names.push_back(name_of(summary_, p));
    const auto found = std::ranges::find(names, options_.baseline);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    throw InputError({.file = "--baseline",
                      .found = fmt::format("no point has the name \"{}\"", options_.baseline),
                      .expected = fmt::format("one of {}", fmt::join(names, ", ")),
                      .nearest = nearest(options_.baseline, names)});
  }

  Json about(const Scenario& scenario) const {
    Json all{{"repsim", version()},
             {"scenario", scenario.canonical},
             {"vary", values_of(scenario.sweep.value_or(SweepPlan{}))},
             {"points", summary_.points},
             {"seeds", options_.seeds},
             {"first_seed", options_.first_seed},
             {"shard", fmt::format("{}/{}", options_.shard.index, options_.shard.count)}};
    if (stops_by_precision_) all["until"] = scenario.canonical.at(Json::json_pointer("/sweep/until"));
    if (!summary_.differences.all()) all["baseline"] = summary_.differences.baseline();
    return all;
  }

  WorkLine::Product produce(std::uint64_t row) const { return produced(point_of(row), seed_of(row)); }
  WorkLine::Product produced(std::size_t point, std::uint64_t seed) const {
    WorkLine::Product product{run_for_sweep(scenarios_[point], seed, options_.interrupt), {}};
    if (!folder_) return product;
    append_row(product.text, product.result, point_texts_[point]);
    folder_->seal().close(product.text, 0);
    product.text += '\n';
    return product;
  }

  void consume(WorkLine::Batch& batch) {
    if (folder_) folder_->append(batch.text);
    for (RunResult& result : batch.results) count(result);
    progress();
  }

  void count(const RunResult& result) {
    const std::size_t point = point_of(summary_.runs);
    summary_.add(point, result);
    if (options_.observe) options_.observe(point, result);
    if (stops_by_precision_) stopping_[point].add(to_json(result));
  }

  // The last row of a point that was found.
  struct Found {
    std::uint64_t seed = 0;
    std::string line{};
  };

  void resume() {
    const auto beginning = [&](std::uint64_t row) {
      if (row == block_.end() && !next_block()) return std::string();
      return fmt::format("{{\"scenario\":{},\"point\":{},\"protocol\":{},\"seed\":{},",
                         Json(summary_.scenario).dump(), point_texts_[point_of(row)],
                         Json(scenarios_[point_of(row)].protocol).dump(), seed_of(row));
    };
    std::map<std::size_t, Found> found;  // of some points
    const std::size_t step = (scenarios_.size() + kMostRunAgain - 1) / kMostRunAgain;
    folder_->resume(beginning, [&](const RunResult& result, std::string_view line) {
      const std::size_t point = point_of(summary_.runs);
      if (point % step == 0) found[point] = {result.seed, std::string(line)};
      count(result);
    });
    resumed_ = summary_.runs;
    for (const auto& [point, last] : found) run_again(point, last);
    folder_->open_rows(is_complete());
  }

  bool is_complete() const { return block_.points.empty() || summary_.runs == total(); }

  // Rows of two programs that simulate differently must not be mixed.
  void run_again(std::size_t point, const Found& found) const {
    if (produced(point, found.seed).text == found.line + '\n') return;
    throw InputError(
        {.file = options_.out->string(),
         .found = fmt::format("running seed {} at point {} again gave another row: another version of the "
                              "program wrote it",
                              found.seed, point_texts_[point]),
         .expected = "a separate folder"});
  }

  void progress() const {
    if (options_.progress) options_.progress({summary_.runs, resumed_, std::max(summary_.runs, total())});
  }

  static constexpr std::size_t kMostRunAgain = 8;
  SweepOptions options_;
  std::vector<Scenario> scenarios_;       // per point
  std::vector<std::string> point_texts_;  // per point
  std::uint64_t first_seed_ = 0;
  std::uint64_t seeds_ = 0;
  Block block_;
  bool stops_by_precision_ = false;
  std::vector<Stopping> stopping_;  // per point
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
  if (plan.random) {
    auto& list = lists.emplace_back();
    for (auto& values : draw(*plan.random)) list.push_back({.values = std::move(values)});
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
