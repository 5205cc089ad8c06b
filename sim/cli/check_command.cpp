#include "sim/cli/check_command.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "sim/cli/check_judging.hpp"
#include "sim/cli/option_values.hpp"
#include "sim/cli/outputs.hpp"
#include "sim/cli/process_memory.hpp"
#include "sim/cli/scenario_options.hpp"
#include "sim/cli/standard_files.hpp"
#include "sim/files/output_file.hpp"
#include "sim/history/objects/object_model.hpp"
#include "sim/history/reading_options.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/kernel/printable.hpp"
#include "sim/linearizability/verdict.hpp"

namespace sim {
namespace {

std::vector<std::string> models() {
  std::vector<std::string> names;
  for (const ObjectModel* model : object_models()) names.emplace_back(model->name);
  return names;
}

void print_json(const nlohmann::ordered_json& json) {
  const std::string line = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  fmt::print("{}\n", printable(line));
}

// With several files, each error has its line among the verdicts; a single file's error is the command's.
void print_error(const CheckOptions& options, const CheckedFile& judged) {
  const std::string line = judged.error_line > 0 ? ":" + std::to_string(judged.error_line) : std::string();
  const std::string where = printable(judged.file) + line;
  if (options.json) {
    const nlohmann::ordered_json json{
        {"file", judged.file}, {"line", judged.error_line}, {"verdict", "error"}, {"story", judged.error}};
    print_json(json);
  } else if (options.files.size() > 1) {
    fmt::print(options.said_to, "{}: error: {}\n", where, printable(judged.error));
  } else {
    fmt::print(stderr, "repsim: {}: {}\n", where, printable(judged.error));
  }
  flush_standard_output();
}

void print(const CheckOptions& options, const CheckedFile& judged) {
  if (!judged.error.empty()) return print_error(options, judged);
  const LinearizabilityResult& result = judged.result;
  const bool sequential = options.consistency == "sequential" && result.verdict == Verdict::linearizable;
  const std::string verdict(sequential ? "sequentially consistent" : verdict_name(result.verdict));
  if (options.json) {
    nlohmann::ordered_json json{
        {"file", judged.file},
        {"model", judged.model ? nlohmann::ordered_json(std::string(model_name(*judged.model))) : nullptr},
        {"operations", judged.operations},
        {"verdict", verdict},
        {"story", result.story},
        {"witness", result.witness},
        {"steps", result.steps}};
    if (!judged.remarks.empty()) json["remarks"] = judged.remarks;
    json.update(judged.explanation);
    if (options.time) {
      json["cpu_seconds"] = judged.cpu_seconds;
      json["explain_cpu_seconds"] = judged.explain_cpu_seconds;
      json["peak_mib"] = judged.peak_mib;
    }
    print_json(json);
  } else {
    const std::string story = result.story.empty() ? std::string() : ": " + result.story;
    const std::string more = result.verdict == Verdict::violation
                                 ? fmt::format(" and {:.4f} s to explain", judged.explain_cpu_seconds)
                                 : std::string();
    const std::string time =
        options.time ? fmt::format(" [{:.4f} s{}, {:.0f} MiB]", judged.cpu_seconds, more, judged.peak_mib)
                     : std::string();
    const std::string what =
        judged.model ? fmt::format(" ({} operations, {})", judged.operations, model_name(*judged.model))
                     : std::string();  // the budget was spent before that was known
    const std::string remarks =
        judged.remarks.empty() ? std::string() : fmt::format(" [{}]", fmt::join(judged.remarks, "; "));
    fmt::print(options.said_to, "{}: {}{}{}{}{}\n", printable(judged.file), verdict, what, time,
               printable(story + judged.why), printable(remarks));
  }
  flush_standard_output();  // a later file may be bad or slow
}

int run_check(CheckOptions options) {
  parse_budget(options);
  require_initial(options);
  options.memory_bytes = parse_memory(options.memory);
  if (!options.save.empty() && options.files.size() > 1)
    throw std::runtime_error("--save: found several histories; expected one");
  const Destination saved = output_of("--save", options.save);
  check_outputs({saved, json_output(options.json)}, {options.files.begin(), options.files.end()});
  if (fills_standard_output(saved)) options.said_to = stderr;
  if (options.memory_bytes > 0) bound_data(data_within(options.memory_bytes));
  bool violation = false;
  bool unknown = false;
  bool bad = false;
  for (const std::string& file : options.files) {
    const CheckedFile judged = judge_file(options, file);
    bad |= !judged.error.empty();
    violation |= judged.result.verdict == Verdict::violation;
    unknown |= judged.result.verdict == Verdict::unknown && judged.error.empty();
    if (!options.quiet || options.json || !judged.error.empty()) print(options, judged);
  }
  if (bad) return 2;
  if (violation) return 1;
  return unknown ? 3 : 0;
}

}  // namespace

void add_check_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CheckOptions>();  // lives as long as the parser that fills it
  CLI::App* command = app.add_subcommand("check", "Judge whether recorded histories are linearizable");
  command
      ->add_option("files", options->files,
                   "Histories: JSON lines, EDN (Jepsen, Knossos), history.txt, jepsen.log, kv texts")
      ->required();
  add_word_option(*command, "--model", options->model, models(),
                  "Model of the object; default: the one that the file names");
  add_word_option(*command, "--format", options->format, format_names(),
                  "Format of the file; default: recognised by its beginning");
  command->add_option("--initial", options->initial,
                      "Initial value of the object in EDN, such as 0 or nil, or unknown (registers, keys)");
  add_word_option(*command, "--nil", options->nil, {"value", "unknown"},
                  "Meaning of a read's nil: a value (default), or unknown: the result was not recorded, as "
                  "in Knossos");
  add_word_option(*command, "--tuples", options->tuples, {"auto", "yes", "no"},
                  "Whether values are [KEY VALUE] tuples of Jepsen's independent: auto (default), yes or no");
  // Without a text, the option counts as not given.
  const auto some_amount = [](const std::string& text) {
    return text.empty() ? std::string("found \"\"; expected an amount") : std::string();
  };
  command
      ->add_option("--budget", options->budget,
                   "Time limit for each file, such as 10s; when it is spent, the verdict is unknown")
      ->check(some_amount);
  add_whole_option(*command, "--steps", options->steps, {.min = 1},
                   "Step limit for each file: gives the same verdict on every machine");
  command->add_option("--memory", options->memory, "Memory limit for all files together, such as 4GB")
      ->check(some_amount);
  add_word_option(*command, "--consistency", options->consistency, {"linearizable", "sequential"},
                  "linearizable (default), or sequential: only each client's own order matters");
  command->add_flag("--time", options->time,
                    "Add the CPU time of each verdict and of its explanation, and the peak memory");
  command->add_flag("--json", options->json, "Print one JSON object per line");
  add_quiet_option(*command, options->quiet);
  command->add_flag("--order", options->order,
                    "Add an order of the operations to the JSON, as far as one exists, for plot.py");
  command->add_option("--save", options->save, "Convert the history to JSON lines in this file");
  command->callback([options, &exit_code] { exit_code = run_check(*options); });
}

}  // namespace sim
