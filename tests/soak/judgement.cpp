#include "tests/soak/judgement.hpp"

#include <algorithm>
#include <exception>

#include <fmt/format.h>

#include "sim/experiment/run.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/scenario/units.hpp"
#include "tests/soak/drawn_faults.hpp"
#include "tests/soak/drawn_scenario.hpp"

namespace soak {

using sim::Duration;
using sim::Json;
using sim::RunResult;

namespace {

constexpr const char* kFile = "drawn.json";
constexpr Duration kCalm = kServesFrom - kChaosTo;
constexpr Duration kPatience = std::chrono::milliseconds{250};

// Whether a client finds who is left: it has time to ask one replica after the other. One that asks again must
// come round within a call: else it may give up each time just before the answer, and begin at the same dead
// replica for ever.
bool finds_who_is_left(const sim::Scenario& s) {
  const auto& clients = s.setup.clients.options;
  const bool asks_again = clients.retry && *clients.retry < clients.timeout;
  const auto replicas = static_cast<std::int64_t>(s.setup.replicas);
  const Duration round = (asks_again ? *clients.retry : clients.timeout) * replicas;
  return round <= (asks_again ? std::min(kCalm, clients.timeout) : kCalm);
}

// Calls of the calm's last two thirds: some must have been answered, if clients have found by then who is
// left, and wait longer than a slow network and a repeated message take. What slow disks still had to write
// when the faults ended counts as a fault.
bool are_patient(const sim::Scenario& s) {
  const Json& reorder = s.canonical["network"]["reorder"];
  const bool holds = reorder["probability"].get<double>() > 0;
  const auto hold = holds ? *sim::parse_duration(reorder["hold"].get<std::string>()) : Duration{};
  return s.setup.clients.options.timeout >= std::max(20 * hold, kPatience);
}

struct Calls {
  std::uint64_t called = 0, answered = 0;
};

// Those long after the last fault.
Calls last_calls(const RunResult& r) {
  const auto& called = r.availability.called;
  const double from = (r.progress.since_s + sim::seconds(kCalm)) / sim::seconds(kDuration);
  Calls sum;
  for (auto part = static_cast<std::size_t>(from * static_cast<double>(called.size()));
       part + 1 < called.size(); ++part) {
    sum.called += called[part];
    sum.answered += r.availability.answered[part];
  }
  return sum;
}

std::string stands_still(const sim::Scenario& scenario, const RunResult& r) {
  if (r.progress.verdict == sim::ProgressJudgement::Verdict::held) return {};
  if (r.progress.verdict == sim::ProgressJudgement::Verdict::stopped) return r.progress.story;
  if (!finds_who_is_left(scenario) || !are_patient(scenario)) return {};
  const auto [called, answered] = last_calls(r);
  if (called < 8 || answered > 0) return {};  // a few may all be unlucky
  return fmt::format("none of the last {} calls was answered", called);
}

// Replicas that are only behind catch up when the service goes on. Whether it must have by now is what
// stands_still() asks.
bool should_be_alike(const RunResult& r) {
  return r.divergence.seconds > 0 || r.progress.verdict == sim::ProgressJudgement::Verdict::held ||
         last_calls(r).answered > 0;
}

// The usual budget leaves a history in a thousand undecided: many writes of few values that nobody was told
// the outcome of. Those are worth some seconds.
sim::Verdict judged_at_length(const sim::Scenario& scenario) {
  constexpr std::uint64_t kSteps = 1'000'000'000;
  const RunResult r = sim::run_once(scenario, scenario.seed);
  const sim::Model model = scenario.setup.model;
  return sim::linearizability_verdict(r.record.operations, model, sim::initial_value(model),
                                      {.steps = kSteps});
}

std::string broken(const std::string& promise, const RunResult& r) {
  if (promise == "linearizable" && r.linearizability.verdict == sim::Verdict::violation)
    return "not linearizable";
  if (promise == "linearizable" && r.linearizability.verdict == sim::Verdict::unknown)
    return std::string(kUndecided) + "linearizability";
  if (promise == "nothing lost" && r.lost_writes.count > 0)
    return fmt::format("{} writes lost", r.lost_writes.count);
  if (promise == "consensus" && r.consensus_broken()) return "consensus broken: " + r.consensus.story;
  if (promise == "alike" && r.divergence.diverged && should_be_alike(r))
    return "diverged (" + r.divergence.cause.value_or("no cause") + ")";
  if (promise == "one primary" && r.split_brain.episodes > 0) return "two primaries";
  if (promise == "no lies" && r.answers.deceived > 0)
    return fmt::format("{} lies believed", r.answers.deceived);
  if (promise == "decided" && (r.consensus.slots == 0 || r.consensus.termination == false))
    return "not decided";
  return {};
}

std::string not_the_same(const sim::Scenario& scenario, const RunResult& first) {
  if (sim::run_for_sweep(scenario, first.seed).digest != first.digest)
    return "another digest the second time";
  const auto written = sim::explicit_scenario(scenario, first.seed, kFile);
  const auto again = sim::run_for_sweep(sim::read_scenario(written, kFile), first.seed);
  return again.digest == first.digest ? "" : "another digest when saved and replayed";
}

}  // namespace

std::string trouble_with(const Json& bounds, std::uint64_t seed, bool replay) {
  try {
    const auto scenario = sim::read_scenario(draw_scenario(bounds, seed), kFile);
    RunResult r = sim::run_for_sweep(scenario, scenario.seed);
    if (!r.error.empty()) return r.error;
    if (r.linearizability.verdict == sim::Verdict::unknown)
      r.linearizability.verdict = judged_at_length(scenario);
    // Two may act as primary at once, where a protocol allows it; clients never suffer from that.
    if (r.split_brain.harmful > 0) return "a harmful split brain";
    for (const Json& promise : bounds["holds"]) {
      const auto trouble = promise == "progress" ? stands_still(scenario, r) : broken(promise, r);
      if (!trouble.empty()) return trouble;
    }
    return replay ? not_the_same(scenario, r) : "";
  } catch (const std::exception& e) {
    return std::string("stopped: ") + e.what();
  }
}

}  // namespace soak
