#include "sim/cli/check_command.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <limits>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/check/linearizability.hpp"
#include "sim/check/sequential_consistency.hpp"
#include "sim/cli/check_report.hpp"
#include "sim/cli/outputs.hpp"
#include "sim/cli/process_memory.hpp"
#include "sim/cli/standard_files.hpp"
#include "sim/files/output_file.hpp"
#include "sim/history/history.hpp"
#include "sim/history/object_model.hpp"

namespace sim {
namespace {

struct CheckOptions {
  std::vector<std::string> files;
  std::string model;
  std::string format = "auto";
  std::string budget;
  std::string memory;
  std::size_t memory_bytes = 0;  // what `memory` says; 0: any
  std::uint64_t steps = 0;       // 0: as many as the budget of time allows, or a thousand million
  std::string consistency = "linearizable";
  bool time = false;
  bool json = false;
  bool order = false;
  std::string save;
};

struct Judged {
  std::string file;
  Model model{};
  std::size_t operations = 0;
  LinearizabilityResult result;
  std::string why;  // the same as `explanation`, in words
  nlohmann::ordered_json explanation = nlohmann::ordered_json::object();  // what to add to the JSON
  double cpu_seconds = 0;          // until the verdict was known, reading included
  double explain_cpu_seconds = 0;  // from then on
  double peak_mib = 0;             // of the process so far
};

constexpr std::uint64_t kStepsToOrder = 3'000'000;  // a picture isn't worth more

double seconds_since(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// "10s" or "1.5GB": a number and one of the units, each with what it stands for.
double parse_amount(const std::string& option, const std::string& text,
                    std::initializer_list<std::pair<std::string_view, double>> units, const char* expected) {
  std::size_t used = 0;
  double amount = -1;
  try {
    amount = std::stod(text, &used);
  } catch (const std::logic_error&) {
    used = 0;
  }
  for (const auto& [unit, scale] : units) {
    if (used > 0 && amount > 0 && amount < 1e6 && text.substr(used) == unit) return amount * scale;
  }
  throw std::runtime_error(option + ": found \"" + text + "\"; expected " + expected);
}

// In bytes; 0 when nothing was said.
std::size_t parse_memory(const std::string& text) {
  if (text.empty()) return 0;
  return static_cast<std::size_t>(
      parse_amount("--memory", text, {{"MB", 0x1p20}, {"GB", 0x1p30}}, "an amount such as 500MB or 4GB"));
}

// A wall-clock limit makes the verdict depend on the machine, so there is none by default. It begins here.
LinearizabilityBudget parse_budget(const CheckOptions& options) {
  LinearizabilityBudget budget{.steps = 1'000'000'000};
  if (!options.budget.empty()) {
    const double seconds = parse_amount("--budget", options.budget, {{"ms", 1e-3}, {"s", 1.0}, {"m", 60.0}},
                                        "a time such as 500ms, 10s or 2m");
    const auto limit = std::chrono::duration<double>(seconds);
    const auto start = std::chrono::steady_clock::now();
    budget.steps = std::numeric_limits<std::uint64_t>::max();
    budget.out_of_time = [=] { return std::chrono::steady_clock::now() - start > limit; };
  }
  if (options.steps > 0) budget.steps = options.steps;
  if (options.memory_bytes > 0) {
    budget.memory_bytes =
        data_within(options.memory_bytes) / 3;  // while a table grows, old and new are there
  }
  return budget;
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const ObjectModel* model : object_models()) names.emplace_back(model->name);
  return names;
}

Model choose_model(const CheckOptions& options, const History& history, const std::string& file) {
  const auto model = options.model.empty() ? history.model : model_from_name(options.model);
  if (!model) throw HistoryError(file, 0, "the file names no model; choose one with --model");
  return *model;
}

// What the file's verdict deserves to be told besides, within what the verdict left of the budget.
void add_reasons(const CheckOptions& options, const History& history, const Value& initial,
                 LinearizabilityBudget budget, Judged& judged) {
  judged.explanation["consistency"] = options.consistency;
  if (options.consistency == "sequential") return;
  budget.steps -= std::min(budget.steps, judged.result.steps);
  std::optional<std::size_t> end;
  if (judged.result.verdict == Verdict::violation) {
    const TimeUnit unit = history.times_are_lines ? TimeUnit::lines : TimeUnit::nanoseconds;
    const Explanation why =
        explain_violation(history.operations, judged.model, initial, judged.result, unit, budget);
    judged.result.witness = why.contradiction.witness;
    judged.result.story = why.story;
    judged.result.steps += why.steps;
    add_explanation(judged.explanation, history, why);
    judged.why = explanation_text(history, why);
    end = why.contradiction.prefix_end;
    budget.steps -= std::min(budget.steps, why.steps);
  }
  if (!options.order) return;
  budget.steps = std::min(budget.steps, kStepsToOrder);
  judged.explanation["linearization"] =
      to_json(find_linearization(history.operations, judged.model, initial, end, budget));
}

void save(History history, Model model, const std::string& file) {
  history.model = model;
  OutputFile out(file);
  write_jsonl(out.stream(), history);
  out.commit();
}

// First the verdict alone. Who is told of a violation also wants to know why, which takes longer.
void judge_history(const CheckOptions& options, const std::string& file, Judged& judged) {
  const std::clock_t start = std::clock();
  const LinearizabilityBudget budget = parse_budget(options);
  const History history = read_history_file(file, *format_from_name(options.format), budget.out_of_time);
  judged.model = choose_model(options, history, file);
  judged.operations = history.operations.size();
  const Value initial = history.initial.value_or(initial_value(judged.model));
  if (!options.save.empty()) save(history, judged.model, options.save);
  const TimeUnit unit = history.times_are_lines ? TimeUnit::lines : TimeUnit::nanoseconds;
  try {
    judged.result =
        options.consistency == "sequential"
            ? check_sequential_consistency(history.operations, judged.model, initial, budget, unit)
            : check_linearizability(history.operations, judged.model, initial, budget, unit, Detail::verdict);
  } catch (const std::invalid_argument& error) {
    throw HistoryError(file, 0,
                       std::string(error.what()) + " (model " + std::string(model_name(judged.model)) + ")");
  }
  judged.cpu_seconds = seconds_since(start);
  const std::clock_t known = std::clock();
  try {
    add_reasons(options, history, initial, budget, judged);
  } catch (const std::bad_alloc&) {
    judged.why = " (no memory was left to say more)";  // the verdict stands
  }
  judged.explain_cpu_seconds = seconds_since(known);
}

Judged judge(const CheckOptions& options, const std::string& file) {
  const std::clock_t start = std::clock();
  Judged judged;
  judged.file = file;
  try {
    if (options.memory_bytes > 0 && peak_memory() > options.memory_bytes) throw std::bad_alloc();
    judge_history(options, file, judged);
  } catch (const ReadingStopped&) {
    judged.cpu_seconds = seconds_since(start);
    judged.result = {
        .verdict = Verdict::unknown,
        .story = "undecided: the budget of time (" + options.budget + ") was spent before all was read",
        .witness = {}};
  } catch (const std::bad_alloc&) {
    judged.cpu_seconds = seconds_since(start);
    judged.result = {.verdict = Verdict::unknown,
                     .story = "undecided: the budget of memory" +
                              (options.memory.empty() ? std::string() : " (" + options.memory + ")") +
                              " was spent",
                     .witness = {}};
  }
  judged.peak_mib = static_cast<double>(peak_memory()) / 0x1p20;
  return judged;
}

void print(const CheckOptions& options, const Judged& judged) {
  const LinearizabilityResult& result = judged.result;
  const bool sequential = options.consistency == "sequential" && result.verdict == Verdict::linearizable;
  const std::string verdict(sequential ? "sequentially consistent" : verdict_name(result.verdict));
  if (options.json) {
    nlohmann::ordered_json json{{"file", judged.file},
                                {"model", std::string(model_name(judged.model))},
                                {"operations", judged.operations},
                                {"verdict", verdict},
                                {"story", result.story},
                                {"witness", result.witness},
                                {"steps", result.steps}};
    json.update(judged.explanation);
    if (options.time) {
      json["cpu_seconds"] = judged.cpu_seconds;
      json["explain_cpu_seconds"] = judged.explain_cpu_seconds;
      json["peak_mib"] = judged.peak_mib;
    }
    fmt::print("{}\n", json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  } else {
    const std::string story = result.story.empty() ? std::string() : ": " + result.story;
    const std::string more = result.verdict == Verdict::violation
                                 ? fmt::format(" and {:.4f} s to explain", judged.explain_cpu_seconds)
                                 : std::string();
    const std::string time =
        options.time ? fmt::format(" [{:.4f} s{}, {:.0f} MiB]", judged.cpu_seconds, more, judged.peak_mib)
                     : std::string();
    const std::string what =
        judged.operations > 0
            ? fmt::format(" ({} operations, {})", judged.operations, model_name(judged.model))
            : std::string();  // the budget was spent before that was known
    fmt::print("{}: {}{}{}{}\n", judged.file, verdict, what, time, story + judged.why);
  }
  flush_standard_output();  // a later file may be bad or slow
}

int run_check(CheckOptions options) {
  parse_budget(options);
  options.memory_bytes = parse_memory(options.memory);
  if (!options.save.empty() && options.files.size() > 1)
    throw std::runtime_error("--save: found several histories; expected one");
  check_outputs({options.save}, {options.files.begin(), options.files.end()});
  if (options.memory_bytes > 0) bound_data(data_within(options.memory_bytes));
  bool violation = false;
  bool unknown = false;
  for (const std::string& file : options.files) {
    const Judged judged = judge(options, file);
    violation |= judged.result.verdict == Verdict::violation;
    unknown |= judged.result.verdict == Verdict::unknown;
    print(options, judged);
  }
  if (violation) return 1;
  return unknown ? 3 : 0;
}

}  // namespace

void add_check_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CheckOptions>();  // lives as long as the parser that fills it
  CLI::App* command = app.add_subcommand("check", "Judge recorded histories: are they linearizable?");
  command
      ->add_option("files", options->files,
                   "Histories: JSON lines, EDN (Jepsen, Knossos), etcd logs, kv texts")
      ->required();
  command->add_option("--model", options->model, "The object; default: what the file says")
      ->check(CLI::IsMember(model_names()));
  command->add_option("--format", options->format, "Default: told from the file's beginning")
      ->check(CLI::IsMember({"auto", "jsonl", "edn", "etcd", "kv"}));
  command->add_option("--budget", options->budget,
                      "Time for each file, such as 10s; beyond it the verdict is unknown");
  command->add_option("--steps", options->steps,
                      "Steps for each file: a budget that gives the same verdict on any machine");
  command->add_option("--memory", options->memory, "Memory for all, such as 4GB: never exceeded");
  command
      ->add_option("--consistency", options->consistency,
                   "linearizable (default), or sequential: only each client's own order counts")
      ->check(CLI::IsMember({"linearizable", "sequential"}));
  command->add_flag(
      "--time", options->time,
      "Add each file's processor time until its verdict and for explaining it, and peak memory");
  command->add_flag("--json", options->json, "One JSON object a line");
  command->add_flag("--order", options->order,
                    "Add an order of the operations, as far as there is one, to the JSON: for plot.py");
  command->add_option("--save", options->save,
                      "Write the history to this file as JSON lines, whatever its format");
  command->callback([options, &exit_code] { exit_code = run_check(*options); });
}

}  // namespace sim
