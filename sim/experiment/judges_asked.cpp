#include "sim/experiment/judges_asked.hpp"

#include <algorithm>

#include "sim/check/executed_order.hpp"
#include "sim/check/node_lives.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/linearizability/given_order.hpp"
#include "sim/linearizability/linearizability.hpp"

namespace sim {
namespace {

// The conditions of the scenario's runs while nothing goes wrong.
Calm calm_of(const Setup& setup, std::size_t members) {
  const ClientOptions& clients = setup.clients.options;
  Calm calm{.members = members,
            .client_timeout = clients.timeout,
            .client_retry = std::min(clients.retry.value_or(clients.timeout), clients.timeout)};
  const auto take = [&](const LinkLaw& law) {
    calm.delay = std::max(calm.delay, law.delay.nearly_longest() + (law.reorder > 0 ? law.hold : Duration{}));
    calm.loss = std::max(calm.loss, law.mean_loss());
  };
  take(setup.network.replicas);
  take(setup.network.clients);
  for (const auto& link : setup.network.overrides) take(link.law);
  return calm;
}

// How many replicas must run before their state tells what is lost. For a run that was cut short: more than
// there are.
std::size_t enough_to_tell(const JudgedRun& run) {
  if (run.cut_short) return run.record.replicas + 1;
  const auto promise = promise_of(run);
  return promise ? promise->running : 1;
}

}  // namespace

std::optional<ServicePromise> promise_of(const JudgedRun& run) {
  return run.scenario.plan->promise(calm_of(run.scenario.setup, members_at_end(run.record).size()));
}

DivergenceJudgement divergence_of(const JudgedRun& run) {
  const ProtocolPlan& plan = *run.scenario.plan;
  const bool may_lose = calm_of(run.scenario.setup, run.record.replicas).loss > 0;
  return judge_divergence(run.record, plan.becomes_alike() && !run.cut_short,
                          {.on_the_way = several_latencies(run.scenario.setup.network),
                           .told_again = (may_lose ? 3 : 1) * plan.tells_again_every()});
}

SplitBrainJudgement split_brain_of(const JudgedRun& run) {
  return judge_split_brain(run.record, enough_to_tell(run));
}

LostWritesJudgement lost_writes_of(const JudgedRun& run) {
  return judge_lost_writes(run.record, enough_to_tell(run));
}

ProgressJudgement progress_of(const JudgedRun& run) {
  if (run.cut_short) return {.why = "the run was cut short"};
  const auto promise = promise_of(run);
  if (!promise) return judge_progress(run.record, std::nullopt);
  const auto& clients = run.scenario.setup.clients.options;
  return judge_progress(run.record,
                        ProgressRules{.client_timeout = clients.timeout,
                                      .clients_ask_again = clients.retry.has_value(),
                                      .within = promise->within,
                                      .running = promise->running,
                                      .despite_liars = promise->despite_liars,
                                      .untold = promise->untold,
                                      .on_disk = promise->memory == ServicePromise::Memory::on_disk});
}

bool replicas_explain(const JudgedRun& run) {
  const auto& operations = run.record.operations;
  const Model model = run.scenario.setup.model;
  return !run.cut_short && explains(executed_order(run.record), operations, model, initial_value(model));
}

Verdict linearizability_of(const JudgedRun& run) {
  if (run.cut_short) return Verdict::unknown;
  if (replicas_explain(run)) return Verdict::linearizable;
  const Model model = run.scenario.setup.model;
  return linearizability_verdict(run.record.operations, model, initial_value(model));
}

}  // namespace sim
