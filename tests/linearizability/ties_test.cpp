// The rule for operations that share an instant (see precedes() in sim/history/operation.hpp): the simulator
// never writes a history that contradicts it, and files keep it.
#include <map>
#include <sstream>
#include <string>

#include "sim/experiment/run.hpp"
#include "sim/history/history.hpp"
#include "sim/history/read_history.hpp"
#include "sim/history/reading_options.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/history/write_history.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "sim/linearizability/verdict.hpp"
#include "tests/fidelity/fidelity.hpp"
#include "tests/support/catch.hpp"

using namespace fidelity;

namespace {

// All delays and intervals are multiples of 10 ms, so that calls and returns meet all the time.
Scenario colliding(const std::string& protocol, const std::string& clients) {
  return scenario_of(R"({"name": "ties", "duration": "2s", "settle": "1s", "replicas": 3,
    "protocol": {"name": ")" +
                     protocol + R"("}, "service": {"name": "register"}, "clients": {)" + clients + R"(},
    "network": {"delay": "10ms", "client": {"loss": 0.3}}})");
}

Verdict verdict_of(const History& history) {
  return linearizability_verdict(history.operations, *history.model, initial_value(*history.model));
}

TEST_CASE("clients whose calls and returns meet at one instant see no violation that isn't there") {
  const std::string every = R"("every": "20ms", "retry": "10ms")";
  const std::string think = R"("think": "0ms", "retry": "20ms")";
  for (const std::string protocol : {"primary_backup", "chain", "abd", "raft", "multi_paxos"}) {
    for (const std::string& arrivals : {every, think}) {
      for (const int clients : {1, 3}) {
        CAPTURE(protocol, arrivals, clients);
        const Scenario scenario =
            colliding(protocol, R"("count": )" + std::to_string(clients) + ", " + arrivals);
        for_each_run(scenario, 8, [&](const Record& record) {
          History history;
          history.model = Model::reg;
          history.operations = record.operations;
          CHECK(verdict_of(history) == Verdict::linearizable);
          std::stringstream jsonl, edn;
          write_jsonl(jsonl, history);
          write_edn(edn, history);
          CHECK(verdict_of(read_history(jsonl, "jsonl")) == Verdict::linearizable);
          CHECK(verdict_of(read_history(edn, "edn", HistoryFormat::edn)) == Verdict::linearizable);
        });
      }
    }
  }
}

TEST_CASE("one client, one primary and no fault: no violation though calls and returns share instants") {
  const Scenario scenario =
      load_scenario(std::string(REPSIM_SOURCE_DIR) + "/tests/data/hard/false_violation_tie.json");
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    CHECK(run_for_sweep(scenario, seed).linearizability.verdict == Verdict::linearizable);
  }
}

TEST_CASE("a client that calls because it was answered calls later, and its history shows it") {
  const Scenario scenario = colliding("primary_backup", R"("count": 3, "think": "0ms", "retry": "20ms")");
  for_each_run(scenario, 2, [&](const Record& record) {
    std::map<std::uint16_t, const Operation*> last;
    std::size_t pairs = 0;
    for (const Operation& op : record.operations) {
      const Operation*& before = last[op.client.value];
      if (before != nullptr && before->outcome == Outcome::ok) {
        CHECK(precedes(*before, op));
        ++pairs;
      }
      before = &op;
    }
    CHECK(pairs > 50);
  });
}

TEST_CASE("the rule for what shares an instant doesn't ask who called, or whether it took any time") {
  Operation early, late;
  early.outcome = late.outcome = Outcome::ok;
  early.call = early.ret = late.call = late.ret = Time{} + 5ms;
  CHECK_FALSE(precedes(early, late));
  CHECK_FALSE(precedes(late, early));
  late.call = late.ret = late.call + Duration{1};
  CHECK(precedes(early, late));
  early.outcome = Outcome::failed;
  CHECK_FALSE(precedes(early, late));
}

}  // namespace
