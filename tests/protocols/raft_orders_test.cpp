// Outcomes of an operator's orders; none of them stops Raft for good.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sim/experiment/run.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

using Fate = Record::Ordered::Fate;
using Changes = std::vector<std::pair<std::string, Json>>;

Scenario raft_bug(const std::string& file, const Changes& changes = {}) {
  return scenario_at(load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/bugs/" + file), changes);
}

// Five replicas on a quick network; 0 leads.
Scenario five(const std::string& protocol, const std::string& faults, const Changes& changes = {}) {
  const Scenario scenario =
      read_scenario(Json::parse(R"({"name": "orders", "duration": "4s", "settle": "2s", "replicas": 5,
    "protocol": {"name": "raft", "election_timeout_min": "100ms", "election_timeout_max": "200ms",
                 "heartbeat": "20ms")" +
                                protocol + R"(}, "service": {"name": "kv", "keys": 2},
    "clients": {"count": 3, "rate": "40/s", "reads": 0.5, "timeout": "500ms", "retry": "40ms"},
    "network": {"delay": {"uniform": ["500us", "1500us"]}}, "faults": [)" +
                                faults + "]}"),
                    "raft_orders_test");
  return scenario_at(scenario, changes);
}

std::vector<Record::Ordered> orders_of(const Scenario& scenario, int seed = 1) {
  const RunResult r = run_once(scenario, static_cast<std::uint64_t>(seed));
  REQUIRE(r.error.empty());
  REQUIRE(r.linearizability.verdict == Verdict::linearizable);
  return r.record.orders;
}

std::size_t answered_after(const Record& record, Duration since) {
  return static_cast<std::size_t>(std::ranges::count_if(record.operations, [&](const Operation& operation) {
    return operation.outcome == Outcome::ok && operation.call > Time{since};
  }));
}

}  // namespace

TEST_CASE("a leader that alone knows of its removal stands again after a crash: 20 seeds") {
  for (int seed = 1; seed <= 20; ++seed) {
    for (const bool pre_vote : {false, true}) {
      CAPTURE(seed, pre_vote);
      const Changes cure{{"/protocol/bug", "none"}, {"/protocol/pre_vote", pre_vote}};
      const std::string file = "raft_outsider_sits_still.json";
      const RunResult bug = run_once(raft_bug(file), static_cast<std::uint64_t>(seed));
      const RunResult cured = run_once(raft_bug(file, cure), static_cast<std::uint64_t>(seed));
      CHECK(bug.availability.longest_outage_s > 8);
      CHECK(cured.availability.longest_outage_s < 2);
      CHECK(cured.linearizability.verdict == Verdict::linearizable);
      REQUIRE(cured.record.orders.size() == 1);
      CHECK(cured.record.orders[0].fate == Fate::carried_out);
      CHECK(bug.record.orders[0].fate == Fate::given_up);
    }
  }
}

