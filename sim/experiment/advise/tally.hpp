// Sums up the runs at one setting and compares them with the bounds.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/experiment/advise/advice.hpp"
#include "sim/experiment/rare/rare_event.hpp"
#include "sim/report/run_result.hpp"

namespace sim {

constexpr std::size_t kConcerns = 8;
constexpr double kSecondsOfHour = 3600;

/// Whether a bound on it is a rate of events in calm runs.
bool per_hour(Concern concern);

/// Splitting's name for it; nothing if splitting can't look for it.
const RareEvent* rare_event_of(Concern concern);

/// The observations from a single run on which advice is based.
struct Observation {
  bool finished = false;
  double seconds = 0;  ///< Virtual.
  double sent = 0;     ///< Messages.
  double outage = 0;   ///< The longest, in seconds.
  std::array<double, kConcerns> events{};

  static Observation of(const RunResult& result);
  static Observation of(const Json& json);
  Json json() const;
};

struct Tally {
  std::array<double, kConcerns> calm{};                   ///< Events in calm runs.
  std::array<double, kConcerns> paused{};                 ///< Events in runs with a pause.
  std::array<std::optional<Estimate>, kConcerns> rare{};  ///< An hour, by splitting.
  double seconds = 0;
  Moments messages{};             ///< A second, by calm run.
  std::vector<double> outages{};  ///< By crash.
  PauseOutcome pauses{};
  bool unfinished = false;  ///< Some run met too many events.

  void take_calm(const Observation& o);
  void take_crash(const Observation& o);
  void take_pause(const Observation& o);
};

/// Compares the tally with the bounds.
Judged judged(const Setting& setting, Tally& tally, const AdviceOptions& options);

}  // namespace sim
