#include "sim/cli/commands.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cli/outputs.hpp"
#include "sim/cli/progress_line.hpp"
#include "sim/cli/scenario_options.hpp"
#include "sim/cli/standard_files.hpp"
#include "sim/experiment/sweep.hpp"
#include "sim/experiment/sweep_folder.hpp"

namespace sim {
namespace {

struct SweepArguments {
  std::string file;
  std::vector<std::string> settings;
  std::vector<std::string> points;  // labels; empty: all
  std::uint64_t seeds = 0;          // 0: as the scenario says
  std::uint64_t first_seed = 1;
  unsigned jobs = 0;  // 0: all cores
  std::string shard = "1/1";
  std::string baseline;
  std::string out;
  bool json = false;
};

Shard parse_shard(const std::string& text) {
  Shard shard{0, 0};
  int used = 0;
  const bool read = std::sscanf(text.c_str(), "%lu/%lu%n", &shard.index, &shard.count, &used) == 2;
  if (!read || static_cast<std::size_t>(used) != text.size() || shard.index < 1 ||
      shard.index > shard.count) {
    throw InputError({.file = "--shard",
                      .found = fmt::format("found \"{}\"", text),
                      .expected = "a part of the whole such as 1/4, numbered from 1"});
  }
  return shard;
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

// On stderr: what went wrong first and how to see it again.
void report_unmet(const SweepArguments& options, const SweepSummary& s) {
  const auto& failure = *s.first_unmet;
  const auto& e = failure.expectation;
  const Json& point = s.points[failure.point];
  std::string settings;
  for (const auto& label : labels_of(point)) settings += " --point " + quoted(label);
  for (const auto& setting : options.settings) settings += " --set " + quoted(setting);
  for (const auto& heading : s.headings) {
    if (heading == "label") continue;
    const Json& value = point.at(heading);
    settings +=
        " --set " + quoted(heading + '=' + (value.is_string() ? value.get<std::string>() : value.dump()));
  }
  say(fmt::format("{} of {} runs failed an expectation; the first: {} is {}, expected {}\n", s.unmet, s.runs,
                  e.path, e.actual.dump(), e.expected.dump()));
  say(fmt::format("replay it: repsim run {} --seed {}{}\n", options.file, failure.seed, settings));
}

int run_sweep(const SweepArguments& options) {
  Scenario scenario = load_scenario(options.file, options.settings);
  keep_points(scenario, options.points);
  SweepOptions sweep_options{
      .first_seed = options.first_seed,
      .seeds = options.seeds > 0 ? options.seeds : scenario.sweep.value_or(SweepPlan{}).seeds,
      .shard = parse_shard(options.shard),
      .jobs = threads_for(options.jobs)};
  sweep_options.baseline = options.baseline;
  if (!options.out.empty()) sweep_options.out = options.out;
  std::vector<std::filesystem::path> outputs;
  for (const std::string_view name : kSweepFiles)
    outputs.push_back(std::filesystem::path(options.out) / name);
  if (sweep_options.out) check_outputs(outputs, input_files(scenario));
  ProgressLine line;
  sweep_options.progress = [&](const SweepProgress& p) { line.show(p); };
  const SweepSummary summary = sweep(scenario, sweep_options);
  if (options.json) {
    fmt::print("{}\n", to_json(summary).dump());
  } else {
    if (summary.precision.empty()) {
      fmt::print("{}: {} points x {} seeds\n\n{}", summary.scenario, summary.points.size(),
                 summary.runs / summary.points.size(), to_table(summary));
    } else {
      fmt::print("{}: {} points, {} runs\n\n{}\n{}", summary.scenario, summary.points.size(), summary.runs,
                 precision_text(summary), to_table(summary));
    }
    if (!options.baseline.empty()) fmt::print("\n{}", differences_text(summary));
  }
  if (summary.unmet == 0) return 0;
  report_unmet(options, summary);
  return 1;
}

}  // namespace

void add_sweep_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<SweepArguments>();
  CLI::App* command = app.add_subcommand("sweep", "Run a scenario over many seeds and points, on all cores");
  command->add_option("FILE", options->file, "Scenario")->required();
  command->add_option("--seeds", options->seeds, "Seeds at each point; default: as the scenario says")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}));
  command->add_option("--first-seed", options->first_seed, "The first of them; default 1");
  add_jobs_option(*command, options->jobs);
  command->add_option("--out", options->out,
                      "Folder for runs.jsonl, summary.csv and sweep.json; resumes there");
  command->add_option("--baseline", options->baseline,
                      "Say by how much every other point differs from the one of this name, such as 20ms");
  command->add_option("--shard", options->shard, "Run only part I of N, a block of the seeds: I/N");
  command->add_option("--point", options->points, "Only the listed points with these labels; may be repeated")
      ->expected(1)
      ->take_all();
  add_settings_option(*command, options->settings);
  command->add_flag("--json", options->json, "Print the summary as JSON");
  command->callback([options, &exit_code] { exit_code = run_sweep(*options); });
}

}  // namespace sim
