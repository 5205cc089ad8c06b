#include "sim/experiment/run.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "sim/check/answers.hpp"
#include "sim/check/availability.hpp"
#include "sim/check/bofo.hpp"
#include "sim/check/consensus.hpp"
#include "sim/check/detector.hpp"
#include "sim/check/failover.hpp"
#include "sim/check/leadership.hpp"
#include "sim/check/orders.hpp"
#include "sim/check/service_quality.hpp"
#include "sim/experiment/judges_asked.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/linearizability/explanation.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "sim/report/expectation.hpp"
#include "sim/report/result_json.hpp"
#include "sim/world/world.hpp"

namespace sim {
namespace {

void judge_safety(const JudgedRun& run, RunResult& r) {
  const auto divergence = divergence_of(run);
  r.divergence = {.diverged = divergence.diverged, .seconds = divergence.seconds};
  r.divergence.compared = divergence.compared;
  r.divergence.lagging = divergence.lagging;
  if (divergence.first) r.divergence.first_index = divergence.first->index;
  if (divergence.cause) r.divergence.cause = std::string(name_of(*divergence.cause));
  const auto split = split_brain_of(run);
  r.split_brain = {split.episodes.size(), split.seconds, split.harmful};
}

void judge_losses(const JudgedRun& run, RunResult& r) {
  auto judgement = lost_writes_of(run);
  r.lost_writes = {judgement.operations.size(), std::move(judgement.operations), judgement.held.size(),
                   judgement.unknown.size()};
}

void judge_agreement(const JudgedRun& run, RunResult& r) {
  const auto judgement = judge_consensus(run.record);
  if (!judgement.applies) return;
  auto& c = r.consensus;
  c.slots = judgement.slots;
  c.agreement = !judgement.disagreement;
  c.validity = !judgement.invented;
  c.election_safety = !judgement.two_leaders;
  c.leader_completeness = !judgement.incomplete;
  const bool asked = judgement.slots > 0 || !judgement.undecided.empty();  // else nothing was to be decided
  if (asked && judgement.running > 0 && !run.cut_short) c.termination = judgement.undecided.empty();
  c.undecided = judgement.undecided.size();
  c.running = judgement.running;
  c.highest_slot = judgement.highest;
  if (judgement.disagreement) c.first_slot = judgement.disagreement->one.slot;
  c.story = story_of(judgement);
}

void judge_truth(const Record& record, RunResult& r) {
  const auto answers = judge_answers(record);
  r.answers = {answers.contested, answers.undecided, answers.deceived};
}

void judge_service(const Record& record, const ClientOptions& clients, RunResult& r) {
  const auto counts = count_operations(record);
  r.operations = {counts.invoked, counts.ok, counts.failed, counts.pending};
  const auto ms = [](std::optional<Duration> d) {
    return d ? std::optional(static_cast<double>(d->count()) / 1e6) : std::nullopt;
  };
  const auto latency = judge_latency(record);
  r.latency_ms = {ms(latency.p50), ms(latency.p99), ms(latency.max)};
  const auto availability =
      judge_availability(record, {.outage_after = clients.outage_after, .client_timeout = clients.timeout});
  auto by_time = answers_by_time(record, kParts);
  r.availability = {availability.fraction,         availability.outages.size(), availability.longest_s,
                    seconds(clients.outage_after), std::move(by_time.called),   std::move(by_time.answered)};
  const auto cost = judge_cost(record);
  r.cost = {cost.messages_per_operation, cost.delays_per_operation};
}

void judge_service_goes_on(const JudgedRun& run, RunResult& r) {
  auto judgement = progress_of(run);
  r.progress = {.verdict = judgement.verdict,
                .since_s = seconds(judgement.since - Time{}),
                .longest_wait_s = seconds(judgement.longest),
                .story = std::move(judgement.why)};
  if (const auto promise = promise_of(run)) r.progress.within_s = seconds(promise->within);
}

void judge_failures(const Record& record, RunResult& r) {
  const auto judgement = judge_failover(record);
  const auto& failovers = judgement.completed;
  r.failover.count = failovers.size();
  r.failover.vain_terms = judgement.vain_terms;
  if (!failovers.empty()) {
    const auto sum = std::accumulate(failovers.begin(), failovers.end(), Duration{0});
    r.failover.mean_s = seconds(sum) / static_cast<double>(failovers.size());
    r.failover.max_s = seconds(*std::ranges::max_element(failovers));
  }
  r.failover.unfinished = judgement.unfinished;
  if (judgement.waited) r.failover.waited_s = seconds(*judgement.waited);
  if (!judgement.stable.empty()) {
    const auto sum = std::accumulate(judgement.stable.begin(), judgement.stable.end(), Duration{0});
    r.failover.stable_mean_s = seconds(sum) / static_cast<double>(judgement.stable.size());
  }
  if (const auto leadership = judge_leadership(record)) {
    r.primary = {.without_s = leadership->without_s,
                 .longest_without_s = leadership->longest_without_s,
                 .longest_vacancy_s = seconds(leadership->longest_vacancy),
                 .blocking_ms = seconds(judge_blocking(record)) * 1e3,
                 .changes = leadership->changes,
                 .needless = leadership->needless};
  }
  const auto bofo = judge_bofo(record);
  r.bofo = {bofo.intervals.size(), seconds(bofo.longest)};
  const auto detector = judge_detector(record);
  r.detector = {.false_suspicions = detector.false_suspicions,
                .mistake_seconds = detector.mistake_seconds,
                .detections = detector.detections};
  if (detector.detections > 0)
    r.detector.mean_detection_s = detector.detection_seconds / static_cast<double>(detector.detections);
}

// Everything but linearizability and expectations.
void judge_record(const JudgedRun& run, RunResult& r) {
  const Record& record = run.record;
  r.messages = {record.messages_sent, record.messages_delivered, record.messages_lost,
                record.messages_duplicated, record.messages_in_flight};
  judge_safety(run, r);
  judge_losses(run, r);
  judge_agreement(run, r);
  judge_truth(record, r);
  judge_service(record, run.scenario.setup.clients.options, r);
  judge_service_goes_on(run, r);
  judge_failures(record, r);
  auto orders = judge_orders(record);
  r.orders = {orders.given, orders.carried_out, orders.without_effect, std::move(orders.notes)};
}

void judge_expectations(const Scenario& scenario, RunResult& r) {
  if (scenario.expectations.empty()) return;
  const Json json = to_json(r);
  for (const auto& e : scenario.expectations)
    r.expectations.push_back(hold_against(json, e.pointer, e.expected));
}

std::string_view error_of(Ending ending) {
  if (ending == Ending::complete) return {};
  return ending == Ending::too_many_events ? kTooManyEvents : kTooMuchMemory;
}

RunResult result_of(const Scenario& scenario, std::uint64_t seed) {
  RunResult r;
  r.scenario = scenario.name;
  r.protocol = scenario.protocol;
  r.seed = seed;
  return r;
}

// A run that would be too large before it begins isn't made.
bool fits(const Scenario& scenario, RunResult& r) {
  if (World::bytes_to_begin(scenario.setup) <= scenario.setup.max_memory) return true;
  r.error = kTooMuchMemory;
  judge_expectations(scenario, r);
  return false;
}

// Plays the run and fills in everything but the parts that need the verdict on linearizability. Returns
// whether it was completed.
bool play(World& world, const Scenario& scenario, RunResult& r, const Interrupt& interrupt = {}) {
  const Duration whole = scenario.setup.duration + scenario.setup.settle;
  r.error = error_of(run_until(world, Time{whole}, whole, interrupt));
  r.digest = world.digest();
  r.virtual_seconds = static_cast<double>(world.now().time_since_epoch().count()) / 1e9;
  r.events = world.events();
  const bool cut_short = !r.error.empty();
  if (cut_short) world.cut_short();
  judge_record({world.record(), scenario, cut_short}, r);
  return !cut_short;
}

World make_world(const Scenario& scenario, std::uint64_t seed, Tracer* tracer = nullptr) {
  return World(scenario.setup, seed, scenario.plan->make_host(scenario.setup.replicas), tracer);
}

}  // namespace

RunResult run_once(const Scenario& scenario, std::uint64_t seed, Tracer* tracer) {
  RunResult r = result_of(scenario, seed);
  if (!fits(scenario, r)) return r;
  World world = make_world(scenario, seed, tracer);
  const Model model = scenario.setup.model;
  const bool complete = play(world, scenario, r);
  r.record = world.take_record();
  if (complete && replicas_explain({r.record, scenario})) {
    r.linearizability.verdict = Verdict::linearizable;
  } else if (complete) {
    auto verdict = check_linearizability(r.record.operations, model, initial_value(model));
    r.linearizability = {verdict.verdict, std::move(verdict.story), std::move(verdict.witness)};
  }
  judge_expectations(scenario, r);
  return r;
}

RunResult run_for_sweep(const Scenario& scenario, std::uint64_t seed, const Interrupt& interrupt) {
  RunResult r = result_of(scenario, seed);
  if (!fits(scenario, r)) return r;
  World world = make_world(scenario, seed);
  if (play(world, scenario, r, interrupt))
    r.linearizability.verdict = linearizability_of({world.record(), scenario});
  judge_expectations(scenario, r);
  return r;
}

}  // namespace sim
