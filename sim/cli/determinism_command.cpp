// `repsim determinism`: runs a scenario again and again in one process. If two runs differ, it names the
// first differing event; there something isn't a function of the seed.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "sim/cli/commands.hpp"
#include "sim/cli/option_values.hpp"
#include "sim/cli/scenario_options.hpp"
#include "sim/kernel/digest.hpp"
#include "sim/kernel/printable.hpp"
#include "sim/report/trace_writer.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/world/world.hpp"

namespace sim {
namespace {

struct DeterminismOptions : ScenarioOptions {
  std::uint64_t runs = 2;
  bool quiet = false;
};

// Remembers one run's events, and compares another's with them. Lines are kept up to a limit, for the
// message; fingerprints always.
class Comparison {
 public:
  void remember(std::string_view line) {
    fingerprints_.push_back(stream_seed(0, line));
    if (kept_bytes_ + line.size() > kMostBytes) return;
    kept_bytes_ += line.size();
    lines_.emplace_back(line);
  }
  void compare(std::string_view line) {
    const std::size_t index = compared_++;
    if (difference_) return;
    if (index >= fingerprints_.size())
      difference_ = describe(index, line);
    else if (fingerprints_[index] != stream_seed(0, line))
      difference_ = describe(index, line);
  }
  /// The first difference in the run compared last; makes ready for the next one.
  std::optional<std::string> finish() {
    if (!difference_ && compared_ < fingerprints_.size()) difference_ = describe(compared_, "nothing more");
    compared_ = 0;
    return std::exchange(difference_, std::nullopt);
  }
  std::size_t events() const { return fingerprints_.size(); }

 private:
  std::string describe(std::size_t index, std::string_view line) const {
    const bool over = index >= fingerprints_.size();
    const std::string first = over ? "nothing more" : index < lines_.size() ? lines_[index] : "another event";
    return fmt::format("event {} differs:\n  first run: {}\n  this run:  {}", index, first, line);
  }

  static constexpr std::size_t kMostBytes = 256 * 1024 * 1024;
  std::vector<std::uint64_t> fingerprints_;
  std::vector<std::string> lines_;
  std::size_t kept_bytes_ = 0;
  std::size_t compared_ = 0;
  std::optional<std::string> difference_;
};

std::uint64_t digest_of_run(const Scenario& scenario, std::uint64_t seed, TraceWriter::Sink sink) {
  TraceWriter tracer(scenario, seed, std::move(sink));
  World world(scenario.setup, seed, scenario.plan->make_host(scenario.setup.replicas), &tracer);
  world.run();
  return world.digest();
}

int run_determinism(const DeterminismOptions& options) {
  const Scenario scenario = load_scenario(options);
  const std::uint64_t seed = options.seed.value_or(scenario.seed);
  Comparison comparison;
  const auto first = digest_of_run(scenario, seed, [&](std::string_view line) { comparison.remember(line); });
  for (std::uint64_t run = 2; run <= options.runs; ++run) {
    const auto digest =
        digest_of_run(scenario, seed, [&](std::string_view line) { comparison.compare(line); });
    const auto difference = comparison.finish();
    if (!difference && digest == first) continue;
    fmt::print("{} seed {}: run {} differs from run 1: digest {:016x}, not {:016x}\n{}\n",
               printable(scenario.name), seed, run, digest, first,
               difference.value_or("no traced event differs"));
    return 1;
  }
  if (options.quiet) return 0;
  fmt::print("{} seed {}: {} runs of {} traced events, all with digest {:016x}\n", printable(scenario.name),
             seed, options.runs, comparison.events(), first);
  return 0;
}

}  // namespace

void add_determinism_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DeterminismOptions>();  // lives as long as the parser that fills it
  CLI::App* command =
      app.add_subcommand("determinism", "Repeat a run and report the first difference, if any");
  add_scenario_options(*command, *options);
  add_whole_option(*command, "--runs", options->runs, {2, 1'000'000}, "Number of runs; default 2");
  add_quiet_option(*command, options->quiet);
  command->callback([options, &exit_code] { exit_code = run_determinism(*options); });
}

}  // namespace sim
