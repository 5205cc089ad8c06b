// Finds a protocol's heartbeat and timeout in a scenario, and makes the runs that judge a setting of both.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/experiment/advise/advice.hpp"

namespace sim {

struct Knobs {
  std::string heartbeat;  ///< JSON pointer into the scenario.
  /// The values changed together: JSON pointers, each with the factor by which its value is the setting's.
  std::vector<std::pair<std::string, double>> timeout;
  Setting now;  ///< The scenario's own setting.
};

/// Throws InputError when the scenario's protocol has no timeout.
Knobs find_knobs(const Scenario& scenario);

/// The values of the scenario at this setting.
Point point_of(const Knobs& knobs, const Setting& setting);

/// The scenario without crashes and without a sweep: runs of it count what should never happen.
Json calm_document(const Scenario& scenario);
/// The scenario with a single fault: the primary crashes for good, at a random moment of a heartbeat. Long
/// enough to see an outage of `longest`.
Json crash_document(const Scenario& scenario, Duration heartbeat, Duration longest);
/// The scenario with a single fault: the primary does nothing for `length`, from kWarmUp on or up to a
/// heartbeat later, and an outage of `longest` after that can be seen.
Json pause_document(const Scenario& scenario, Duration heartbeat, Duration length, Duration longest);
/// When the single fault strikes at the earliest.
constexpr Duration kWarmUp = std::chrono::seconds{1};

/// The document under conditions other than the measured ones: with the loss or the delays twice as large.
/// Nothing if the scenario has no such number.
std::optional<Json> with_twice_the_loss(Json document);
std::optional<Json> with_twice_the_delay(Json document);

}  // namespace sim
