#include "sim/cli/scenario_options.hpp"

#include <algorithm>
#include <thread>

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
  command
      .add_option("--point", options.points, "At the point of its sweep with this label; one of each list")
      ->expected(1)
      ->take_all();
  add_settings_option(command, options.settings);
}

void add_settings_option(CLI::App& command, std::vector<std::string>& settings) {
  command.add_option("--set", settings, "Change the scenario: /json/pointer=VALUE; may be repeated")
      ->expected(1)
      ->take_all();  // a FILE that follows is not another value
}

void add_jobs_option(CLI::App& command, unsigned& jobs) {
  command.add_option("--jobs", jobs, "Threads; default: all cores")->check(CLI::Range(1u, 4096u));
}

unsigned threads_for(unsigned jobs) {
  return jobs > 0 ? jobs : std::max(1u, std::thread::hardware_concurrency());
}

Scenario load_scenario(const ScenarioOptions& options) {
  if (options.points.empty()) return load_scenario(options.file, options.settings);
  const Scenario scenario = load_scenario(options.file);
  return with_settings(scenario_at_point(scenario, listed_point(scenario, options.points)), options.settings);
}

std::string quoted(const std::string& text) {
  constexpr std::string_view kPlain = "/._-=+:,@%";
  const bool plain = !text.empty() && std::ranges::all_of(text, [&](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || kPlain.find(c) != std::string_view::npos;
  });
  if (plain) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

}  // namespace sim
