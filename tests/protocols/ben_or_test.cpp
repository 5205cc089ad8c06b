// Ben-Or's consensus: agreement and validity always, termination while a majority is up and nothing is lost.
#include <array>
#include <string>

#include "sim/check/consensus.hpp"
#include "tests/fidelity/fidelity.hpp"

using namespace fidelity;

namespace {

struct Coins {
  int replicas = 5;
  std::string options{};  ///< Of the protocol, after its name.
  std::string network = R"("delay": {"exponential": "3ms"})";
  std::string faults = "[]";
};

Scenario ben_or(const Coins& c) {
  return scenario_of(R"({"name": "ben-or", "duration": "5s", "settle": "1s", "replicas": )" +
                     std::to_string(c.replicas) + R"(, "protocol": {"name": "ben_or")" + c.options +
                     R"(}, "clients": {"count": 0}, "network": {)" + c.network + R"(}, "faults": )" +
                     c.faults + "}");
}

// Crashes for good: `crashes` replicas, the first of them drawn, each at a time of its own in the first 20
// ms.
void crash_some(Setup& setup, std::uint64_t seed, std::size_t crashes) {
  Rng rng(seed, "crashes");
  const std::uint64_t first = rng.below(setup.replicas);
  setup.faults.clear();
  for (std::size_t i = 0; i < crashes; ++i) {
    const NodeId node{static_cast<std::uint16_t>((first + i) % setup.replicas)};
    setup.faults.push_back({.at = Duration{static_cast<std::int64_t>(rng.below(20'000'000))},
                            .kind = Fault::Kind::crash,
                            .victim = {Victim::Kind::number, node},
                            .in_flight_lost = rng.chance(0.5)});
  }
}

int runs_that_disagree(const Scenario& scenario, std::uint64_t runs) {
  int count = 0;
  for_each_run(scenario, runs, [&](const Record& r) { count += judge_consensus(r).disagreement ? 1 : 0; });
  return count;
}

}  // namespace

TEST_CASE("Ben-Or agrees, validly and everywhere, while a minority crashes: 200 seeds a size") {
  for (const int n : {1, 2, 3, 4, 5, 7}) {
    for (const auto* inputs : {"split", "random"}) {
      CAPTURE(n, inputs);
      const auto scenario = ben_or({.replicas = n,
                                    .options = R"(, "inputs": ")" + std::string(inputs) + "\"",
                                    .network = R"("delay": {"exponential": "3ms"}, "duplicate": 0.1)"});
      std::uint64_t seed = 0;
      for_each_run(
          scenario, 200,
          [&](const Record& record) {
            CAPTURE(++seed);
            const auto judgement = judge_consensus(record);
            REQUIRE_FALSE(judgement.disagreement);
            REQUIRE_FALSE(judgement.invented);
            REQUIRE(judgement.undecided.empty());
            REQUIRE(judgement.slots == 1);
          },
          [&](Setup& setup, std::uint64_t s) { crash_some(setup, s, (setup.replicas - 1) / 2); });
    }
  }
}

TEST_CASE("Ben-Or decides in the first round, after two delays, when all propose the same bit") {
  const auto alike = ben_or({.options = R"(, "inputs": "alike")", .network = R"("delay": "1ms")"});
  for_each_run(alike, 20, [](const Record& record) {
    REQUIRE(record.decisions.first(1) != nullptr);
    CHECK(record.decisions.first(1)->at == Time{2ms});
    CHECK(record.decisions.first(1)->value == 2);
    CHECK(record.decisions.first(1)->term == 1);
    CHECK(judge_consensus(record).undecided.empty());
  });
}

TEST_CASE("two replicas that toss coins agree in each round with probability 1/2: 20,000 runs",
          "[fidelity]") {
  constexpr std::uint64_t kRuns = 20'000;
  std::array<std::uint64_t, 5> decided_in{};
  for_each_run(ben_or({.replicas = 2, .network = R"("delay": "1ms")"}), kRuns, [&](const Record& record) {
    const auto* first = record.decisions.first(1);
    REQUIRE(first != nullptr);
    REQUIRE(first->at == Time{2ms * static_cast<int>(first->term)});
    if (first->term < decided_in.size()) ++decided_in[first->term];
  });
  CHECK(decided_in[1] == 0);  // the inputs differ
  for (int k = 2; k <= 4; ++k)
    check_share(decided_in[static_cast<std::size_t>(k)], kRuns, std::pow(0.5, k - 1));
}

TEST_CASE(
    "one proposal is not enough to decide: the judge of agreement catches Ben-Or replicas that think so") {
  CHECK(runs_that_disagree(ben_or({.options = R"(, "bug": "decide_on_one")"}), 1000) >= 10);
  CHECK(runs_that_disagree(ben_or({}), 1000) == 0);
}

TEST_CASE("a lost message can keep Ben-Or from ending, never from agreeing: 200 seeds") {
  int without_end = 0;
  for_each_run(ben_or({.network = R"("delay": "1ms", "loss": 0.2)"}), 200, [&](const Record& record) {
    const auto judgement = judge_consensus(record);
    REQUIRE_FALSE(judgement.disagreement);
    REQUIRE_FALSE(judgement.invented);
    without_end += judgement.undecided.empty() ? 0 : 1;
  });
  CHECK(without_end > 20);
}

TEST_CASE(
    "without a majority Ben-Or waits, and a replica that returns asks what was decided, and votes no more") {
  const auto minority =
      ben_or({.replicas = 3, .faults = R"([{"at": "0s", "crash": 1}, {"at": "0s", "crash": 2},
      {"at": "1s", "restart": 1}])"});
  for_each_run(minority, 20, [](const Record& record) { CHECK(record.decisions.empty()); });
  const auto returning =
      ben_or({.replicas = 3, .faults = R"([{"at": "1ms", "crash": 1}, {"at": "1s", "restart": 1}])"});
  for_each_run(returning, 20, [](const Record& record) {
    CHECK_FALSE(judge_consensus(record).disagreement);
    CHECK(judge_consensus(record).undecided.empty());
  });
}
