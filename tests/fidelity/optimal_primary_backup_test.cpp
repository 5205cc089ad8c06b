// The table of bounds of protocols/optimal_primary_backup, tested by adversaries: none exceeds a bound, and
// each bound is reached. REPSIM_TRIALS=10000 plays as many random adversaries for each row, with any tau.
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/bounded_failures.hpp"
#include "tests/support/catch.hpp"

using namespace bounded_failures;

namespace {

std::vector<Row> table() {
  return {{"C0", 2, 1, Failures::crash},   {"C0", 3, 2, Failures::crash},  {"C0", 4, 3, Failures::crash},
          {"CL", 3, 1, Failures::link},    {"CL", 4, 2, Failures::link},   {"R0", 3, 1, Failures::receive},
          {"R0", 5, 2, Failures::receive}, {"O2", 2, 1, Failures::crash},  {"O2", 2, 1, Failures::receive},
          {"O2", 2, 1, Failures::send},    {"G", 3, 1, Failures::general}, {"G", 5, 2, Failures::general},
          {"G1", 3, 1, Failures::general}};
}

using Changes = std::vector<std::pair<std::string, Json>>;

std::uint64_t trials(std::uint64_t usual) {
  const char* wanted = std::getenv("REPSIM_TRIALS");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : usual;
}

// No adversary breaks the row, and the worst takes all of the bound that it may.
void hold(const Row& row, std::uint64_t runs) {
  Trial trial(row);
  Duration worst = trial.worst_run().gap;
  CHECK(worst == reached(row) - 1ns);  // the first crash comes so much later than the message before
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const Harm outcome = trial.attack(seed);
    CAPTURE(text_of(row), seed, outcome.gap.count());
    CHECK_FALSE(outcome.two);
    CHECK_FALSE(outcome.lost);
    CHECK(outcome.gap <= bound(row));
    worst = std::max(worst, outcome.gap);
  }
  CAPTURE(text_of(row), worst.count(), bound(row).count(), reached(row).count());
  CHECK(worst <= bound(row));
  CHECK(static_cast<double>(worst.count()) >= 0.95 * static_cast<double>(reached(row).count()));
}

Harm of_shipped(const std::string& file, const Changes& changes) {
  const Scenario scenario =
      scenario_at(load_scenario(std::string(REPSIM_SOURCE_DIR) + "/scenarios/" + file), changes);
  const RunResult r = run_for_sweep(scenario, scenario.seed);
  return {.two = r.split_brain.episodes > 0, .lost = r.lost_writes.count > 0};
}

// The first seed whose adversary breaks the row.
std::uint64_t first_broken(const Row& row, std::uint64_t most) {
  Trial trial(row);
  for (std::uint64_t seed = 1; seed <= most; ++seed) {
    const Harm outcome = trial.attack(seed);
    if (outcome.broken() || outcome.gap > bound(row)) return seed;
  }
  return 0;
}

void breaks_within(const Row& row, std::uint64_t seeds) {
  CAPTURE(text_of(row), seeds);
  const std::uint64_t first = first_broken(row, seeds);
  CHECK(first > 0);
}

}  // namespace

TEST_CASE("optimal primary-backup: no adversary exceeds the bounds, and they are reached, tau = 10 ms",
          "[fidelity]") {
  for (const Row& row : table()) hold(row, trials(10000));
}

TEST_CASE("optimal primary-backup: the same with tau = 1 ms", "[fidelity]") {
  for (Row row : table()) {
    row.tau = 1ms;
    hold(row, trials(5000));
  }
}

TEST_CASE("optimal primary-backup: the same with tau = 100 us", "[fidelity]") {
  for (Row row : table()) {
    row.tau = 100us;
    hold(row, trials(1000));
  }
}

TEST_CASE("optimal primary-backup: an undisturbed primary blocks for 0, delta or 2 delta, exactly",
          "[fidelity]") {
  const auto expected = [](const std::string& variant) {
    return variant == "G" ? 2 * kDelta : variant == "O2" || variant == "G1" ? kDelta : 0ns;
  };
  for (const Row& row : table()) {
    Trial trial(row);
    const RunResult r = run_for_sweep(trial.scenario(), 1);
    CAPTURE(text_of(row));
    REQUIRE(r.operations.ok > 5);
    CHECK(r.primary.blocking_ms == Approx(seconds(expected(row.variant)) * 1e3).margin(1e-9));
    CHECK(r.primary.longest_vacancy_s == 0.0);
    CHECK(r.bofo.k <= 1);  // calls that the end of the run cuts off
  }
}

// Each with one component too few, or a failure that it isn't made for.
TEST_CASE("optimal primary-backup: outside its model each variant fails", "[fidelity]") {
  breaks_within({"C0", 3, 1, Failures::link}, 200);
  breaks_within({"CL", 2, 1, Failures::link}, 200);
  breaks_within({"O2", 2, 1, Failures::general}, 200);
  breaks_within({"O2", 2, 1, Failures::link}, 200);
  breaks_within({"R0", 3, 1, Failures::send}, 200);
  breaks_within({"G", 2, 1, Failures::general}, 200);
  breaks_within({"G", 3, 2, Failures::general}, 200);
  breaks_within({"C0", 2, 1, Failures::receive}, 200);
}

TEST_CASE("optimal primary-backup: every planted bug is caught by a random adversary", "[mutants]") {
  breaks_within({"C0", 3, 1, Failures::crash, 10ms, "answer_before_send"}, 300);
  breaks_within({"C0", 3, 1, Failures::crash, 10ms, "short_timeout"}, 50);
  breaks_within({"CL", 3, 1, Failures::link, 10ms, "short_timeout"}, 300);
  breaks_within({"R0", 3, 1, Failures::receive, 10ms, "short_timeout"}, 50);
  breaks_within({"O2", 2, 1, Failures::send, 10ms, "short_timeout"}, 50);
  breaks_within({"CL", 3, 1, Failures::link, 10ms, "no_relay"}, 100);
  breaks_within({"O2", 2, 1, Failures::send, 10ms, "complaint_ignored"}, 100);
  breaks_within({"G", 3, 1, Failures::general, 10ms, "early_takeover"}, 200);
  breaks_within({"G", 3, 1, Failures::general, 10ms, "no_halt"}, 200);
  breaks_within({"G", 3, 1, Failures::general, 10ms, "no_gap_detection"}, 2000);
}

TEST_CASE("optimal primary-backup: the script of each planted bug shows it, and nothing without it",
          "[mutants]") {
  for (const char* bug : {"answer_before_send", "complaint_ignored", "early_takeover", "late_leader",
                          "no_gap_detection", "no_halt", "no_relay"}) {
    CAPTURE(bug);
    const std::string file = fmt::format("bugs/optimal_{}.json", bug);
    CHECK(of_shipped(file, {}).broken());
    CHECK_FALSE(of_shipped(file, {{"/protocol/bug", "none"}}).broken());
  }
}

TEST_CASE(
    "optimal primary-backup: a server that isn't primary executes nothing, and names the one that is (Pb3)") {
  Trial trial({"G", 3, 1, Failures::general});
  Scenario& s = trial.scenario();
  s.setup.clients.policy.target = ClientPolicy::Target::own;  // client 1 asks server 1
  s.setup.network.replicas.delay = DelayLaw::constant(kDelta);
  const RunResult r = run_once(s, 1);
  REQUIRE(r.operations.ok > 5);
  for (const auto& answer : r.record.acknowledgements) CHECK(answer.by == NodeId{0});
  CHECK(r.linearizability.verdict == Verdict::linearizable);
}
