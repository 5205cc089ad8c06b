// Scenarios found by the soak, in which a service stopped or a replica stayed behind, and no longer does.
#include <cstddef>
#include <numeric>
#include <string>

#include "sim/experiment/run.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/support/catch.hpp"

using namespace sim;

namespace {

RunResult find(const std::string& name) {
  const Scenario scenario =
      load_scenario(std::string(REPSIM_SOURCE_DIR) + "/tests/data/soak/" + name + ".json");
  RunResult r = run_for_sweep(scenario, scenario.seed);
  REQUIRE(r.error.empty());
  CHECK(r.linearizability.verdict == Verdict::linearizable);
  CHECK(r.lost_writes.count == 0);
  CHECK_FALSE(r.divergence.diverged);
  return r;
}

// How many operations of the last fifth of the load were answered.
std::uint64_t answered_late(const RunResult& r) {
  const auto& answered = r.availability.answered;
  return std::accumulate(answered.end() - static_cast<std::ptrdiff_t>(answered.size() / 5), answered.end(),
                         std::uint64_t{0});
}

}  // namespace

TEST_CASE(
    "a client that asks a replica just before it gives up begins with that one: the chain's reads go on") {
  const RunResult r = find("chain_read_given_up_too_early");
  CAPTURE(r.progress.story);
  CHECK(r.progress.verdict == ProgressJudgement::Verdict::held);
}

TEST_CASE("pbft: helpers take turns, so that one who can't help leaves nobody behind") {
  CHECK(answered_late(find("pbft_always_the_same_helper")) > 0);
}

TEST_CASE("pbft: a primary that keeps requests to itself is replaced, though clients don't ask again") {
  CHECK(answered_late(find("pbft_primary_keeps_requests")) > 0);
}

TEST_CASE("raft: a replica that has written nothing yet is no replica that lost its disk") {
  CHECK(answered_late(find("raft_young_replica_may_vote")) > 0);
}

TEST_CASE("optimal primary-backup, O2: a report that comes twice is no gap") {
  find("optimal_o2_report_twice");
}

TEST_CASE("pbft: a replica that was deaf for a while is not left behind") { find("pbft_deaf_for_a_while"); }

TEST_CASE("pbft: helpers agree whose turn it is, though some statuses were lost") {
  find("pbft_statuses_lost");
}
