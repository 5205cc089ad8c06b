// Tells judges what they need to know of a scenario: its protocol's promises, and so the demands on a run.
// Runs, sweeps and the estimates of rare events all ask here, so that one run gets one verdict.
#pragma once

#include <optional>

#include "sim/check/divergence.hpp"
#include "sim/check/lost_writes.hpp"
#include "sim/check/progress.hpp"
#include "sim/check/split_brain.hpp"
#include "sim/history/record.hpp"
#include "sim/linearizability/verdict.hpp"
#include "sim/protocol/service_promise.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {

/// A record, the scenario that was played, and how. Nobody can tell what the end of a run that was cut short
/// would have mended.
struct JudgedRun {
  const Record& record;
  const Scenario& scenario;
  bool cut_short = false;
};

/// Nothing when the protocol promises nothing under the conditions of the run.
std::optional<ServicePromise> promise_of(const JudgedRun& run);

DivergenceJudgement divergence_of(const JudgedRun& run);
SplitBrainJudgement split_brain_of(const JudgedRun& run);
LostWritesJudgement lost_writes_of(const JudgedRun& run);
ProgressJudgement progress_of(const JudgedRun& run);
/// Whether the order in which the replicas executed the operations explains all answers: then the run is
/// linearizable, and no search for an order is needed. It doesn't where reads don't go through that order, as
/// in quorum systems.
bool replicas_explain(const JudgedRun& run);
/// The verdict without a story; unknown for a run that was cut short.
Verdict linearizability_of(const JudgedRun& run);

}  // namespace sim
