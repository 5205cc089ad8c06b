// Estimates how rare an event is, with an interval: every point of a sweep, each by a pilot and many
// independent replications of a splitting (splitting.hpp).
//
// The interval. Replications are independent and all expect the true value, so their mean does, and their
// spread tells how far it may be off. Each is a product of many noisy factors, and so skewed to the right.
// The interval is therefore Student's t for the logarithm of the mean, with the mean's relative standard
// error for its deviation: mean x exp(-+ t s / (mean sqrt n)). It is a 95 % interval as far as that mean's
// logarithm is near normal; tests/fidelity/rare_test.cpp counts how often it covers. When no replication
// found the event there is only an upper end. Whatever leads to it: the 95 % Poisson limit of the whole runs
// alone, as nothing else is known of ways below the first level. If it takes a rise through all levels,
// reported apart: the upper end of how often a run rises to the highest that was reached, times the 95 %
// Poisson limit of the copies followed from there (as if these were independent).
//
// The method can't know ways to the event that none of the copies took. Splitting along one way says nothing
// of another way that runs below its levels; of that it sees as much as plain sampling does. The interval
// covers only ways through the levels.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/experiment/rare/splitting_pilot.hpp"
#include "sim/experiment/statistics.hpp"

namespace sim {

struct RareOptions {
  const RareEvent* event = nullptr;
  std::uint64_t seed = 1;
  std::uint64_t replications = 40;
  PilotOptions pilot{};
  unsigned jobs = 1;
  /// Called often, by one thread at a time, with the number of parts done and in all.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress{};
  Interrupt interrupt{};  ///< An exception from it ends the estimate.
};

/// One point's answer.
struct RareRow {
  Json point;                  ///< As in a sweep: an object from JSON pointer to value, and a "label".
  std::string error{};         ///< Not empty: there is no answer, and why.
  double virtual_seconds = 0;  ///< Of a run.
  SplittingPlan plan{};
  Estimate probability{};                 ///< That the event happens in a run.
  Estimate expected{};                    ///< How often it does.
  std::optional<double> limit_above{};    ///< If it was not found: the limit for ways through all levels.
  std::vector<double> rises{};            ///< Per level: how often a run rises to it.
  std::vector<std::uint64_t> explored{};  ///< Per level, from 0: paths followed, in all replications.
  std::uint64_t two_primaries = 0;        ///< Of those, how many came to two primaries.
  std::uint64_t undecided = 0;            ///< Paths on which the judge could not tell.
  SplittingEffort effort{};               ///< Of all replications and the pilot.
  double events_of_run = 0;               ///< The cost of a run: the mean over whole runs.
  std::uint64_t plain_runs = 0;  ///< How many plain runs would have given as narrow an interval; 0: unknown.
};

struct RareSummary {
  std::string scenario;
  std::string event;
  std::uint64_t seed = 1;
  std::uint64_t replications = 0;
  std::uint64_t effort = 0;
  std::vector<std::string> headings;  ///< The keys of a point that tell it apart in a table for people.
  Json canonical;                     ///< The scenario with every default.
  Json vary;                          ///< Its sweep: JSON pointer -> values.
  std::vector<RareRow> rows;
};

/// The same whatever the number of jobs. Throws InputError.
RareSummary estimate_rare(const Scenario& scenario, const RareOptions& options);

/// The mean of replications with the interval described above; low and high are NaN when there is only one.
/// `limit` is the upper end when all are zero.
Estimate interval_of(const std::vector<double>& replications, double limit);

/// The content of rare.csv, and of rare.json.
std::string to_csv(const RareSummary& summary);
Json to_json(const RareSummary& summary);
/// For people, in lines of at most `width` columns where that is possible; 0: as wide as they come.
std::string to_table(const RareSummary& summary, std::size_t width = 0);

}  // namespace sim
