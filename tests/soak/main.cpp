// Draws scenarios within each protocol's assumptions (or changes shipped ones at random), runs them, and says
// which of them went wrong. Ends with 0 when none did, else with 1. What went wrong is told with its number,
// and written with --save as a file that `repsim run` reads.
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "tests/soak/drawn_scenario.hpp"
#include "tests/soak/judgement.hpp"
#include "tests/soak/mutated.hpp"

namespace {

struct Options {
  std::string table{};
  std::string shipped{};
  std::vector<std::string> only{};
  std::uint64_t seeds = 1000, first_seed = 1;
  std::string folder{};
  bool only_write = false;
};

std::string what_runs;  // for the last word when the program dies

void last_word(int signal) {
  std::fprintf(stderr, "died in %s\n", what_runs.c_str());
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

struct Series {
  std::string name{};
  std::function<std::string(std::uint64_t)> trouble{};
  std::function<sim::Json(std::uint64_t)> scenario{};
};

void save(const Options& options, const Series& series, std::uint64_t seed) {
  if (options.folder.empty()) return;
  std::ofstream(options.folder + "/" + series.name + " " + std::to_string(seed) + ".json")
      << series.scenario(seed).dump(1, ' ', false, sim::Json::error_handler_t::replace) << '\n';
}

std::uint64_t write_all(const Options& options, const Series& series) {
  for (std::uint64_t seed = options.first_seed; seed < options.first_seed + options.seeds; ++seed)
    save(options, series, seed);
  return 0;
}

std::uint64_t failures_in(const Options& options, const Series& series) {
  std::uint64_t failures = 0;
  for (std::uint64_t seed = options.first_seed; seed < options.first_seed + options.seeds; ++seed) {
    what_runs = series.name + ", seed " + std::to_string(seed);
    const std::string trouble = series.trouble(seed);
    if (trouble.empty()) continue;
    ++failures;
    std::printf("%s: %s\n", what_runs.c_str(), trouble.c_str());
    std::fflush(stdout);
    save(options, series, seed);
  }
  std::printf("%s: %llu of %llu went wrong\n", series.name.c_str(), static_cast<unsigned long long>(failures),
              static_cast<unsigned long long>(options.seeds));
  std::fflush(stdout);
  return failures;
}

Series drawn(const sim::Json& bounds) {
  return {
      .name = bounds["name"],
      .trouble = [bounds](std::uint64_t seed) { return soak::trouble_with(bounds, seed, seed % 10 == 0); },
      .scenario = [bounds](std::uint64_t seed) { return soak::draw_scenario(bounds, seed); }};
}

Series mutants(const std::string& folder) {
  const auto shipped = soak::shipped_scenarios(folder);
  return {
      .name = "mutant",
      .trouble = [shipped](std::uint64_t seed) { return soak::trouble_with(soak::mutant(shipped, seed)); },
      .scenario = [shipped](std::uint64_t seed) { return soak::mutant(shipped, seed).document; }};
}

std::vector<Series> series_of(const Options& options) {
  std::vector<Series> all;
  if (!options.shipped.empty()) all.push_back(mutants(options.shipped));
  if (options.table.empty()) return all;
  for (const auto& bounds : soak::read_bounds(options.table)) {
    if (options.only.empty() ||
        std::ranges::find(options.only, bounds["name"].get<std::string>()) != options.only.end())
      all.push_back(drawn(bounds));
  }
  return all;
}

}  // namespace

int main(int count, char** words) {
  Options options;
  CLI::App app(
      "Draws scenarios within each protocol's assumptions, or changes shipped ones, and says what went "
      "wrong.");
  app.add_option("table", options.table, "protocols/assumptions.json");
  app.add_option("--mutate", options.shipped, "a folder of scenarios to be changed at random");
  app.add_option("--only", options.only, "only the soak of this name; may be repeated");
  app.add_option("--seeds", options.seeds, "how many scenarios of each");
  app.add_option("--first-seed", options.first_seed, "the first one's number");
  app.add_option("--save", options.folder, "a folder for the scenarios that went wrong");
  app.add_flag("--only-write", options.only_write, "run nothing: write all scenarios into that folder");
  CLI11_PARSE(app, count, words);
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE}) std::signal(signal, last_word);
  std::uint64_t failures = 0;
  for (const Series& series : series_of(options))
    failures += options.only_write ? write_all(options, series) : failures_in(options, series);
  return failures == 0 ? 0 : 1;
}
