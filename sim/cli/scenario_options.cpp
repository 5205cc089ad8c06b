#include "sim/cli/scenario_options.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "sim/cli/option_values.hpp"
#include "sim/cli/shipped.hpp"
#include "sim/kernel/printable.hpp"
#include "sim/report/expectation.hpp"

namespace sim {
void add_scenario_options(CLI::App& command, ScenarioOptions& options) {
  command.add_option("file", options.file, "Scenario; - for standard input")->required();
  add_whole_option(command, "--seed", options.seed, {}, "Seed to use instead of the scenario's");
  command
      .add_option("--point", options.points,
                  "Use the sweep's point with this label or varied value; may be repeated")
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
  add_whole_option(command, "--jobs", jobs, {1, 4096}, "Threads; default: all cores");
}

void add_quiet_option(CLI::App& command, bool& quiet) {
  command.add_flag("--quiet", quiet, "Print only errors, and the output of --json");
}

unsigned threads_for(unsigned jobs) {
  return jobs > 0 ? jobs : std::max(1u, std::thread::hardware_concurrency());
}

Scenario loaded_scenario(const std::string& file, const std::vector<std::string>& settings,
                         const std::vector<std::string>& points) {
  Scenario scenario = load_scenario(scenario_file(file), settings, points);
  check_expectations(scenario);
  return scenario;
}

Scenario load_scenario(const ScenarioOptions& options) {
  return loaded_scenario(options.file, options.settings, options.points);
}

namespace {

// Text that can't be shown as it is, in the shells' $'...': every byte that isn't plain is written as a
// number.
std::string quoted_bytes(const std::string& text) {
  std::string word = "$'";
  for (const char c : text) {
    const bool plain = c >= ' ' && c < 127 && c != '\'' && c != '\\';
    word += plain ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return word + "'";
}

}  // namespace

std::string quoted(const std::string& text) {
  constexpr std::string_view kPlain = "/._-=+:,@%";
  const bool plain = !text.empty() && std::ranges::all_of(text, [&](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || kPlain.find(c) != std::string_view::npos;
  });
  if (plain) return text;
  if (printable(text) != text) return quoted_bytes(text);
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

}  // namespace sim
