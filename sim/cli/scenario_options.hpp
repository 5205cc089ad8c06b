// Which scenario, with which seed and changes: what the commands that play a single run have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/App.hpp>

namespace sim {

struct ScenarioOptions {
  std::string file;
  std::optional<std::uint64_t> seed;  ///< Unset: the scenario's.
  std::vector<std::string> settings;  ///< Each "/json/pointer=VALUE".
};

/// Adds FILE, --seed and --set to `command`; `options` must outlive the parser.
void add_scenario_options(CLI::App& command, ScenarioOptions& options);

}  // namespace sim
