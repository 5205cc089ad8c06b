// Draws scenarios within each protocol's assumptions, runs them, and says which of them went wrong.
// Usage: repsim_soak TABLE [--only NAME]... [--seeds N] [--first-seed N] [--save DIR]
// TABLE is protocols/assumptions.json. Ends with 0 when nothing went wrong, else with 1; each failure is told
// with its scenario's number, and with --save written as a file that `repsim run` reads.
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "tests/soak/drawn_scenario.hpp"
#include "tests/soak/judgement.hpp"

namespace {

struct Options {
  std::string table{};
  std::vector<std::string> only{};
  std::uint64_t seeds = 1000, first_seed = 1;
  std::string folder{};
};

bool wanted(const Options& options, const std::string& name) {
  return options.only.empty() || std::ranges::find(options.only, name) != options.only.end();
}

std::uint64_t soak_one(const Options& options, const sim::Json& bounds) {
  const std::string name = bounds["name"];
  std::uint64_t failures = 0;
  for (std::uint64_t seed = options.first_seed; seed < options.first_seed + options.seeds; ++seed) {
    const std::string trouble = soak::trouble_with(bounds, seed, seed % 10 == 0);
    if (trouble.empty()) continue;
    ++failures;
    std::printf("%s, seed %llu: %s\n", name.c_str(), static_cast<unsigned long long>(seed), trouble.c_str());
    std::fflush(stdout);
    if (options.folder.empty()) continue;
    std::ofstream(options.folder + "/" + name + " " + std::to_string(seed) + ".json")
        << soak::draw_scenario(bounds, seed).dump(1) << '\n';
  }
  std::printf("%s: %llu of %llu went wrong\n", name.c_str(), static_cast<unsigned long long>(failures),
              static_cast<unsigned long long>(options.seeds));
  std::fflush(stdout);
  return failures;
}

}  // namespace

int main(int count, char** words) {
  Options options;
  CLI::App app("Draws scenarios within each protocol's assumptions and says which of them went wrong.");
  app.add_option("table", options.table, "protocols/assumptions.json")->required();
  app.add_option("--only", options.only, "only this soak; may be repeated");
  app.add_option("--seeds", options.seeds, "how many scenarios of each");
  app.add_option("--first-seed", options.first_seed, "the first one's number");
  app.add_option("--save", options.folder, "a folder for the scenarios that went wrong");
  CLI11_PARSE(app, count, words);
  std::uint64_t failures = 0;
  for (const auto& bounds : soak::read_bounds(options.table)) {
    if (wanted(options, bounds["name"])) failures += soak_one(options, bounds);
  }
  return failures == 0 ? 0 : 1;
}
