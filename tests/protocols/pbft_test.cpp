// Practical Byzantine fault tolerance: what an operation costs, that f liars and any timing break nothing,
// that more liars do, and that its bugs are caught.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/pbft_runs.hpp"

using namespace sim;
using namespace pbft_runs;

namespace {

// Messages, one-way delays, and the median latency in ms, without failures, of one client's operations.
struct Cost {
  double messages, delays, latency;
  bool operator==(const Cost&) const = default;
};

Cost cost_of_pbft(int n, double reads, const Json& options, const Json& faults = Json::array()) {
  CAPTURE(n, options.dump());
  Json protocol = {{"name", "pbft"}};
  protocol.update(options);
  const Json json = {{"name", "cost"},
                     {"duration", "1s"},
                     {"settle", "100ms"},
                     {"replicas", n},
                     {"protocol", protocol},
                     {"service", {{"name", "kv"}, {"keys", 4}}},
                     {"clients", {{"count", 1}, {"think", "1ms"}, {"reads", reads}}},
                     {"network", {{"delay", "1ms"}, {"client", "same"}}},
                     {"faults", faults}};
  const RunResult r = pbft_runs::run(read_scenario(json, "pbft_test"), 1);
  CHECK(r.operations.ok > 20);
  CHECK(r.operations.pending == 0);
  return {r.cost.messages_per_operation.value(), r.cost.delays_per_operation.value(),
          r.latency_ms.p50.value()};
}

}  // namespace

TEST_CASE(
    "pbft: an operation costs 2n^2 - n + 1 messages and 5 delays, tentatively 4, and a read alone 2n and 2",
    "[fidelity]") {
  for (const int n : {4, 7, 10}) {
    const double messages = 2 * n * n - n + 1;
    CHECK(cost_of_pbft(n, 0, Json::object()) == Cost{messages, 5, 5});
    CHECK(cost_of_pbft(n, 1, Json::object()) == Cost{messages, 5, 5});
    CHECK(cost_of_pbft(n, 0.5, {{"tentative", true}}) == Cost{messages, 4, 4});
    CHECK(cost_of_pbft(n, 1, {{"read_only", true}}) == Cost{2.0 * n, 2, 2});
    CHECK(cost_of_pbft(n, 0, {{"read_only", true}}) == Cost{messages, 5, 5});
  }
}

TEST_CASE("pbft: a vote waits for the disk: three writes lie between request and answer") {
  Json faults = Json::array();
  for (unsigned node = 0; node < 4; ++node)
    faults.push_back({{"at", "0s"}, {"disk", node}, {"delay", "2ms"}});
  CHECK(cost_of_pbft(4, 0, Json::object(), faults) == Cost{29, 5, 11});
  CHECK(cost_of_pbft(4, 0, {{"disk", false}}, faults) == Cost{29, 5, 5});
}

TEST_CASE("pbft: requests that come while enough are under way share a sequence number") {
  const auto messages = [](int batch) {
    const Scenario scenario =
        pbft_runs::scenario("lessons/pbft/pbft_cost.json", {{"/clients/count", 32},
                                                            {"/protocol/in_progress", 1},
                                                            {"/protocol/batch", batch},
                                                            {"/expect", Json::object()}});
    return pbft_runs::run(scenario, 1).cost.messages_per_operation.value();
  };
  CHECK(messages(1) == 29);
  CHECK(messages(32) < 8);  // 2n - 1 messages of an operation's own, and its part of the batch's
}

TEST_CASE("pbft: when the primary crashes the next one takes over, and knows what was answered: 20 seeds") {
  for (const int n : {4, 7}) {
    const Scenario scenario = pbft_runs::scenario("lessons/pbft/pbft_primary_crash.json", {{"/replicas", n}});
    for (int seed = 1; seed <= 20; ++seed) {
      CAPTURE(n, seed);
      const RunResult r = pbft_runs::run(scenario, seed);
      require_good(r);
      CHECK(r.failover.count == 1);
      CHECK(r.operations.pending == 0);
      CHECK(r.availability.longest_outage_s < 0.3);
    }
  }
}

TEST_CASE("pbft: f crashes are survived, f + 1 stop the service and break nothing") {
  const auto run = [](unsigned n, unsigned crashes) {
    Json faults = Json::array();
    for (unsigned i = 0; i < crashes; ++i) faults.push_back({{"at", "2s"}, {"crash", i}});
    return pbft_runs::run(pbft_runs::scenario("lessons/pbft/pbft_primary_crash.json",
                                              {{"/replicas", n}, {"/faults", faults}, {"/duration", "4s"}}),
                          1);
  };
  for (const unsigned n : {4u, 7u, 10u}) {
    CAPTURE(n);
    const unsigned f = (n - 1) / 3;
    const RunResult survived = run(n, f);
    require_good(survived);
    CHECK(survived.operations.pending == 0);
    const RunResult stopped = run(n, f + 1);
    require_safe(stopped);
    CHECK(stopped.operations.pending > 50);
  }
}

