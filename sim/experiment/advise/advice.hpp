// The advisor's question and its answer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/experiment/statistics.hpp"
#include "sim/experiment/sweep/sweep.hpp"
#include "sim/kernel/time.hpp"

namespace sim {

/// The subject of a bound.
enum class Concern : std::uint8_t {
  split_brain,       ///< Episodes an hour, in calm runs.
  harmful,           ///< Those of them in which clients were hurt.
  lost_writes,       ///< Acknowledged writes lost, an hour, in calm runs.
  needless_changes,  ///< Of a leader that was up and connected, an hour, in calm runs.
  false_suspicions,  ///< An hour, in calm runs; none where no failure detector is declared, as in Raft.
  outages,           ///< Clients waiting, an hour, in calm runs.
  outage,            ///< Seconds in which no client is answered after a crash, in 99 of 100 crashes.
  messages,          ///< A second, in calm runs: heartbeats and all.
};
struct ConcernName {
  Concern concern;
  std::string_view name;
  std::string_view unit;  ///< As it is printed: "an hour", "s", "a second".
};
std::vector<ConcernName> concerns();

struct Bound {
  Concern concern;
  double limit = 0;  ///< In the concern's unit; above 0.
};

/// A range of durations, from the shorter to the longer.
struct Span {
  Duration low{}, high{};
  bool operator==(const Span&) const = default;
};

/// How long, and how often an hour, the primary does nothing, as in a garbage collection.
struct Pauses {
  Duration length{};
  double per_hour = 1;
};

/// The results of the pauses at one setting.
struct PauseOutcome {
  std::uint64_t pauses = 0;    ///< Simulated.
  std::uint64_t split = 0;     ///< Of them, how many ended in two primaries at least once.
  std::uint64_t harmful = 0;   ///< Of them, how many hurt clients.
  Estimate splits_per_hour{};  ///< Episodes, by pauses alone, as often as there are pauses.
};

struct Setting {
  Duration heartbeat{};
  Duration timeout{};
  bool operator==(const Setting&) const = default;
};

/// A setting and its results, by bound.
struct Judged {
  Setting setting;
  std::vector<Estimate> estimates;  ///< In the order of the bounds; 95 %, an end that can't be known is NaN.
  std::vector<std::uint64_t> seen;  ///< Events in plain calm runs, by bound; 0 where nothing is counted.
  double calm_seconds = 0;          ///< Virtual.
  std::uint64_t crashes = 0;
  std::optional<PauseOutcome> pauses{};
  /// The factor by which the closest bound could be missed before it breaks: below 1 it is broken. `sure`
  /// takes the bad end of each interval, `likely` its middle.
  double sure = 0, likely = 0;
  bool broken = false;  ///< The good end of some interval is beyond its bound.
};

/// The choice's results when conditions differ from the measured ones.
struct Deviation {
  std::string what;
  Judged judged;
};

enum class Answer : std::uint8_t { found, impossible, undecided };

/// Why a search ended before its end.
enum class Stop : std::uint8_t { none, time, interrupt };

struct Advice {
  Answer answer = Answer::undecided;
  std::vector<Bound> bounds;
  Span heartbeat, timeout;         ///< The ranges searched.
  std::vector<Judged> tried;       ///< Every setting, with its best measurement.
  std::vector<std::size_t> front;  ///< Those of `tried` that no other one beats, by timeout.
  /// The recommended one, measured on seeds of its own; or the nearest. If the search was stopped before
  /// that: the best so far, as it was measured; nothing if nothing was.
  std::optional<Judged> choice;
  std::vector<Deviation> sensitivity;
  std::optional<Pauses> pauses;
  std::uint64_t runs = 0;
  double calm_hours = 0;  ///< Virtual, of all calm runs.
  Stop stop = Stop::none;
  std::vector<std::string> not_tried;  ///< The parts that a stopped search leaves out, in words.
};

struct AdviceOptions {
  std::vector<Bound> bounds;        ///< At least one on a rate and one on `outage`.
  std::optional<Span> heartbeat{};  ///< Unset: from half to twice the scenario's.
  std::optional<Span> timeout{};    ///< Unset: from one to twenty times the scenario's heartbeat.
  /// Virtual time of the choice's calm runs. Unset: until ten events at the strictest bound, at most 24.
  std::optional<double> hours{};
  std::optional<Pauses> pauses{};
  unsigned jobs = 1;
  std::function<void(std::string_view stage, SweepProgress)> progress{};
  std::function<Stop()>
      stop{};  ///< Asked after every few runs and in the middle of long ones, by any thread.
  /// The folder where trials are kept and, if they are there already, reused.
  std::optional<std::filesystem::path> folder{};
};

}  // namespace sim
