// Single-decree Paxos: safety under all faults, and conditions for termination.
#include <string>

#include "sim/check/consensus.hpp"
#include "tests/fidelity/fidelity.hpp"

using namespace fidelity;

namespace {

struct Synod {
  int replicas = 5;
  std::string options{};  ///< Of the protocol, after its name.
  std::string network = R"("delay": "1ms")";
  std::string faults = "[]";
  std::string duration = "5s";
};

Scenario synod(const Synod& s) {
  return scenario_of(
      R"({"name": "synod", "duration": ")" + s.duration + R"(", "settle": "2s", "replicas": )" +
      std::to_string(s.replicas) + R"(, "protocol": {"name": "single_decree_paxos")" + s.options +
      R"(}, "clients": {"count": 0}, "network": {)" + s.network + R"(}, "faults": )" + s.faults + "}");
}

const std::string kBadNetwork = R"("delay": {"exponential": "3ms"}, "loss": 0.2, "duplicate": 0.1)";

// Crash (with a restart that finds the disk as the crash left it) and partition, often.
std::string bad_times(const std::string& disk) {
  return R"([{"random": {"kind": "crash", "rate": "10/s", "mean": "50ms", "disk": ")" + disk +
         R"("}, "at_once": 5}, {"random": {"kind": "partition", "rate": "4/s", "mean": "50ms"}, "at_once": 5},
      {"at": "0s", "disk": 1, "delay": "2ms"}, {"at": "0s", "disk": 2, "delay": "2ms"}])";
}

}  // namespace

TEST_CASE("one Paxos proposer decides its value after four delays: Prepare, Promise, Accept, Accepted") {
  for_each_run(synod({}), 1, [](const Record& record) {
    REQUIRE(record.decisions.first(1) != nullptr);
    CHECK(record.decisions.first(1)->at == Time{4ms});
    CHECK(record.decisions.first(1)->value == 1);
    CHECK(judge_consensus(record).undecided.empty());
  });
}

TEST_CASE("Paxos agrees, validly and everywhere, through loss, crashes and partitions: 200 seeds") {
  for (const auto* disk : {"kept", "tail_lost"}) {
    CAPTURE(disk);
    const auto hard =
        synod({.options = R"(, "proposers": 5)", .network = kBadNetwork, .faults = bad_times(disk)});
    std::uint64_t seed = 0;
    for_each_run(hard, 200, [&](const Record& record) {
      CAPTURE(++seed);
      const auto judgement = judge_consensus(record);
      REQUIRE_FALSE(judgement.disagreement);
      REQUIRE_FALSE(judgement.invented);
      REQUIRE(judgement.undecided.empty());
      REQUIRE(judgement.slots == 1);
    });
  }
}

TEST_CASE("proposers that forget what the promises said are caught by the judge of agreement: 1,000 seeds") {
  const auto runs_that_disagree = [](const std::string& bug) {
    int count = 0;
    const auto scenario = synod({.options = R"(, "proposers": 5, "stagger": "6ms", "bug": ")" + bug + "\"",
                                 .network = kBadNetwork,
                                 .duration = "1s"});
    for_each_run(scenario, 1000, [&](const Record& r) { count += judge_consensus(r).disagreement ? 1 : 0; });
    return count;
  };
  CHECK(runs_that_disagree("forget_accepted") >= 50);
  CHECK(runs_that_disagree("none") == 0);
}

TEST_CASE("a Paxos acceptor that loses its disk can break agreement, but with its disk it can't") {
  // Replicas 0 and 1 choose 1; then 1 forgets it, and 2 and 1 choose another value while 0 is away.
  const auto amnesia = [](const std::string& disk) {
    return synod({.replicas = 3,
                  .options = R"(, "proposers": 3, "stagger": "50ms")",
                  .faults = R"([{"from": "0s", "to": "20ms", "partition": [[0, 1], [2]]},
                    {"at": "10ms", "crash": 0}, {"at": "10ms", "crash": 1},
                    {"at": "12ms", "restart": 1, "disk": ")" +
                            disk + R"("}])"});
  };
  for_each_run(amnesia("lost"), 20, [](const Record& r) { CHECK(judge_consensus(r).disagreement); });
  for_each_run(amnesia("kept"), 20, [](const Record& r) {
    CHECK_FALSE(judge_consensus(r).disagreement);
    CHECK(judge_consensus(r).undecided.empty());
  });
}

TEST_CASE("three Paxos proposers with a fixed backoff duel for a minute, but with a random one they decide") {
  const auto duel = [](const std::string& backoff) {
    return synod(
        {.options = R"(, "proposers": 3, "retry": "5ms", "stagger": "1666us", "backoff": ")" + backoff + "\"",
         .duration = "60s"});
  };
  for_each_run(duel("fixed"), 3, [](const Record& record) {
    CHECK(record.decisions.empty());
    CHECK(judge_consensus(record).undecided.size() == 5);
  });
  for_each_run(duel("random"), 200, [](const Record& record) {
    REQUIRE_FALSE(judge_consensus(record).disagreement);
    REQUIRE(judge_consensus(record).undecided.empty());
  });
}

TEST_CASE("Paxos in a minority decides nothing, and decides when the majority is back") {
  const auto minority = synod({.faults = R"([{"at": "0s", "crash": 2}, {"at": "0s", "crash": 3},
      {"at": "0s", "crash": 4}, {"at": "3s", "restart": 4}])"});
  for_each_run(minority, 20, [](const Record& record) {
    REQUIRE(record.decisions.first(1) != nullptr);
    CHECK(record.decisions.first(1)->at > Time{3s});
  });
}
