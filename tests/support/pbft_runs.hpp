// Shared by the tests of PBFT, with and without signatures: scenarios, a stormy network, and the guarantees of
// a run.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/experiment/run.hpp"
#include "tests/support/catch.hpp"

namespace pbft_runs {

using namespace sim;
using Changes = std::vector<std::pair<std::string, Json>>;

inline Scenario scenario(const std::string& file, const Changes& changes = {}) {
  return scenario_at(load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/" + file), changes);
}

inline RunResult run(const Scenario& scenario, int seed) {
  return run_for_sweep(scenario, static_cast<std::uint64_t>(seed));
}

inline void require_safe(const RunResult& r) {
  INFO(r.consensus.story);
  REQUIRE(r.error.empty());
  REQUIRE(r.linearizability.verdict == Verdict::linearizable);
  REQUIRE(r.lost_writes.count == 0);
  REQUIRE(r.consensus.agreement == true);
  REQUIRE(r.consensus.validity == true);
  REQUIRE(r.consensus.election_safety == true);
  REQUIRE(r.consensus.leader_completeness == true);
}

/// Safe, and in the end all correct replicas know and have executed the same.
inline void require_good(const RunResult& r) {
  require_safe(r);
  REQUIRE_FALSE(r.divergence.diverged);
  REQUIRE(r.consensus.termination == true);
  REQUIRE(r.operations.ok > r.operations.invoked / 2);
}

inline void require_good_runs(const Scenario& scenario, int seeds) {
  for (int seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    require_good(run(scenario, seed));
  }
}

/// A network that loses, copies and reorders, and `faults`; checkpoints so frequent that logs are cut all the
/// time.
inline Scenario stormy(const std::string& options, const std::string& faults, int replicas = 4) {
  return read_scenario(Json::parse(R"({"name": "pbft", "duration": "8s", "settle": "3s", "replicas": )" +
                                   std::to_string(replicas) + R"(,
    "protocol": {"name": "pbft", "checkpoint_every": 8, "log_window": 16)" +
                                   options + R"(},
    "service": {"name": "kv", "keys": 4},
    "clients": {"count": 3, "rate": "20/s", "reads": 0.5, "timeout": "1s", "retry": "40ms"},
    "network": {"delay": {"lognormal": {"median": "1ms", "sigma": 0.6}}, "loss": 0.02, "duplicate": 0.01},
    "faults": [)" + faults + "]}"),
                       "pbft_runs");
}

/// Timing that nobody can rely on, and crashes.
inline const std::string kTiming = R"({"random": {"kind": "pause", "rate": "12/min", "mean": "300ms"}},
                               {"random": {"kind": "partition", "rate": "12/min", "mean": "800ms"}})";
inline const std::string kCrashes =
    R"({"random": {"kind": "crash", "rate": "12/min", "mean": "1s", "disk": "tail_lost"}})";

/// Nodes that are Byzantine for nearly all of the time.
inline std::string attack(const std::string& nodes, const std::string& what) {
  return R"({"from": "500ms", "to": "8s", "byzantine": )" + nodes + ", " + what + "}";
}

}  // namespace pbft_runs
