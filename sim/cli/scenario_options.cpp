#include "sim/cli/scenario_options.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

namespace sim {
namespace {

// The parser alone would take -1 for the largest number that there is.
std::string only_digits(const std::string& text) {
  const bool digits = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  return digits ? "" : "found " + text + ", expected a whole number, 0 or more";
}

}  // namespace

void add_scenario_options(CLI::App& command, ScenarioOptions& options) {
  command.add_option("file", options.file, "Scenario")->required();
  command.add_option("--seed", options.seed, "Instead of the scenario's")->check(only_digits);
  command.add_option("--set", options.settings, "Change the scenario: /json/pointer=VALUE; may be repeated")
      ->expected(1)
      ->take_all();
}

}  // namespace sim
