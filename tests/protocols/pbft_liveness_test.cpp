// Practical Byzantine fault tolerance serves again once the faults are over, whatever its clients do: whether
// they ask again or not, and however soon they lose patience.
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/pbft_runs.hpp"

using namespace sim;
using namespace pbft_runs;

namespace {

Scenario with_clients(const std::string& file, const std::string& clients, const Changes& more = {}) {
  Changes changes{{"/expect", Json::object()}};
  const Json wanted = Json::parse(clients);
  for (const auto& [key, value] : wanted.items()) changes.emplace_back("/clients/" + key, value);
  changes.insert(changes.end(), more.begin(), more.end());
  return pbft_runs::scenario(file, changes);
}

}  // namespace

TEST_CASE("pbft: without signatures, too, who comes back is let into the later view: 40 seeds") {
  for (const char* authentication : {"macs", "signatures"}) {
    const Scenario scenario = pbft_runs::scenario("lessons/pbft/pbft_macs_left_view.json",
                                                  {{"/protocol/authentication", authentication}});
    for (int seed = 1; seed <= 20; ++seed) {
      CAPTURE(authentication, seed);
      const RunResult r = pbft_runs::run(scenario, seed);
      require_good(r);
      CHECK(r.operations.pending == 0);
      CHECK(r.availability.longest_outage_s < 1);
    }
  }
}

TEST_CASE("pbft: also when those who opened the view have restarted since: 20 seeds") {
  const auto faults = Json::parse(R"([{"from": "1s", "to": "3s", "partition": [[0], [1, 2, 3]]},
                                      {"at": "1900ms", "crash": 1}, {"at": "2s", "restart": 1},
                                      {"at": "2100ms", "crash": 2}, {"at": "2200ms", "restart": 2},
                                      {"at": "5s", "crash": 3}])");
  const Scenario scenario = pbft_runs::scenario("lessons/pbft/pbft_macs_left_view.json",
                                                {{"/faults", faults}, {"/expect", Json::object()}});
  for (int seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const RunResult r = pbft_runs::run(scenario, seed);
    require_good(r);
    CHECK(r.operations.pending == 0);
    CHECK(r.availability.longest_outage_s < 2);
  }
}

TEST_CASE(
    "pbft: two of seven primaries that equivocate don't stop the service, whatever clients do: 10 seeds") {
  for (const char* clients : {R"({"timeout": "2s"})", R"({"timeout": "2s", "retry": "40ms"})",
                              R"({"timeout": "1s", "ping": "50ms"})", R"({"timeout": "100ms"})"}) {
    for (const char* authentication : {"signatures", "macs"}) {
      const Scenario scenario = with_clients("lessons/pbft/pbft_left_behind.json", clients,
                                             {{"/protocol/authentication", authentication}});
      for (int seed = 1; seed <= 10; ++seed) {
        CAPTURE(clients, authentication, seed);
        const RunResult r = pbft_runs::run(scenario, seed);
        require_good(r);
        CHECK(r.availability.longest_outage_s < 2);
        CHECK(r.messages.sent < 40'000);
        if (std::string(clients).find("100ms") == std::string::npos) CHECK(r.operations.pending == 0);
      }
    }
  }
}

TEST_CASE("pbft: after a bad period service is back within seconds, however soon clients give up: 5 seeds") {
  for (const char* timeout : {"100ms", "500ms", "1s", "2s", "5s", "20s"}) {
    for (const char* retry : {"", R"(, "retry": "100ms")"}) {
      for (const char* patience : {"100ms", "200ms"}) {
        const Scenario scenario =
            with_clients("lessons/pbft/pbft_primary_crash.json",
                         R"({"count": 3, "rate": "10/s", "outage_after": "1s", "timeout": ")" +
                             std::string(timeout) + "\"" + retry + "}",
                         {{"/duration", "40s"},
                          {"/protocol/request_timeout", patience},
                          {"/faults", Json::parse(R"([{"from": "2s", "to": "8s", "network": {"loss": 0.9}},
                                         {"at": "5s", "crash": 3}])")}});
        for (int seed = 1; seed <= 5; ++seed) {
          CAPTURE(timeout, retry, patience, seed);
          const RunResult r = pbft_runs::run(scenario, seed);
          require_good(r);
          CHECK(r.availability.longest_outage_s < 20);
          CHECK(r.operations.ok > r.operations.invoked / 2);
        }
      }
    }
  }
}

TEST_CASE(
    "pbft: a clock that starts anew with each request never ends a dead primary's view: 10 of 10 seeds") {
  const Scenario bug = pbft_runs::scenario("bugs/pbft_clock_starts_anew.json");
  const Scenario cured = pbft_runs::scenario("bugs/pbft_clock_starts_anew.json", {{"/protocol/bug", "none"}});
  for (int seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    CHECK(pbft_runs::run(bug, seed).progress.verdict == ProgressJudgement::Verdict::stopped);
    const RunResult r = pbft_runs::run(cured, seed);
    require_good(r);
    CHECK(r.progress.verdict == ProgressJudgement::Verdict::held);
    CHECK(r.availability.longest_outage_s < 1);
  }
}

// Others' votes take it far ahead of its disk, and a crash makes it forget by how much.
TEST_CASE(
    "pbft: reads at once stay linearizable and are served when a disk is slow and loses its tail: 20 seeds") {
  const auto faults = R"({"from": "1s", "to": "5s", "disk": 3, "delay": "400ms"},
                         {"at": "2s", "crash": 3}, {"at": "2100ms", "restart": 3, "disk": "tail_lost"},
                         {"at": "3s", "crash": 3}, {"at": "3200ms", "restart": 3, "disk": "tail_lost"})";
  require_good_runs(stormy(R"(, "read_only": true)", faults), 20);
}
