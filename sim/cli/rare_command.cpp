#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "sim/cli/commands.hpp"
#include "sim/cli/option_values.hpp"
#include "sim/cli/outputs.hpp"
#include "sim/cli/progress_line.hpp"
#include "sim/cli/scenario_options.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/experiment/rare/rare.hpp"
#include "sim/files/output_file.hpp"
#include "sim/kernel/printable.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

struct RareArguments {
  std::string file;
  std::string event = "split_brain";
  std::vector<std::string> settings;
  std::vector<std::string> points;  // labels; empty: all
  std::vector<std::string> levels;  // silences; empty: the pilot chooses
  RareOptions options{};
  std::string out, memory;
  bool json = false;
  bool quiet = false;
};

std::vector<Duration> parse_levels(const std::vector<std::string>& texts) {
  std::vector<Duration> levels;
  for (const std::string& text : texts) {
    const auto level = parse_duration(text);
    const Duration least = levels.empty() ? Duration{0} : levels.back();
    if (!level || *level <= least) {
      throw InputError({.file = "--levels",
                        .found = fmt::format("found \"{}\"", text),
                        .expected = "rising durations such as 11ms,21ms,31ms"});
    }
    levels.push_back(*level);
  }
  return levels;
}

int run_rare(RareArguments& arguments) {
  if (!arguments.memory.empty()) arguments.settings.push_back("/max_memory=" + arguments.memory);
  Scenario scenario = loaded_scenario(arguments.file, arguments.settings);
  keep_points(scenario, arguments.points);
  RareOptions& options = arguments.options;
  options.event = &rare_event(arguments.event);
  options.pilot.thresholds = parse_levels(arguments.levels);
  options.jobs = threads_for(options.jobs);
  ProgressLine line({}, "parts");
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    if (!arguments.quiet) line.show({.done = done, .total = total});
  };
  const auto folder = answer_folder(arguments.out, {"rare.csv", "rare.json"}, input_files(scenario));
  if (folder) try_to_write({folder->path() / "rare.csv", folder->path() / "rare.json"});
  const RareSummary summary = estimate_rare(scenario, options);
  if (folder) {
    write_whole(folder->path() / "rare.csv", to_csv(summary));
    write_whole(folder->path() / "rare.json", to_json(summary).dump(2) + '\n');
  }
  if (arguments.json) {
    fmt::print("{}\n", printable_lines(to_json(summary).dump()));
  } else if (!arguments.quiet) {
    fmt::print("{}: {}, {} replications at each of {} points\n\n{}", printable(summary.scenario),
               summary.event, summary.replications, summary.rows.size(), to_table(summary, table_width()));
  }
  const auto failed = [](const RareRow& row) { return !row.error.empty(); };
  return std::ranges::any_of(summary.rows, failed) ? 3 : 0;
}

}  // namespace

void add_rare_command(CLI::App& app, int& exit_code) {
  auto a = std::make_shared<RareArguments>();  // lives as long as the parser that fills it
  a->options.jobs = 0;
  CLI::App* command =
      app.add_subcommand("rare", "Estimate how likely events are that plain sampling hardly ever sees");
  command->add_option("FILE", a->file, "Scenario; - for standard input")->required();
  std::vector<std::string> names;
  for (const RareEvent& event : rare_events()) names.emplace_back(event.name);
  add_word_option(*command, "--event", a->event, names, "The event to estimate; default: split_brain");
  add_whole_option(*command, "--replications", a->options.replications, {1, 1'000'000},
                   "Independent replications at each point; default 40");
  add_whole_option(*command, "--effort", a->options.pilot.effort, {1, 100'000},
                   "Clones that should rise from each level in each replication; default 20");
  add_whole_option(*command, "--seed", a->options.seed, {}, "Seed of runs and clones; default 1");
  command->add_option("--levels", a->levels, "Silences at which runs are cloned; default: a pilot chooses")
      ->delimiter(',')
      ->expected(1)
      ->take_all();
  add_jobs_option(*command, a->options.jobs);
  command->add_option("--out", a->out, "Folder for rare.csv and rare.json");
  command
      ->add_option("--point", a->points, "Run only points with this label or varied value; may be repeated")
      ->expected(1)
      ->take_all();
  add_settings_option(*command, a->settings);
  command->add_option(
      "--memory", a->memory,
      "Stop a run, undecided, that takes more memory, such as 500MB; same as --set /max_memory=");
  add_quiet_option(*command, a->quiet);
  command->add_flag("--json", a->json, "Print the content of rare.json");
  command->callback([a, &exit_code] { exit_code = run_rare(*a); });
}

}  // namespace sim
