#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "sim/cli/commands.hpp"
#include "sim/experiment/merge.hpp"

namespace sim {
namespace {

struct MergeArguments {
  std::vector<std::string> shards;
  std::string out;
  bool json = false;
};

void run_merge(const MergeArguments& options) {
  const std::vector<std::filesystem::path> shards(options.shards.begin(), options.shards.end());
  const SweepSummary summary = merge_shards(shards, options.out);
  if (options.json) {
    fmt::print("{}\n", to_json(summary).dump());
    return;
  }
  fmt::print("{}: {} points x {} seeds\n\n{}", summary.scenario, summary.points.size(),
             summary.runs / summary.points.size(), to_table(summary));
}

}  // namespace

void add_merge_command(CLI::App& app, int& /*exit_code*/) {
  auto options = std::make_shared<MergeArguments>();  // lives as long as the parser that fills it
  CLI::App* command = app.add_subcommand("merge", "Put the shards of a sweep together");
  command->add_option("SHARD_DIR", options->shards, "The folders of all shards, in any order")->required();
  command->add_option("--out", options->out, "Folder for the whole: sweep.json, runs.jsonl, summary.csv")
      ->required();
  command->add_flag("--json", options->json, "The summary as JSON");
  command->callback([options] { run_merge(*options); });
}

}  // namespace sim
