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
#include "sim/experiment/advise.hpp"
#include "sim/files/output_file.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

struct AdviseArguments {
  std::string file;
  std::vector<std::string> settings, points;
  std::vector<std::string> bounds{"split_brain=1/h", "outage=2s"};
  std::string heartbeat, timeout;
  std::string delays, round_trips;
  double hours = 24;
  unsigned jobs = 0;
  std::string out;
  bool json = false;
  bool quiet = false;
};

[[noreturn]] void refuse_bound(const std::string& text, std::string nearest_name = {}) {
  std::vector<std::string> names;
  for (const auto& c : concerns()) names.emplace_back(c.name);
  throw InputError(
      {.file = "--bound",
       .found = fmt::format("found \"{}\"", text),
       .expected = fmt::format("NAME=LIMIT such as split_brain=1/h, outage=2s or messages=500/s, with NAME "
                               "one of {}",
                               fmt::join(names, ", ")),
       .nearest = std::move(nearest_name)});
}

Bound parse_bound(const std::string& text) {
  const auto equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const std::string limit = equals == std::string::npos ? "" : text.substr(equals + 1);
  std::vector<std::string> names;
  for (const auto& c : concerns()) {
    names.emplace_back(c.name);
    if (c.name != name) continue;
    if (c.concern == Concern::outage) {
      const auto d = parse_duration(limit);
      if (!d || *d <= 0ns) refuse_bound(text);
      return {c.concern, static_cast<double>(d->count()) / 1e9};
    }
    const auto rate = parse_rate(limit);
    if (!rate) refuse_bound(text);
    return {c.concern, c.concern == Concern::messages ? *rate : *rate * 3600};
  }
  refuse_bound(text, nearest(name, names));
}

std::vector<Bound> parse_bounds(const std::vector<std::string>& texts) {
  std::vector<Bound> bounds;
  for (const auto& text : texts) {
    const Bound bound = parse_bound(text);
    for (const Bound& b : bounds) {
      if (b.concern == bound.concern) refuse_bound(text + ", a second one on the same");
    }
    bounds.push_back(bound);
  }
  return bounds;
}

std::optional<Span> parse_span(const std::string& option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto dots = text.find("..");
  const auto low = parse_duration(text.substr(0, dots));
  const auto high = dots == std::string::npos ? low : parse_duration(text.substr(dots + 2));
  if (!low || !high || *low <= 0ns || *low > *high) {
    throw InputError({.file = option,
                      .found = fmt::format("found \"{}\"", text),
                      .expected = "a range of durations such as 10ms..500ms, or one duration"});
  }
  return Span{*low, *high};
}

// A measured law is one setting more: its file is named as seen from here, not from the scenario.
std::vector<std::string> settings_of(const AdviseArguments& options) {
  std::vector<std::string> settings = options.settings;
  if (!options.delays.empty() && !options.round_trips.empty())
    throw InputError(
        {.file = "--round-trips", .found = "given besides --delays", .expected = "one of the two"});
  const bool one_way = options.round_trips.empty();
  const std::string& file = one_way ? options.delays : options.round_trips;
  if (file.empty()) return settings;
  const Json law{{"empirical", std::filesystem::absolute(file).lexically_normal().string()},
                 {"scale", one_way ? 1.0 : 0.5}};
  settings.push_back("/network/delay=" + law.dump());
  return settings;
}

int run_advise(const AdviseArguments& options) {
  const Scenario scenario = loaded_scenario(options.file, settings_of(options), options.points);
  AdviceOptions advise_options{.bounds = parse_bounds(options.bounds)};
  advise_options.heartbeat = parse_span("--heartbeat", options.heartbeat);
  advise_options.timeout = parse_span("--timeout", options.timeout);
  advise_options.hours = options.hours;
  advise_options.jobs = threads_for(options.jobs);
  const auto folder = answer_folder(options.out, {"advice.json", "advice.csv"}, input_files(scenario));
  OutputFile json(folder ? folder->path() / "advice.json" : ""),
      csv(folder ? folder->path() / "advice.csv" : "");
  std::string current;
  std::optional<ProgressLine> line;
  advise_options.progress = [&](std::string_view stage, const SweepProgress& p) {
    if (stage != current) line.emplace(std::string(current = stage));
    if (!options.quiet) line->show(p);
  };
  const Advice advice = advise(scenario, advise_options);
  if (folder) {
    json.stream() << to_json(scenario, advice).dump(2) << '\n';
    csv.stream() << advice_csv(advice);
    json.commit();
    csv.commit();
  }
  if (options.json || !options.quiet)
    fmt::print("{}", options.json ? to_json(scenario, advice).dump() + "\n" : advice_text(scenario, advice));
  if (advice.answer == Answer::found) return 0;
  return advice.answer == Answer::impossible ? 1 : 3;
}

}  // namespace

void add_advise_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<AdviseArguments>();
  CLI::App* command =
      app.add_subcommand("advise", "Find the heartbeat and the timeout that keep what you can bear");
  command->add_option("FILE", options->file, "Scenario; - for standard input")->required();
  command
      ->add_option("--bound", options->bounds,
                   "What you can bear: split_brain=1/h, outage=2s (the defaults), "
                   "harmful, lost_writes, needless_changes, false_suspicions, outages, messages=500/s")
      ->expected(1)
      ->take_all();
  command->add_option("--delays", options->delays,
                      "Measured one-way delays instead of the scenario's: one in ms a line");
  command->add_option("--round-trips", options->round_trips,
                      "The same from round trips, as a ping log gives: halved");
  command->add_option("--heartbeat", options->heartbeat,
                      "Search these, LOW..HIGH; default: half to twice the scenario's");
  command->add_option("--timeout", options->timeout, "Search these, LOW..HIGH; default: 1 to 20 heartbeats");
  const auto take_hours = [options](const std::string& text) {
    options->hours = parse_real("--hours", text, {0.01, 1e6});
  };
  command
      ->add_option_function<std::string>("--hours", take_hours,
                                         "Virtual time to observe a finalist for, at most; default 24")
      ->type_name("HOURS");
  add_jobs_option(*command, options->jobs);
  command->add_option("--out", options->out,
                      "Folder for advice.json and advice.csv, which scripts/plot.py draws");
  command
      ->add_option("--point", options->points,
                   "At the point of its sweep with this label, or this value of what varies; may be repeated")
      ->expected(1)
      ->take_all();
  add_settings_option(*command, options->settings);
  add_quiet_option(*command, options->quiet);
  command->add_flag("--json", options->json, "Print the advice as JSON");
  command->callback([options, &exit_code] { exit_code = run_advise(*options); });
}

}  // namespace sim
