// A thousand replicas are slow to draw, not slow to run.
#include <string>

#include "sim/experiment/run.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

RunResult thousand(const std::string& protocol, const std::string& client_network) {
  const Scenario scenario = read_scenario(
      Json::parse(
          R"({"name": "thousand", "duration": "1s", "settle": "500ms", "replicas": 1000, "protocol": )" +
          protocol + R"(, "service": {"name": "kv", "keys": 4}, "clients": {"count": 2, "rate": "20/s"},
                  "network": {"delay": {"uniform": ["1ms", "2ms"]})" +
          client_network + "}}"),
      "scale_test");
  return run_for_sweep(scenario, 1);
}

void require_good(const RunResult& r) {
  CHECK(r.error.empty());
  CHECK(r.operations.ok == r.operations.invoked);
  CHECK(r.operations.ok > 20);
  CHECK(r.linearizability.verdict == Verdict::linearizable);
  CHECK_FALSE(r.divergence.diverged);
}

}  // namespace

TEST_CASE("a thousand replicas of naive broadcast answer every operation and end alike") {
  require_good(thousand(R"({"name": "naive_broadcast"})", R"(, "client": "same")"));
}

TEST_CASE("a thousand replicas of Raft answer every operation and end alike") {
  const RunResult r = thousand(
      R"({"name": "raft", "election_timeout_min": "300ms", "election_timeout_max": "600ms", "heartbeat": "100ms"})",
      "");
  require_good(r);
  CHECK(r.consensus.agreement == true);
  CHECK(r.consensus.termination == true);
}
