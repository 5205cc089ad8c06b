// Which scenario, with which seed and changes: what the commands that play a single run have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "sim/scenario/scenario.hpp"

namespace sim {

struct ScenarioOptions {
  std::string file;
  std::optional<std::uint64_t> seed;  ///< Unset: the scenario's.
  std::vector<std::string> points;    ///< Labels of listed points of its sweep, one of each list at most.
  std::vector<std::string> settings;  ///< Each "/json/pointer=VALUE".
};

/// Adds FILE, --seed, --point and --set to `command`; `options` must outlive the parser.
void add_scenario_options(CLI::App& command, ScenarioOptions& options);

/// Adds --set, which may be repeated.
void add_settings_option(CLI::App& command, std::vector<std::string>& settings);
/// Adds --jobs, which is 0 when it wasn't given.
void add_jobs_option(CLI::App& command, unsigned& jobs);
/// As many threads as were asked for, or as there are cores.
unsigned threads_for(unsigned jobs);

/// The scenario that was chosen: at the point, then with the settings.
Scenario load_scenario(const ScenarioOptions& options);

/// `text` as one word of a shell command.
std::string quoted(const std::string& text);

}  // namespace sim
