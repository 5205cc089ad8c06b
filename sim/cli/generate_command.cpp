// `repsim generate`: writes a history of a correct object, or of one with a planted bug, to measure or test
// judges of linearizability.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "sim/cli/commands.hpp"
#include "sim/cli/option_values.hpp"
#include "sim/cli/scenario_options.hpp"
#include "sim/files/output_file.hpp"
#include "sim/history/generator.hpp"
#include "sim/history/history.hpp"
#include "sim/history/objects/object_model.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/history/write_history.hpp"
#include "sim/scenario/json.hpp"

namespace sim {
namespace {

using Bug = GeneratorPlan::Bug;
constexpr std::array<std::pair<std::string_view, Bug>, 4> kBugs{{{"none", Bug::none},
                                                                 {"stale-read", Bug::stale_read},
                                                                 {"lost-update", Bug::lost_update},
                                                                 {"reordered", Bug::reordered}}};

struct GenerateOptions {
  GeneratorPlan plan;
  std::string model = "register";
  std::string values = "unique";
  std::string mix;
  std::string crashes = "0";
  std::string bug = "none";
  std::string out;
  bool quiet = false;
};

[[noreturn]] void refuse_option(std::string_view option, std::string_view found, std::string_view expected) {
  throw std::runtime_error(fmt::format("{}: found \"{}\"; expected {}", option, found, expected));
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::uint64_t parse_values(const std::string& text) {
  if (text == "unique") return 0;
  const auto values = whole_number(text);
  if (!values || *values == 0) refuse_option("--values", text, "unique, or how many values there are");
  return *values;
}

// "20" operations, or "8%" of them.
std::uint64_t parse_crashes(const std::string& text, std::uint64_t operations) {
  const bool is_share = text.ends_with('%');
  const auto number = whole_number(std::string_view(text).substr(0, text.size() - (is_share ? 1 : 0)));
  if (!number || (is_share && *number > 100)) {
    refuse_option("--crashes", text, "a number of operations, or a share of them such as 8%");
  }
  return is_share ? operations * *number / 100 : *number;
}

// "read=3,write=1"
std::vector<GeneratorPlan::Weight> parse_mix(std::string_view text) {
  const auto refuse = [&] { refuse_option("--mix", text, "actions with weights, such as read=3,write=1"); };
  std::vector<GeneratorPlan::Weight> mix;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    const auto equals = part.find('=');
    const auto action = action_from_name(part.substr(0, equals));
    const auto weight = equals == part.npos ? 1 : whole_number(part.substr(equals + 1));
    if (!action || !weight || *weight == 0 || *weight > 1'000'000) refuse();
    mix.push_back({*action, *weight});
  }
  return mix;
}

int run_generate(GenerateOptions& options) {
  GeneratorPlan& plan = options.plan;
  plan.model = *model_from_name(options.model);
  plan.values = parse_values(options.values);
  plan.mix = parse_mix(options.mix);
  plan.crashes = parse_crashes(options.crashes, plan.operations);
  plan.bug = std::ranges::find(kBugs, options.bug, &std::pair<std::string_view, Bug>::first)->second;
  OutputFile out(options.out == "-" ? "" : options.out);
  const History history = generate_history(plan);
  const auto write = options.out.ends_with(".edn") ? write_edn : write_jsonl;
  write(out.wanted() ? out.stream() : std::cout, history);
  if (out.wanted()) out.commit();
  return 0;
}

}  // namespace

void add_generate_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<GenerateOptions>();  // lives as long as the parser that fills it
  CLI::App* command =
      app.add_subcommand("generate", "Generate a history of a correct object, or of one with a planted bug");
  GeneratorPlan& plan = options->plan;
  std::vector<std::string> models, bugs;
  for (const ObjectModel* known : object_models()) models.emplace_back(known->name);
  for (const auto& [name, bug] : kBugs) bugs.emplace_back(name);
  add_word_option(*command, "--model", options->model, models, "Type of object; default: register");
  add_whole_option(*command, "--operations", plan.operations, {1, 100'000'000},
                   "Number of operations; default: 1000");
  add_whole_option(*command, "--clients", plan.clients, {1, 65'535},
                   "Number of clients, each with one operation open; default: 5");
  add_whole_option(*command, "--keys", plan.keys, {1, 1'000'000}, "Number of objects; default: 1");
  command->add_option("--values", options->values,
                      "unique (default), or the number of different values written");
  command->add_option("--mix", options->mix, "Actions with weights, such as read=3,write=1");
  command->add_option("--crashes", options->crashes,
                      "Updates that are never answered: a number, or a share such as 8%");
  add_word_option(*command, "--bug", options->bug, bugs, "The bug to plant; default: none");
  add_whole_option(*command, "--bugs", plan.bugs, {1, 1'000'000},
                   "Number of operations that the bug affects; default: 1");
  command
      ->add_option("--bug-from", plan.bug_from, "Plant bugs only after this share of the history; default: 0")
      ->check(CLI::Range(0.0, 1.0));
  add_whole_option(*command, "--seed", plan.seed, {}, "Default: 1");
  command->add_option("--out", options->out,
                      "Output file, in Jepsen's EDN if its name ends in .edn; default: standard output");
  add_quiet_option(*command, options->quiet);
  command->callback([options, &exit_code] { exit_code = run_generate(*options); });
}

}  // namespace sim
