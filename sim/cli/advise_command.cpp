// `repsim advise`: finds heartbeat and timeout settings that meet bounds, for measured delays. It ends when
// its time is up or the user interrupts it, with the best so far.
#include <signal.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "sim/cli/commands.hpp"
#include "sim/cli/option_values.hpp"
#include "sim/cli/outputs.hpp"
#include "sim/cli/progress_line.hpp"
#include "sim/cli/round_trips.hpp"
#include "sim/cli/scenario_options.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/experiment/advise/advise.hpp"
#include "sim/experiment/advise/trial_log.hpp"
#include "sim/files/output_file.hpp"
#include "sim/kernel/printable.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

struct AdviseArguments {
  std::string file;
  std::vector<std::string> settings, points;
  std::vector<std::string> bounds{"split_brain=1/h", "outage=2s"};
  std::string heartbeat, timeout;
  std::string delays;
  std::vector<std::string> round_trips;
  std::optional<double> hours, pauses_per_hour;
  std::string pause, within, memory;
  unsigned jobs = 0;
  std::string out;
  bool json = false;
  bool quiet = false;
};

// For outages, timeouts and pauses: runs must be several times as long.
constexpr Duration kLongest = std::chrono::hours{240};

[[noreturn]] void refuse_bound(const std::string& text, std::string nearest_name = {}) {
  std::vector<std::string> names;
  for (const auto& c : concerns()) names.emplace_back(c.name);
  throw InputError({.file = "--bound",
                    .found = fmt::format("found \"{}\"", text),
                    .expected = fmt::format("NAME=LIMIT such as split_brain=1/h, outage=2s (up to 240h) or "
                                            "messages=500/s, with NAME one of {}",
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
      if (!d || *d <= 0ns || *d > kLongest) refuse_bound(text);
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
      if (b.concern == bound.concern) refuse_bound(text + ", a second bound on the same");
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
  if (!low || !high || *low <= 0ns || *low > *high || *high > kLongest) {
    throw InputError({.file = option,
                      .found = fmt::format("found \"{}\"", text),
                      .expected = "a range of durations such as 10ms..500ms, or one duration; up to 240h"});
  }
  return Span{*low, *high};
}

Duration positive_duration(const std::string& option, std::string text, Duration longest) {
  if (text.size() > 1 && text.ends_with('m') && text[text.size() - 2] >= '0' && text[text.size() - 2] <= '9')
    text += "in";  // as people say it
  const auto d = parse_duration(text);
  if (d && *d > 0ns && *d <= longest) return *d;
  throw InputError(
      {.file = option,
       .found = "found " + shown(text),
       .expected = fmt::format("a duration above 0 and up to {}, such as 2s", to_text(longest))});
}

std::optional<Pauses> pauses_of(const AdviseArguments& options) {
  if (options.pause.empty()) {
    if (!options.pauses_per_hour) return std::nullopt;
    throw InputError({.file = "--pauses-per-hour",
                      .found = "given without --pause",
                      .expected = "also --pause, such as --pause 2s"});
  }
  return Pauses{.length = positive_duration("--pause", options.pause, kLongest),
                .per_hour = options.pauses_per_hour.value_or(1)};
}

// The first signal asks to end; a second one ends the process at once.
volatile std::sig_atomic_t signalled = 0;

void end_when_asked() {
  struct sigaction action {};
  action.sa_handler = [](int signal) { signalled = signal; };
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

// The time begins to run when this is called.
std::function<Stop()> stop_after(const std::string& within) {
  using Clock = std::chrono::steady_clock;
  constexpr Duration kYear = std::chrono::hours{24 * 365};
  const Duration time = within.empty() ? kYear : positive_duration("--within", within, kYear);
  const auto end = Clock::now() + time;
  return [end] {
    if (signalled != 0) return Stop::interrupt;
    return Clock::now() >= end ? Stop::time : Stop::none;
  };
}

Scenario asked_scenario(const AdviseArguments& options) {
  std::vector<std::string> settings = options.settings;
  if (!options.memory.empty()) settings.push_back("/max_memory=" + options.memory);
  if (!options.delays.empty() && !options.round_trips.empty())
    throw InputError(
        {.file = "--round-trips", .found = "given besides --delays", .expected = "one of the two"});
  Scenario scenario = loaded_scenario(options.file, settings, options.points);
  return with_delays(with_round_trips(std::move(scenario), options.round_trips), options.delays);
}

int exit_code_of(const Advice& advice) {
  constexpr int kSignalled = 128;
  if (advice.stop == Stop::interrupt) return kSignalled + static_cast<int>(signalled);
  if (advice.answer == Answer::found) return 0;
  return advice.answer == Answer::impossible ? 1 : 3;
}

int run_advise(const AdviseArguments& options) {
  AdviceOptions advise_options{.bounds = parse_bounds(options.bounds)};
  advise_options.stop = stop_after(options.within);
  advise_options.pauses = pauses_of(options);
  const Scenario scenario = asked_scenario(options);
  advise_options.heartbeat = parse_span("--heartbeat", options.heartbeat);
  advise_options.timeout = parse_span("--timeout", options.timeout);
  advise_options.hours = options.hours;
  advise_options.jobs = threads_for(options.jobs);
  const auto folder =
      answer_folder(options.out, {"advice.json", "advice.csv", TrialLog::kFile}, input_files(scenario));
  if (folder) try_to_write({folder->path() / "advice.json", folder->path() / "advice.csv"});
  if (folder) advise_options.folder = folder->path();
  std::string current;
  std::optional<ProgressLine> line;
  advise_options.progress = [&](std::string_view stage, const SweepProgress& p) {
    if (stage != current) line.emplace(std::string(current = stage));
    if (!options.quiet) line->show(p);
  };
  end_when_asked();
  const Advice advice = advise(scenario, advise_options);
  if (folder) {
    write_whole(folder->path() / "advice.csv", advice_csv(advice));
    write_whole(folder->path() / "advice.json", to_json(scenario, advice).dump(2) + '\n');
  }
  if (options.json || !options.quiet)
    fmt::print("{}", options.json ? printable_lines(to_json(scenario, advice).dump()) + "\n"
                                  : advice_text(scenario, advice, table_width()));
  return exit_code_of(advice);
}

}  // namespace

void add_advise_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<AdviseArguments>();
  CLI::App* command =
      app.add_subcommand("advise", "Find heartbeat and timeout settings that meet your bounds");
  command->add_option("FILE", options->file, "Scenario; - for standard input")->required();
  command
      ->add_option("--bound", options->bounds,
                   "An upper bound: split_brain=1/h, outage=2s (the defaults), "
                   "harmful, lost_writes, needless_changes, false_suspicions, outages, messages=500/s")
      ->expected(1)
      ->take_all();
  command->add_option("--delays", options->delays,
                      "Use measured one-way delays instead of the scenario's: one per line, in ms");
  command
      ->add_option(
          "--round-trips", options->round_trips,
          "The same from round trips, halved: numbers, or what ping prints, whose losses then count, "
          "too; A-B=FILE for two replicas or regions; may be repeated")
      ->expected(1)
      ->take_all();
  command->add_option("--heartbeat", options->heartbeat,
                      "Range to search, LOW..HIGH; default: half to twice the scenario's");
  command->add_option("--timeout", options->timeout,
                      "Range to search, LOW..HIGH; default: 1 to 20 heartbeats");
  add_real_option(*command, "--hours", options->hours, {0.01, 1e6},
                  "Virtual time for which the choice is observed in calm, by itself: the evidence; default: "
                  "ten events at the strictest bound, at most 24")
      ->type_name("HOURS");
  command->add_option("--pause", options->pause,
                      "The primary stops for so long, such as 2s for a garbage collection: what happens then "
                      "counts, too");
  add_real_option(*command, "--pauses-per-hour", options->pauses_per_hour, {1e-6, 1e6},
                  "How often the primary pauses; default 1");
  command->add_option("--within", options->within,
                      "End after so much time, such as 2min, with the best so far (exit code 3); Ctrl-C does "
                      "the same (130)");
  command->add_option(
      "--memory", options->memory,
      "Stop a run, undecided, that takes more memory, such as 500MB; same as --set /max_memory=");
  add_jobs_option(*command, options->jobs);
  command->add_option(
      "--out", options->out,
      "Folder for advice.json and advice.csv, which scripts/plot.py draws; takes up the trials "
      "that are there");
  command
      ->add_option("--point", options->points,
                   "Use the sweep's point with this label or varied value; may be repeated")
      ->expected(1)
      ->take_all();
  add_settings_option(*command, options->settings);
  add_quiet_option(*command, options->quiet);
  command->add_flag("--json", options->json, "Print the advice as JSON");
  command->callback([options, &exit_code] { exit_code = run_advise(*options); });
}

}  // namespace sim
