// Two generals: closed forms, and other faults in the valley.
#include <string>

#include "sim/check/consensus.hpp"
#include "tests/fidelity/fidelity.hpp"

using namespace fidelity;

namespace {

constexpr std::uint64_t kAttackValue = 2;

struct Valley {
  int messengers = 1;
  int copies = 1;
  double loss = 0;
  std::string rest{};  ///< More members of the scenario.
};

Scenario generals_in(const Valley& v) {
  return scenario_of(
      R"({"name": "two-generals", "duration": "2s", "settle": "100ms", "replicas": 2,
    "protocol": {"name": "two_generals", "messengers": )" +
      std::to_string(v.messengers) + R"(, "copies": )" + std::to_string(v.copies) +
      R"(}, "clients": {"count": 0}, "network": {"delay": {"uniform": ["1ms", "3ms"]}, "loss": )" +
      std::to_string(v.loss) + "}" + v.rest + "}");
}

struct Outcomes {
  std::uint64_t both_attack = 0;
  std::uint64_t disagree = 0;
};

Outcomes play_generals(const Scenario& scenario, std::uint64_t runs) {
  Outcomes outcomes;
  for_each_run(scenario, runs, [&](const Record& record) {
    REQUIRE(record.decisions.highest(NodeId{0}) == 1);
    REQUIRE(record.decisions.highest(NodeId{1}) == 1);
    const bool agree = record.decisions.contradiction(1) == nullptr;
    outcomes.disagree += agree ? 0 : 1;
    outcomes.both_attack += agree && record.decisions.first(1)->value == kAttackValue ? 1 : 0;
  });
  return outcomes;
}

}  // namespace

TEST_CASE("the generals disagree and attack together as often as theory says: 5,000 runs a point",
          "[fidelity]") {
  constexpr std::uint64_t kRuns = 5'000;
  for (const double p : {0.1, 0.4}) {
    for (const int c : {1, 2}) {
      for (int r = 1; r <= 6; ++r) {
        CAPTURE(p, c, r);
        const double q = std::pow(p, c);
        const Outcomes seen = play_generals(generals_in({.messengers = r, .copies = c, .loss = p}), kRuns);
        check_share(seen.disagree, kRuns, q * std::pow(1 - q, r - 1));
        check_share(seen.both_attack, kRuns, std::pow(1 - q, r));
      }
    }
  }
}

TEST_CASE("generals whose messengers all arrive attack together, and if none does general 0 attacks alone") {
  for (int r = 1; r <= 6; ++r) {
    CAPTURE(r);
    CHECK(play_generals(generals_in({.messengers = r}), 20).both_attack == 20);
    const Outcomes lost = play_generals(generals_in({.messengers = r, .loss = 1}), 20);
    CHECK(lost.both_attack == 0);
    CHECK(lost.disagree == (r == 1 ? 20 : 0));
  }
}

TEST_CASE("messengers that arrive twice change nothing for the generals") {
  const Scenario twice = scenario_of(R"({"name": "two-generals", "duration": "2s", "replicas": 2,
    "protocol": {"name": "two_generals", "messengers": 5}, "clients": {"count": 0},
    "network": {"delay": {"uniform": ["1ms", "3ms"]}, "duplicate": 1}})");
  CHECK(play_generals(twice, 100).both_attack == 100);
}

TEST_CASE("a messenger that comes after the deadline is as good as lost") {
  const Scenario late = scenario_of(R"({"name": "two-generals", "duration": "2s", "replicas": 2,
    "protocol": {"name": "two_generals", "messengers": 1, "deadline": "10ms"}, "clients": {"count": 0},
    "network": {"delay": "20ms"}})");
  CHECK(play_generals(late, 20).disagree == 20);
}

TEST_CASE("a general that comes back from a crash has forgotten, and decides nothing") {
  const Scenario crash =
      generals_in({.messengers = 2,
                   .rest = R"(, "faults": [{"at": "100ms", "crash": 1}, {"at": "200ms", "restart": 1}])"});
  for_each_run(crash, 20, [](const Record& record) {
    CHECK(record.decisions.highest(NodeId{0}) == 1);
    CHECK(record.decisions.highest(NodeId{1}) == 0);
    CHECK(judge_consensus(record).undecided == std::vector{NodeId{1}});
  });
}
