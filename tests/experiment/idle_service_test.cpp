// Replicas that hear of the last requests only with the next heartbeat, batch or status are not left behind,
// however short the settle phase; those that never hear of them are.
#include <string>

#include <fmt/format.h>

#include "sim/experiment/run.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

int diverged_runs(const std::string& protocol, const std::string& settle, double loss) {
  const Scenario scenario = read_scenario(
      Json::parse(fmt::format(R"({{"name": "idle", "about": "One client asks now and then.", "duration": "1s",
                       "settle": "{}", "replicas": 4, "protocol": {}, "service": {{"name": "counter"}},
                       "clients": {{"count": 1, "rate": "20/s", "reads": 0, "timeout": "500ms"}},
                       "network": {{"delay": "2ms", "loss": {}}}}})",
                              settle, protocol, loss)),
      "idle.json");
  int diverged = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed)
    diverged += run_for_sweep(scenario, seed).divergence.diverged ? 1 : 0;
  return diverged;
}

}  // namespace

TEST_CASE("a service that is told the last requests at the next interval leaves nobody behind") {
  for (const char* protocol :
       {R"({"name": "raft", "heartbeat": "60ms"})", R"({"name": "multi_paxos", "heartbeat": "60ms"})",
        R"({"name": "viewstamped_replication", "commit_interval": "60ms"})",
        R"({"name": "primary_backup", "batch": "60ms"})", R"({"name": "chain", "retransmit": "60ms"})",
        R"({"name": "pbft", "status_every": "60ms"})"}) {
    for (const char* settle : {"0s", "5ms", "20ms", "40ms"}) {
      INFO(protocol << " settle " << settle);
      CHECK(diverged_runs(protocol, settle, 0) == 0);
    }
  }
}

TEST_CASE("a service that never repeats what was lost leaves replicas behind") {
  CHECK(diverged_runs(R"({"name": "chain"})", "40ms", 0.05) > 0);
  CHECK(diverged_runs(R"({"name": "chain", "retransmit": "60ms"})", "400ms", 0.05) == 0);
}
