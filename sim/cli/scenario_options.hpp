// The scenario, seed and changes: the common options of commands that play a single run.
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
  std::vector<std::string> points;    ///< Labels of points of its sweep, or values that vary.
  std::vector<std::string> settings;  ///< Each "/json/pointer=VALUE".
};

/// Adds FILE, --seed, --point and --set to `command`; `options` must outlive the parser.
void add_scenario_options(CLI::App& command, ScenarioOptions& options);

/// Adds --set, which may be repeated.
void add_settings_option(CLI::App& command, std::vector<std::string>& settings);
/// Adds --jobs, which is 0 when it wasn't given.
void add_jobs_option(CLI::App& command, unsigned& jobs);
/// Adds --quiet: no progress and no report, the exit code says it all.
void add_quiet_option(CLI::App& command, bool& quiet);
/// As many threads as were asked for, or as there are cores.
unsigned threads_for(unsigned jobs);

/// The chosen scenario: at the point, with the settings.
Scenario load_scenario(const ScenarioOptions& options);

/// The same for commands with other options. Checks the scenario's expectations, too.
Scenario loaded_scenario(const std::string& file, const std::vector<std::string>& settings,
                         const std::vector<std::string>& points = {});

/// `text` as one word of a shell command.
std::string quoted(const std::string& text);

}  // namespace sim
