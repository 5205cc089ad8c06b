#include "sim/cli/bench_sweep.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "sim/experiment/run.hpp"
#include "sim/experiment/sweep/sweep.hpp"

namespace sim {
namespace {

constexpr std::uint64_t kSweptRuns = 20'000;

class TemporaryFolder {
 public:
  TemporaryFolder()
      : path(std::filesystem::temp_directory_path() / fmt::format("repsim-bench-{}", ::getpid())) {}
  ~TemporaryFolder() {
    std::error_code nobody_asks;
    std::filesystem::remove_all(path, nobody_asks);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path path;
};

// So short that the measured part isn't lost in the spread of the runs, and with a full row of results.
Scenario short_scenario() {
  return read_scenario(Json::parse(R"({"name": "bench", "about": "Short runs.", "duration": "20ms",
    "settle": "5ms", "replicas": 2, "protocol": {"name": "primary_backup"},
    "service": {"name": "kv", "keys": 2}, "clients": {"count": 2, "rate": "200/s"},
    "network": {"delay": {"exponential": "1ms"}, "loss": 0.05}})"),
                       "bench");
}

template <class Work> double cpu_us_of_a_run(const Work& work) {
  const auto now = [] {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) * 1e-3;
  };
  const double start = now();
  work();
  return (now() - start) / static_cast<double>(kSweptRuns);
}

}  // namespace

// Both take turns, so that a slower minute of the machine slows both; the median of the differences.
double sweep_overhead_us() {
  const Scenario scenario = short_scenario();
  std::array<double, 5> differences{};
  std::uint64_t events = 0;  // keeps the loop alive
  for (double& difference : differences) {
    const TemporaryFolder folder;
    const double bare = cpu_us_of_a_run([&] {
      for (std::uint64_t seed = 1; seed <= kSweptRuns; ++seed) events += run_for_sweep(scenario, seed).events;
    });
    const double swept =
        cpu_us_of_a_run([&] { sweep(scenario, {.seeds = kSweptRuns, .jobs = 1, .out = folder.path}); });
    difference = events == 0 ? 0 : swept - bare;
  }
  std::ranges::sort(differences);
  return differences[differences.size() / 2];
}

}  // namespace sim