TEST_CASE(
    "an order to a replica that does not lead goes on to the leader, and one that reaches nobody says so") {
  const auto orders = orders_of(five("", R"(
      {"at": "1s", "by": 3, "transfer": 2}, {"at": "2s", "by": 4, "reconfigure": [1, 2, 3]},
      {"at": "2900ms", "crash": 0}, {"at": "3s", "by": 0, "reconfigure": [1, 2, 3, 4]})"));
  REQUIRE(orders.size() == 3);
  CHECK(orders[0].fate == Fate::carried_out);
  CHECK(orders[0].asked == std::vector{NodeId{3}, NodeId{0}});
  CHECK(orders[0].settled.value() < Time{1s} + 20ms);
  CHECK(orders[1].fate == Fate::carried_out);
  CHECK(orders[1].asked == std::vector{NodeId{4}, NodeId{2}});
  CHECK(orders[2].fate == Fate::unreachable);
}

TEST_CASE("an order is refused, given up, or replaced where one can see it") {
  const auto orders = orders_of(five(R"(, "members": 3)", R"(
      {"at": "500ms", "transfer": 4}, {"at": "900ms", "crash": 2}, {"at": "1s", "transfer": 2},
      {"at": "2s", "crash": 4}, {"at": "2s", "reconfigure": [0, 1, 4]},
      {"at": "2500ms", "reconfigure": [0, 1]},
      {"at": "3s", "transfer": 0}, {"at": "3100ms", "crash": 0}, {"at": "3100ms", "reconfigure": [0, 1]})"));
  REQUIRE(orders.size() == 6);
  CHECK(orders[0].fate == Fate::refused);
  CHECK(orders[0].why == "the successor is no member");
  CHECK(orders[1].fate == Fate::given_up);
  CHECK(orders[1].why == "the successor did not take over in time");
  CHECK(orders[2].fate == Fate::given_up);
  CHECK(orders[2].why == "another order came");
  CHECK(orders[3].fate == Fate::carried_out);
  CHECK(orders[4].fate == Fate::carried_out);  // it leads already
  CHECK(orders[5].fate == Fate::unreachable);
  CHECK(orders[5].why == "there was no leader");
}

TEST_CASE("a leader that is told one successor after the other, all of them down, goes on leading") {
  std::string faults = R"({"at": "900ms", "crash": 3}, {"at": "900ms", "crash": 4})";
  for (int i = 0; i < 40; ++i) {
    faults += R"(, {"at": ")" + std::to_string(1000 + 50 * i) + R"(ms", "transfer": )" +
              std::to_string(3 + i % 2) + "}";
  }
  const RunResult r = run_once(five("", faults), 1);
  REQUIRE(r.linearizability.verdict == Verdict::linearizable);
  CHECK(r.availability.longest_outage_s < 0.5);
}

TEST_CASE("after a transfer that failed, reads under a lease cost two messages again") {
  const auto cost = [](const std::string& faults) {
    const Scenario scenario = five(R"(, "reads": "lease", "lease": "80ms")", faults,
                                   {{"/clients/reads", 1.0}, {"/network/client", "same"}});
    const RunResult r = run_once(scenario, 1);
    REQUIRE(r.linearizability.verdict == Verdict::linearizable);
    return r.cost.messages_per_operation.value();
  };
  CHECK(cost(R"({"at": "100ms", "crash": 2}, {"at": "200ms", "transfer": 2})") < 3.0);
  CHECK(cost(R"({"at": "100ms", "crash": 2})") < 2.5);
}

TEST_CASE("leases stay safe when a successor hears late that it was to lead: 30 seeds") {
  const std::string faults = R"({"from": "950ms", "to": "1250ms", "pause": 2}, {"at": "1s", "transfer": 2},
      {"from": "1950ms", "to": "2150ms", "pause": 3}, {"at": "2s", "transfer": 3},
      {"at": "2160ms", "crash": 1}, {"at": "2165ms", "restart": 1})";
  const Scenario scenario =
      five(R"(, "reads": "lease", "lease": "90ms")", faults,
           {{"/network/reorder", Json::parse(R"({"probability": 0.1, "hold": "40ms"})")}});
  for (int seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    orders_of(scenario, seed);
  }
}

TEST_CASE("clients find the members, though replicas that were removed know only a leader of old") {
  const std::string faults = R"({"at": "500ms", "reconfigure": [3, 4]})";
  for (const bool check_quorum : {false, true}) {
    for (int seed = 1; seed <= 10; ++seed) {
      CAPTURE(check_quorum, seed);
      const Scenario scenario = five("", faults,
                                     {{"/protocol/check_quorum", check_quorum},
                                      {"/protocol/pre_vote", check_quorum},
                                      {"/clients/retry", "100ms"}});
      CHECK(answered_after(run_once(scenario, static_cast<std::uint64_t>(seed)).record, 2s) > 100);
    }
  }
}

TEST_CASE("a new member is added though nobody writes and the way to it is long") {
  const Scenario scenario =
      five(R"(, "members": 3)", R"({"at": "1s", "reconfigure": [0, 1, 2, 3]})",
           {{"/clients/count", 0}, {"/network/delay", "40ms"}, {"/protocol/election_timeout_min", "75ms"}});
  CHECK(orders_of(scenario).at(0).fate == Fate::carried_out);
}

TEST_CASE("a leader deposed by the term of whom it adds goes on when it leads again: 10 seeds") {
  const Scenario scenario =
      five(R"(, "members": 3, "check_quorum": true)", R"({"at": "500ms", "reconfigure": [2]},
      {"at": "2s", "by": 2, "reconfigure": [0, 1, 2]})");
  for (int seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const auto orders = orders_of(scenario, seed);
    REQUIRE(orders.size() == 2);
    CHECK(orders[0].fate == Fate::carried_out);
    CHECK(orders[1].fate == Fate::carried_out);
  }
}
