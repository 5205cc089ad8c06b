#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "sim/cli/commands.hpp"
#include "sim/cli/option_values.hpp"
#include "sim/cli/outputs.hpp"
#include "sim/cli/progress_line.hpp"
#include "sim/cli/scenario_options.hpp"
#include "sim/cli/standard_files.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/experiment/sweep/sweep.hpp"
#include "sim/experiment/sweep/sweep_folder.hpp"
#include "sim/kernel/printable.hpp"

namespace sim {
namespace {

constexpr std::uint64_t kMostSeeds = 1'000'000'000'000;

struct SweepArguments {
  std::string file;
  std::vector<std::string> settings;
  std::vector<std::string> points;  // labels; empty: all
  std::uint64_t seeds = 0;          // 0: as the scenario says
  std::uint64_t first_seed = 1;
  unsigned jobs = 0;  // 0: all cores
  std::string shard = "1/1";
  std::string baseline, memory;
  std::string out;
  bool json = false;
  bool quiet = false;
};

Shard parse_shard(const std::string& text) {
  constexpr std::uint64_t kMostShards = 1'000'000;
  const auto slash = text.find('/');
  if (slash == text.npos) {
    throw InputError({.file = "--shard",
                      .found = "found " + shown(text),
                      .expected = "a part of the whole such as 1/4, numbered from 1"});
  }
  const std::uint64_t count = parse_whole("--shard", text.substr(slash + 1), {1, kMostShards});
  return {parse_whole("--shard", text.substr(0, slash), {1, count}), count};
}

// The label of each list's part of a point.
std::vector<std::string> labels_of(const Json& point) {
  std::vector<std::string> labels;
  std::string rest = point.value("label", "");
  for (std::size_t end; (end = rest.find(kLabelJoint)) != std::string::npos;) {
    labels.push_back(rest.substr(0, end));
    rest.erase(0, end + kLabelJoint.size());
  }
  if (!rest.empty()) labels.push_back(rest);
  return labels;
}

bool overlap(std::string_view a, std::string_view b) {
  const auto within = [](std::string_view inner, std::string_view outer) {
    return inner.starts_with(outer) && (inner.size() == outer.size() || inner[outer.size()] == '/');
  };
  return within(a, b) || within(b, a);
}

// Turns a value into text that --set would read back: a text that looks like JSON is in quotes.
std::string setting_of(const std::string& pointer, const Json& value) {
  const bool plain = value.is_string() && !Json::accept(value.get_ref<const std::string&>());
  return " --set " + quoted(pointer + '=' + (plain ? value.get<std::string>() : value.dump()));
}

// In a sweep a point's values win over settings, in a run settings win: settings that both have are set once
// more.
std::string arguments_of(const SweepArguments& options, const Json& point,
                         const std::vector<std::string>& varied) {
  std::string arguments;
  for (const auto& label : labels_of(point)) arguments += " --point " + quoted(label);
  for (const auto& setting : options.settings) arguments += " --set " + quoted(setting);
  const Point settings = parsed_settings(options.settings);
  for (const auto& [key, value] : point.items()) {
    if (key == "label") continue;
    const auto same = [&name = key](const auto& s) { return overlap(s.first, name); };
    const bool set = std::ranges::any_of(settings, same);
    if (set || std::ranges::find(varied, key) != varied.end()) arguments += setting_of(key, value);
  }
  return arguments;
}

// On stderr: the first failure and how to see it again.
void report_unmet(const SweepArguments& options, const SweepSummary& s) {
  const auto& failure = *s.first_unmet;
  const auto& e = failure.expectation;
  say(fmt::format("{} of {} runs failed an expectation; the first: {} is {}, expected {}\n", s.unmet, s.runs,
                  printable(e.path), shown(e.actual), shown(e.expected)));
  say(fmt::format("replay it: repsim run {} --seed {}{}\n", quoted(options.file), failure.seed,
                  arguments_of(options, s.points[failure.point], s.headings)));
}

std::string text_of(const SweepSummary& summary, bool with_differences) {
  const std::string name = printable(summary.scenario);
  const std::size_t points = summary.points.size();
  std::string text = summary.precision.empty()
                         ? fmt::format("{}: {} points x {} seeds\n\n{}", name, points, summary.runs / points,
                                       to_table(summary, table_width()))
                         : fmt::format("{}: {} points, {} runs\n\n{}\n{}", name, points, summary.runs,
                                       precision_text(summary), to_table(summary, table_width()));
  if (with_differences) text += "\n" + differences_text(summary);
  return text;
}

int run_sweep(SweepArguments& options) {
  if (!options.memory.empty()) options.settings.push_back("/max_memory=" + options.memory);
  Scenario scenario = loaded_scenario(options.file, options.settings);
  keep_points(scenario, options.points);
  SweepOptions sweep_options{
      .first_seed = options.first_seed,
      .seeds = options.seeds > 0 ? options.seeds : scenario.sweep.value_or(SweepPlan{}).seeds,
      .shard = parse_shard(options.shard),
      .jobs = threads_for(options.jobs)};
  sweep_options.baseline = options.baseline;
  require_folder(options.out);
  if (!options.out.empty()) sweep_options.out = options.out;
  std::vector<Destination> outputs;
  for (const std::string_view name : kSweepFiles)
    outputs.push_back({std::string(name), std::filesystem::path(options.out) / name});
  if (sweep_options.out) check_outputs(outputs, input_files(scenario));
  ProgressLine line;
  if (!options.quiet) sweep_options.progress = [&](const SweepProgress& p) { line.show(p); };
  const SweepSummary summary = sweep(scenario, sweep_options);
  if (options.json)
    fmt::print("{}\n", printable_lines(to_json(summary).dump()));
  else if (!options.quiet)
    fmt::print("{}", text_of(summary, !options.baseline.empty()));
  if (summary.unmet == 0) return 0;
  report_unmet(options, summary);
  return 1;
}

}  // namespace

void add_sweep_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<SweepArguments>();
  CLI::App* command = app.add_subcommand("sweep", "Run a scenario over many seeds and points, on all cores");
  command->add_option("FILE", options->file, "Scenario; - for standard input")->required();
  add_whole_option(*command, "--seeds", options->seeds, {1, kMostSeeds},
                   "Number of seeds at each point; default: the scenario's");
  add_whole_option(*command, "--first-seed", options->first_seed, {0, UINT64_MAX - kMostSeeds},
                   "First seed; default 1");
  add_jobs_option(*command, options->jobs);
  command->add_option(
      "--out", options->out,
      "Folder for sweep.json, runs.jsonl and summary.csv; an interrupted sweep resumes there");
  command->add_option(
      "--memory", options->memory,
      "Stop a run, undecided, that takes more memory, such as 500MB; same as --set /max_memory=");
  command->add_option("--baseline", options->baseline,
                      "Compare every other point with this one, such as 20ms");
  command->add_option("--shard", options->shard, "Run only shard I of N, a block of the seeds: I/N");
  command
      ->add_option("--point", options->points,
                   "Run only points with this label or varied value; may be repeated")
      ->expected(1)
      ->take_all();
  add_settings_option(*command, options->settings);
  add_quiet_option(*command, options->quiet);
  command->add_flag("--json", options->json, "Print the summary as JSON");
  command->callback([options, &exit_code] { exit_code = run_sweep(*options); });
}

}  // namespace sim
