// The events that `repsim rare` can estimate; judges find them in a finished run.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "sim/history/record.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {

struct RareEvent {
  std::string_view name;             ///< As the measures of a sweep are named.
  std::string_view unit;             ///< Of its occurrences: "episodes".
  bool takes_two_primaries = false;  ///< It can't happen while there is one primary at most.
  /// How often it happened; empty if the judge could not tell.
  std::optional<std::uint64_t> (*count)(const Record& record, const Scenario& scenario);
};

std::span<const RareEvent> rare_events();

/// Throws InputError, with the nearest name, if there is none of that name.
const RareEvent& rare_event(std::string_view name);

}  // namespace sim
