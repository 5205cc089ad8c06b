// One run gets one verdict: the events that `rare` estimates are counted as results of runs are.
#include "sim/experiment/rare/rare_event.hpp"

#include <map>
#include <string>

#include "sim/experiment/run.hpp"
#include "sim/experiment/sweep/measures.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

Scenario shipped(const std::string& name) {
  return load_scenario(std::string(REPSIM_SOURCE_DIR) + "/" + name);
}

Scenario written(const std::string& text) { return read_scenario(Json::parse(text), "rare.json"); }

// A backup's disk works off what came while it was slow until long after the others have settled.
const char* kSlow = R"({"name": "slow", "duration": "1s", "settle": "1s", "replicas": 3,
  "protocol": {"name": "raft"}, "clients": {"count": 2, "every": "4ms"},
  "faults": [{"from": "100ms", "to": "1s", "disk": 2, "delay": "20ms"}]})";
// Two of three are down in the end: what they hold, and the third doesn't, may come back.
const char* kDown = R"({"name": "down", "duration": "2s", "settle": "1s", "replicas": 3,
  "protocol": {"name": "raft"}, "clients": {"count": 2, "rate": "100/s"},
  "faults": [{"from": "1s", "to": "2s", "partition": [["c0", "c1", 0, 1], [2]]},
    {"at": "1900ms", "crash": 0}, {"at": "1900ms", "crash": 1}]})";

// How often an event happened, as the result of the run has it: nothing where the run says nothing.
std::optional<std::uint64_t> in_result(const RareEvent& event, const RunResult& r) {
  if (event.name == "split_brain") return r.split_brain.episodes;
  if (event.name == "harmful") return r.split_brain.harmful;
  if (event.name == "lost_write") return r.lost_writes.count;
  const auto share = measures()[measure_index(event.name)].of(r);
  return share ? std::optional(static_cast<std::uint64_t>(*share)) : std::nullopt;
}

// Compares over some seeds; returns how often each event happened.
std::map<std::string, std::uint64_t> agree(const Scenario& scenario, std::uint64_t seeds) {
  std::map<std::string, std::uint64_t> found;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const RunResult r = run_once(scenario, seed);
    for (const RareEvent& event : rare_events()) {
      CAPTURE(scenario.name, seed, event.name);
      const auto count = event.count(r.record, scenario);
      CHECK(count == in_result(event, r));
      found[std::string(event.name)] += count.value_or(0);
    }
  }
  return found;
}

}  // namespace

TEST_CASE("each event that rare estimates is a measure of sweeps") {
  for (const RareEvent& event : rare_events()) CHECK(measure_index(event.name) < kMeasures);
}

TEST_CASE("rare counts in a run what its result says") {
  auto found = agree(shipped("scenarios/lessons/primary_backup/primary_backup_split_brain.json"), 10);
  for (const char* event : {"split_brain", "harmful", "lost_write", "violation"}) {
    CAPTURE(event);
    CHECK(found[event] > 0);
  }
  CHECK(agree(shipped("scenarios/lessons/naive_broadcast/naive_loss.json"), 5)["diverged"] > 0);
  agree(shipped("tests/data/judges/abd_may_differ.json"), 10);
  agree(shipped("tests/data/judges/harmful_multi_paxos.json"), 3);
  agree(shipped("tests/data/judges/held_but_not_applied.json"), 3);
}

TEST_CASE("neither rare nor run compares a replica that still works off what came") {
  const Scenario slow = written(kSlow);
  CHECK(agree(slow, 3)["diverged"] == 0);
  CHECK(run_once(slow, 1).divergence.compared == 0);  // three, if it had had the time
}

TEST_CASE("neither rare nor run calls a write lost that those who are down may hold") {
  const Scenario down = written(kDown);
  CHECK(run_once(down, 1).lost_writes.unknown > 0);
  CHECK(agree(down, 3)["lost_write"] == 0);
}
