// Draws scenarios within each protocol's assumptions (or changes shipped ones at random), runs them, and says
// which of them went wrong. Ends with 0 when none did, else with 1. What went wrong is told with its number,
// and written with --save as a file that `repsim run` reads. However many jobs there are, the same lines are
// printed in the same order.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
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
  unsigned jobs = 1;
  bool only_write = false;
};

thread_local std::string what_runs;  // for the last word when the program dies

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

void write_all(const Options& options, const Series& series) {
  for (std::uint64_t seed = options.first_seed; seed < options.first_seed + options.seeds; ++seed)
    save(options, series, seed);
}

// So many scenarios of a series are tried by one thread at a time.
constexpr std::uint64_t kPortion = 50;

struct Portion {
  std::size_t series = 0;
  std::uint64_t first_seed = 0, seeds = 0;
};

struct Outcome {
  std::string lines{};
  std::uint64_t failures = 0, undecided = 0;
};

Outcome tried(const Options& options, const Series& series, const Portion& portion) {
  Outcome outcome;
  for (std::uint64_t seed = portion.first_seed; seed < portion.first_seed + portion.seeds; ++seed) {
    what_runs = fmt::format("{}, seed {}", series.name, seed);
    const std::string trouble = series.trouble(seed);
    if (trouble.empty()) continue;
    (trouble.starts_with(soak::kUndecided) ? outcome.undecided : outcome.failures) += 1;
    outcome.lines += fmt::format("{}: {}\n", what_runs, trouble);
    save(options, series, seed);
  }
  return outcome;
}

std::vector<Portion> portions_of(const Options& options, std::size_t series) {
  std::vector<Portion> all;
  for (std::size_t i = 0; i < series; ++i) {
    for (std::uint64_t done = 0; done < options.seeds; done += kPortion)
      all.push_back({i, options.first_seed + done, std::min(kPortion, options.seeds - done)});
  }
  return all;
}

// Tries all portions on several threads, and prints what each had to say in order.
class Soaking {
 public:
  Soaking(const Options& options, const std::vector<Series>& series)
      : options_(options),
        series_(series),
        portions_(portions_of(options, series.size())),
        outcomes_(portions_.size()) {}

  std::uint64_t failures() {
    std::vector<std::thread> others;
    for (unsigned i = 1; i < options_.jobs; ++i) others.emplace_back([this] { work(); });
    work();
    for (auto& other : others) other.join();
    return all_failures_;
  }

 private:
  void work() {
    for (std::size_t next = next_++; next < portions_.size(); next = next_++) {
      const Portion& portion = portions_[next];
      Outcome outcome = tried(options_, series_[portion.series], portion);
      const std::lock_guard lock(printing_);
      outcomes_[next] = std::move(outcome);
      print();
    }
  }

  void print() {
    for (; printed_ < portions_.size() && outcomes_[printed_]; ++printed_) {
      std::fputs(outcomes_[printed_]->lines.c_str(), stdout);
      failures_ += outcomes_[printed_]->failures;
      undecided_ += outcomes_[printed_]->undecided;
      const std::size_t series = portions_[printed_].series;
      if (printed_ + 1 < portions_.size() && portions_[printed_ + 1].series == series) continue;
      const auto undecided = std::exchange(undecided_, 0);
      fmt::print("{}: {} of {} went wrong{}\n", series_[series].name, failures_, options_.seeds,
                 undecided == 0 ? "" : fmt::format(", {} undecided", undecided));
      all_failures_ += std::exchange(failures_, 0);
    }
    std::fflush(stdout);
  }

  const Options& options_;
  const std::vector<Series>& series_;
  std::vector<Portion> portions_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex printing_{};  // guards all below
  std::vector<std::optional<Outcome>> outcomes_;
  std::size_t printed_ = 0;
  std::uint64_t failures_ = 0, undecided_ = 0;  // of the series that is being printed
  std::uint64_t all_failures_ = 0;              // of those before
};

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
  app.add_option("--jobs", options.jobs, "on so many threads")->check(CLI::Range(1, 256));
  app.add_flag("--only-write", options.only_write, "run nothing: write all scenarios into that folder");
  CLI11_PARSE(app, count, words);
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE}) std::signal(signal, last_word);
  const std::vector<Series> series = series_of(options);
  if (options.only_write) {
    for (const Series& one : series) write_all(options, one);
    return 0;
  }
  return Soaking(options, series).failures() == 0 ? 0 : 1;
}