TEST_CASE("pbft: crashes, pauses, partitions and losses break nothing: 40 seeds") {
  require_good_runs(stormy("", kTiming + ", " + kCrashes), 40);
}

TEST_CASE("pbft: nor with seven replicas, batches, tentative execution and reads out of order: 20 seeds") {
  require_good_runs(
      stormy(R"(, "tentative": true, "read_only": true, "in_progress": 1)", kTiming + ", " + kCrashes, 7),
      20);
}

TEST_CASE("pbft: a replica that was away for longer than the log reaches back gets the state: 10 seeds") {
  const Scenario scenario = stormy("", R"({"from": "1s", "to": "6s", "partition": [[0, 1, 2], [3]]})");
  for (int seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const RunResult r = pbft_runs::run(scenario, seed);
    require_good(r);
    CHECK(r.consensus.slots > 16 * 10);
  }
}

TEST_CASE("pbft: a timeout far below the delays doubles until it is long enough") {
  const Scenario scenario =
      pbft_runs::scenario("lessons/pbft/pbft_primary_crash.json", {{"/protocol/request_timeout", "1ms"},
                                                                   {"/network/delay", "5ms"},
                                                                   {"/clients/retry", "10ms"},
                                                                   {"/clients/rate", "5/s"},
                                                                   {"/faults", Json::array()}});
  for (int seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_once(scenario, static_cast<std::uint64_t>(seed));
    require_good(r);
    CHECK(r.operations.pending == 0);
    CHECK(r.record.leaderships.size() > 20);
  }
}

TEST_CASE(
    "pbft: who lost its disk follows, but votes no more: with f such the service goes on, not with f + 1") {
  const Scenario two = pbft_runs::scenario("lessons/pbft/pbft_amnesia.json");
  for (int seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const RunResult r = run_once(two, static_cast<std::uint64_t>(seed));
    require_safe(r);
    CHECK(r.consensus.termination == true);
    CHECK(r.record.decisions.firsts().back().at > Time{4900ms});
    CHECK(r.record.decisions.firsts().back().at < Time{5100ms});
  }
}

TEST_CASE(
    "pbft: one Byzantine replica of four, primary or backup, changes nothing: 6 seeds of each behaviour") {
  const std::vector<std::string> behaviours{R"("attack": "equivocating_primary")",
                                            R"("attack": "bad_new_view")",
                                            R"("attack": "withheld_commit")",
                                            R"("attack": "early_answer")",
                                            R"("silent": [1, 2])",
                                            R"("equivocate": [2])",
                                            R"("mutate": 0.3)",
                                            R"("replay": 0.3)",
                                            R"("delay": "90ms")",
                                            R"("lie": true)",
                                            R"("twin": [1, 2])"};
  for (const auto& what : behaviours) {
    for (const char* node : {"0", "3"}) {
      CAPTURE(what, node);
      require_good_runs(stormy("", kTiming + ", " + attack(node, what)), 3);
    }
  }
}

TEST_CASE(
    "pbft: nor do two of seven that collude, nor a liar with tentative answers and reads: 10 seeds each") {
  const std::string together = R"("collude": true, "attack": )";
  require_good_runs(stormy("", kTiming + ", " + attack("[0, 1]", together + "\"equivocating_primary\""), 7),
                    10);
  require_good_runs(stormy("", kTiming + ", " + attack("[1, 2]", together + "\"bad_new_view\""), 7), 10);
  const std::string fast = R"(, "tentative": true, "read_only": true)";
  for (const char* what :
       {R"("attack": "equivocating_primary")", R"("attack": "early_answer")", R"("lie": true)"})
    require_good_runs(stormy(fast, kTiming + ", " + attack("0", what)), 10);
}

TEST_CASE(
    "pbft: 3f + 1 replicas withstand an equivocating primary, 3f do not, nor f + 1 that collude: 20 seeds") {
  const Scenario enough = pbft_runs::scenario("lessons/pbft/pbft_equivocating_primary.json");
  const Scenario few = pbft_runs::scenario("lessons/pbft/pbft_three_replicas.json");
  const Scenario many = pbft_runs::scenario("lessons/pbft/pbft_two_traitors.json");
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    require_good(pbft_runs::run(enough, seed));
    CHECK(pbft_runs::run(few, seed).consensus.agreement == false);
    CHECK(pbft_runs::run(many, seed).consensus.agreement == false);
  }
}

