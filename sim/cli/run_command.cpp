// `repsim run`: plays one scenario with one seed and reports the result, for people or as JSON; on request it
// leaves a trace, a history or the scenario without its randomness behind.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "sim/cli/commands.hpp"
#include "sim/cli/outputs.hpp"
#include "sim/cli/scenario_options.hpp"
#include "sim/cli/standard_files.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/experiment/run.hpp"
#include "sim/files/output_file.hpp"
#include "sim/history/history.hpp"
#include "sim/history/write_history.hpp"
#include "sim/kernel/printable.hpp"
#include "sim/report/fault_spans.hpp"
#include "sim/report/history_of.hpp"
#include "sim/report/result_json.hpp"
#include "sim/report/run_text.hpp"
#include "sim/report/trace_writer.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {
namespace {

constexpr int kHeld = 0, kFailed = 1, kUndecided = 3;

struct RunOptions : ScenarioOptions {
  bool json = false;
  bool quiet = false;
  std::string trace, history, save, memory;
};

// An author who wrote expectations knows that some scenarios are meant to go wrong; others want to be told.
int verdict_of(const RunResult& r) {
  if (!r.error.empty()) return kUndecided;
  if (!r.expectations_held()) return kFailed;
  const bool violation = r.linearizability.verdict == Verdict::violation || r.divergence.diverged ||
                         r.split_brain.harmful > 0 || r.lost_writes.count > 0 || r.consensus_broken() ||
                         r.answers.deceived > 0 || r.progress.verdict == ProgressJudgement::Verdict::stopped;
  if (r.expectations.empty() && violation) return kFailed;
  return r.linearizability.verdict == Verdict::unknown ? kUndecided : kHeld;
}

std::string how_to_replay(const RunOptions& options, std::uint64_t seed) {
  std::string text = fmt::format("repsim run {} --seed {}", quoted(options.file), seed);
  for (const auto& label : options.points) text += " --point " + quoted(label);
  for (const auto& setting : options.settings) text += " --set " + quoted(setting);
  return text;
}

int run_scenario(RunOptions& options) {
  if (!options.memory.empty()) options.settings.push_back("/max_memory=" + options.memory);
  const Scenario scenario = load_scenario(options);
  const std::uint64_t seed = options.seed.value_or(scenario.seed);
  const std::vector<Destination> outputs{output_of("--trace", options.trace),
                                         output_of("--history", options.history),
                                         output_of("--save", options.save), json_output(options.json)};
  check_outputs(outputs, input_files(scenario));
  const bool to_people = std::ranges::none_of(outputs, fills_standard_output);
  OutputFile trace(outputs[0].path), history(outputs[1].path), save(outputs[2].path);

  std::unique_ptr<TraceWriter> tracer;
  FaultSpans faults;
  if (trace.wanted() || history.wanted()) {
    tracer = std::make_unique<TraceWriter>(scenario, seed, [&](std::string_view line) {
      if (trace.wanted()) trace.stream() << line << '\n';
      if (history.wanted()) faults.take(line);
    });
  }
  const RunResult result = run_once(scenario, seed, tracer.get());
  if (history.wanted()) {
    const History recorded = history_of(scenario, result, faults.spans());
    const bool as_edn = options.history.ends_with(".edn");
    as_edn ? write_edn(history.stream(), recorded) : write_jsonl(history.stream(), recorded);
  }
  const bool too_large = result.error == kTooMuchMemory;  // the random faults alone may be
  if (save.wanted() && too_large)
    say(fmt::format("repsim: {}: not written, as the run takes too much memory\n", options.save));
  if (save.wanted() && !too_large)
    save.stream() << explicit_scenario(scenario, seed, options.save).dump(2) << '\n';
  for (auto* file : {&trace, &history}) file->commit();
  if (!too_large) save.commit();

  const int code = verdict_of(result);
  if (options.json) {
    fmt::print("{}\n", printable_lines(to_json(result).dump(2, ' ', false, Json::error_handler_t::replace)));
  } else if (!options.quiet) {
    std::string text = run_text(scenario, result, line_width());
    if (code != kHeld) text += fmt::format("{:14}{}\n", "replay", how_to_replay(options, seed));
    to_people ? fmt::print("{}", text) : say(text);
  }
  return code;
}

}  // namespace

void add_run_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RunOptions>();  // lives as long as the parser that fills it
  CLI::App* command = app.add_subcommand("run", "Run one scenario and judge what happened");
  add_scenario_options(*command, *options);
  command->add_flag("--json", options->json, "Print the result as JSON");
  command->add_option(
      "--memory", options->memory,
      "Stop a run, undecided, that takes more memory, such as 500MB; same as --set /max_memory=");
  add_quiet_option(*command, options->quiet);
  command->add_option("--trace", options->trace,
                      "Write every event to this file (- for standard output), for scripts/plot.py");
  command->add_option(
      "--history", options->history,
      "Write the clients' history to this file, for repsim check; in Jepsen's EDN if its name ends in .edn");
  command->add_option("--save", options->save,
                      "Write the scenario with its random faults drawn as a fixed timeline");
  command->callback([options, &exit_code] { exit_code = run_scenario(*options); });
}

}  // namespace sim
