#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "sim/cli/commands.hpp"
#include "sim/cli/outputs.hpp"
#include "sim/cli/scenario_options.hpp"
#include "sim/cli/standard_files.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/experiment/sweep/merge.hpp"
#include "sim/kernel/printable.hpp"

namespace sim {
namespace {

struct MergeArguments {
  std::vector<std::string> shards;
  std::string out;
  bool json = false;
  bool quiet = false;
};

// On stderr, in the words of a sweep on one machine; the scenario's file is not known here.
void tell_unmet(const SweepSummary& s) {
  const auto& [point, seed, e] = *s.first_unmet;
  say(fmt::format(
      "{} of {} runs failed an expectation; the first: {} is {}, expected {} (seed {}, point {})\n", s.unmet,
      s.runs, printable(e.path), shown(e.actual), shown(e.expected), seed, shown(s.points[point])));
}

int run_merge(const MergeArguments& options) {
  const std::vector<std::filesystem::path> shards(options.shards.begin(), options.shards.end());
  require_folder(options.out);
  const SweepSummary summary = merge_shards(shards, options.out);
  if (options.json) {
    fmt::print("{}\n", printable(to_json(summary).dump(-1, ' ', false, Json::error_handler_t::replace)));
  } else if (!options.quiet) {
    fmt::print("{}: {} points x {} seeds\n\n{}", printable(summary.scenario), summary.points.size(),
               summary.runs / summary.points.size(), to_table(summary, table_width()));
  }
  if (summary.unmet == 0) return 0;
  tell_unmet(summary);
  return 1;
}

}  // namespace

void add_merge_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<MergeArguments>();  // lives as long as the parser that fills it
  CLI::App* command = app.add_subcommand("merge", "Merge the shards of a sweep");
  command->add_option("SHARD_DIR", options->shards, "Folders of all shards, in any order")->required();
  command
      ->add_option("--out", options->out, "Folder for the merged sweep: sweep.json, runs.jsonl, summary.csv")
      ->required();
  command->add_flag("--json", options->json, "Print the summary as JSON");
  add_quiet_option(*command, options->quiet);
  command->callback([options, &exit_code] { exit_code = run_merge(*options); });
}

}  // namespace sim
