#include "sim/experiment/rare/rare.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>

#include "sim/experiment/sweep/sweep.hpp"
#include "sim/experiment/table.hpp"
#include "sim/kernel/rng.hpp"

namespace sim {
namespace {

constexpr double kTail = 0.975;

// Calls `task` for 0 .. n-1, by any of `jobs` threads. The first exception stops it and is thrown here.
class Parallel {
 public:
  Parallel(std::uint64_t n, const std::function<void(std::uint64_t)>& task) : n_(n), task_(task) {}

  void run(unsigned jobs) {
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < jobs && i < n_; ++i) threads.emplace_back([this] { work(); });
    work();
    for (auto& thread : threads) thread.join();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void work() {
    try {
      for (std::uint64_t i; (i = next_++) < n_;) task_(i);
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      next_ = n_;
    }
  }

  std::uint64_t n_;
  const std::function<void(std::uint64_t)>& task_;
  std::atomic<std::uint64_t> next_ = 0;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

// The same number over all replications.
template <class Of> std::vector<double> each(const std::vector<SplittingResult>& results, const Of& of) {
  std::vector<double> values;
  for (const SplittingResult& result : results) values.push_back(of(result));
  return values;
}

template <class Of> double sum(const std::vector<SplittingResult>& results, const Of& of) {
  const auto values = each(results, of);
  return std::accumulate(values.begin(), values.end(), 0.0);
}

// The limit that the whole runs alone set on an event that was not met, whatever leads to it. Runs that were
// left alone may have met it.
double plain_limit(const std::vector<SplittingResult>& results) {
  const double left = sum(results, [](const auto& r) { return static_cast<double>(r.runs_left); });
  const double runs = sum(results, [](const auto& r) { return static_cast<double>(r.explored[0]); });
  return std::min(1.0, gamma_quantile(kTail, left + 1) / runs);
}

// The same if it takes a rise through all levels: at most how often a run rises to the highest that was
// reached, times how often one of the paths followed from there may have met it.
double limit_above(const SplittingPlan& plan, const std::vector<SplittingResult>& results) {
  double rises = 1;
  std::size_t level = 0;
  for (; level < plan.levels.size(); ++level) {
    const Estimate e = interval_of(each(results, [&](const auto& r) { return r.rises[level]; }), 0);
    if (!(e.high > 0)) break;
    rises = e.high;
  }
  const double paths = sum(results, [&](const auto& r) { return static_cast<double>(r.explored[level]); });
  const std::uint64_t judge_every = level > 0 ? plan.levels[level - 1].judge_every : 1;
  return rises * gamma_quantile(kTail, 1) / paths * static_cast<double>(judge_every);
}

// How many runs a plain estimate of `p` needs for an equally wide interval, on a logarithmic scale.
std::uint64_t plain_runs_for(const Estimate& p) {
  if (!(p.value > 0 && p.low > 0 && p.value < 1 && p.high > p.low)) return 0;
  const double error = std::log(p.high / p.low) / 2 / 1.96;
  const double runs = (1 - p.value) / (p.value * error * error);
  return runs < 1e18 ? static_cast<std::uint64_t>(runs) : 0;
}

void summarise(RareRow& row, const std::vector<SplittingResult>& results) {
  row.rises.resize(row.plan.levels.size());
  row.explored.resize(row.plan.levels.size() + 1);
  const double share = 1 / static_cast<double>(results.size());
  for (const SplittingResult& r : results) {
    for (std::size_t k = 0; k < r.rises.size(); ++k) row.rises[k] += share * r.rises[k];
    for (std::size_t k = 0; k < r.explored.size(); ++k) row.explored[k] += r.explored[k];
    row.two_primaries += r.two_primaries;
    row.undecided += r.undecided;
    row.effort.add(r.effort);
  }
  const double limit = plain_limit(results);
  row.probability = interval_of(each(results, [](const auto& r) { return r.probability; }), limit);
  row.probability.high = std::min(row.probability.high, 1.0);
  row.expected = interval_of(each(results, [](const auto& r) { return r.expected; }), limit);
  if (row.probability.value == 0 && !row.plan.levels.empty())
    row.limit_above = std::min(limit, limit_above(row.plan, results));
  row.plain_runs = plain_runs_for(row.probability);
}

class RareSweep {
 public:
  RareSweep(const Scenario& scenario, const RareOptions& options)
      : options_(options), scenario_(scenario), points_(points_of(scenario.sweep.value_or(SweepPlan{}))) {
    for (const SweepPoint& point : points_) {
      scenarios_.push_back(scenario_at_point(scenario, point));
      RareRow& row = rows_.emplace_back();
      row.point = json_of(point);
      const Setup& setup = scenarios_.back().setup;
      row.virtual_seconds = seconds(setup.duration + setup.settle);
    }
    total_ = rows_.size() * (1 + options.replications);
  }