TEST_CASE(
    "pbft: two traitors of four that forget what was committed get a valid new view: caught in 20 seeds") {
  const Scenario scenario = pbft_runs::scenario(
      "bugs/pbft_new_view_not_checked.json",
      {{"/protocol/bug", "none"},
       {"/faults/0",
        {{"at", "1s"}, {"byzantine", {1u, 2u}}, {"attack", "bad_new_view"}, {"collude", true}}}});
  int caught = 0;
  for (int seed = 1; seed <= 20; ++seed)
    caught += pbft_runs::run(scenario, seed).consensus.agreement == false ? 1 : 0;
  CHECK(caught >= 1);
}

TEST_CASE("pbft: a client believes f + 1 equal answers: one liar deceives nobody, two that collude do") {
  const auto run = [](const char* liars) {
    return pbft_runs::run(
        pbft_runs::scenario("lessons/pbft/pbft_equivocating_primary.json",
                            {{"/faults", Json::parse(R"([{"at": "1s", "lie": true, "collude": true,
                                                               "byzantine": )" +
                                                     std::string(liars) + "}]")}}),
        1);
  };
  require_good(run("[1]"));
  CHECK(run("[1, 2]").linearizability.verdict == Verdict::violation);
}

TEST_CASE("pbft: a new view that is not checked gives a number to two batches: caught in 15 of 20 seeds") {
  const Scenario bug = pbft_runs::scenario("bugs/pbft_new_view_not_checked.json");
  const Scenario cured =
      pbft_runs::scenario("bugs/pbft_new_view_not_checked.json", {{"/protocol/bug", "none"}});
  int caught = 0;
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    caught += pbft_runs::run(bug, seed).consensus.agreement == false ? 1 : 0;
    require_good(pbft_runs::run(cured, seed));
  }
  CHECK(caught >= 15);
}

TEST_CASE("pbft: without the commit phase honest replicas disagree: caught in 10 of 20 seeds") {
  const Scenario bug = pbft_runs::scenario("bugs/pbft_no_commit_phase.json");
  const Scenario cured = pbft_runs::scenario("bugs/pbft_no_commit_phase.json", {{"/protocol/bug", "none"}});
  int caught = 0;
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    caught += pbft_runs::run(bug, seed).consensus.agreement == false ? 1 : 0;
    require_good(pbft_runs::run(cured, seed));
  }
  CHECK(caught >= 10);
}

TEST_CASE("pbft: only the linearizability judge sees reads that overtake writes: caught in 20 of 20 seeds") {
  const Scenario bug = pbft_runs::scenario("bugs/pbft_read_only_after_few.json");
  const Scenario cured =
      pbft_runs::scenario("bugs/pbft_read_only_after_few.json", {{"/protocol/bug", "none"}});
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult r = pbft_runs::run(bug, seed);
    CHECK(r.linearizability.verdict == Verdict::violation);
    CHECK(r.lost_writes.count == 0);
    CHECK_FALSE(r.consensus_broken());
    require_good(pbft_runs::run(cured, seed));
  }
}

TEST_CASE("pbft: where reads are answered at once, a replica far ahead of its disk answers nothing") {
  const auto answers_of_3 = [](const std::string& options) {
    const Scenario s = read_scenario(Json::parse(R"({"name": "pbft", "duration": "4s", "replicas": 4,
      "protocol": {"name": "pbft", "checkpoint_every": 1, "log_window": 4, "batch": 1, "in_progress": 4, )" +
                                                 options + R"(},
      "clients": {"count": 1, "rate": "40/s", "reads": 0.5, "timeout": "1s"}, "network": {"delay": "1ms"},
      "faults": [{"from": "1s", "to": "4s", "disk": 3, "delay": "1h"}]})"),
                                     "pbft_test");
    const RunResult r = run_once(s, 1);
    require_safe(r);
    CHECK(r.operations.pending == 0);
    return std::ranges::count_if(r.record.acknowledgements, [](const auto& answer) {
      return answer.by == NodeId{3} && answer.at > Time{2s};
    });
  };
  CHECK(answers_of_3(R"("read_only": true, "disk": true)") == 0);
  CHECK(answers_of_3(R"("read_only": false, "disk": true)") > 20);
  CHECK(answers_of_3(R"("read_only": true, "disk": false)") > 20);
}