  RareSummary run() {
    for_each(rows_.size(), [&](std::uint64_t i) { plan(i); });
    results_.assign(rows_.size(), std::vector<SplittingResult>(options_.replications));
    for_each(rows_.size() * options_.replications,
             [&](std::uint64_t i) { replicate(i / options_.replications, i % options_.replications); });
    for (const auto& [point, error] : failed_) rows_[point].error = error;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (rows_[i].error.empty()) summarise(rows_[i], results_[i]);
    }
    return summary();
  }

 private:
  void for_each(std::uint64_t n, const std::function<void(std::uint64_t)>& task) {
    Parallel(n, [&](std::uint64_t i) {
      task(i);
      const std::scoped_lock lock(progress_mutex_);
      ++done_;
      if (options_.progress) options_.progress(done_, total_);
    }).run(options_.jobs);
  }

  // All points use the same seeds.
  void plan(std::size_t point) {
    RareRow& row = rows_[point];
    try {
      Pilot p = pilot(scenarios_[point], *options_.event, options_.pilot, stream_seed(options_.seed, "pilot"),
                      &options_.interrupt);
      row.plan = std::move(p.plan);
      row.effort = p.effort;
      row.events_of_run = p.events_of_run;
    } catch (const InputError& error) {
      row.error = error.what();
    }
  }

  void replicate(std::size_t point, std::uint64_t replication) {
    RareRow& row = rows_[point];
    if (!row.error.empty()) return;
    const std::uint64_t seed = stream_seed(options_.seed, "replication", replication);
    try {
      results_[point][replication] =
          split(scenarios_[point], *options_.event, row.plan, seed, &options_.interrupt);
    } catch (const InputError& error) {
      const std::scoped_lock lock(progress_mutex_);
      failed_.emplace_back(point, error.what());
    }
  }

  RareSummary summary() {
    const SweepPlan plan = scenario_.sweep.value_or(SweepPlan{});
    return {.scenario = scenario_.name,
            .event = std::string(options_.event->name),
            .seed = options_.seed,
            .replications = options_.replications,
            .effort = options_.pilot.effort,
            .headings = headings_of(plan),
            .canonical = scenario_.canonical,
            .vary = values_of(plan),
            .rows = std::move(rows_)};
  }

  const RareOptions& options_;
  const Scenario& scenario_;
  std::vector<SweepPoint> points_;
  std::vector<Scenario> scenarios_;
  std::vector<RareRow> rows_;
  std::vector<std::vector<SplittingResult>> results_;  // per point, per replication
  std::vector<std::pair<std::size_t, std::string>> failed_;
  std::mutex progress_mutex_;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace

Estimate interval_of(const std::vector<double>& replications, double limit) {
  Moments moments;
  for (const double x : replications) moments.add(x);
  const double mean = moments.mean();
  if (mean == 0) return {0, 0, limit};
  if (moments.n() < 2) {
    const double unknown = std::numeric_limits<double>::quiet_NaN();
    return {mean, unknown, unknown};
  }
  const auto n = static_cast<double>(moments.n());
  const double error = std::sqrt(moments.variance() / n) / mean;
  const double half = student_quantile(kTail, n - 1) * error;
  return {mean, mean * std::exp(-half), mean * std::exp(half)};
}

RareSummary estimate_rare(const Scenario& scenario, const RareOptions& options) {
  return RareSweep(scenario, options).run();
}

}  // namespace sim
