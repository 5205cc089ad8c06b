// The result of one run, in the groups and the order in which result rows show them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/check/progress.hpp"
#include "sim/history/record.hpp"
#include "sim/linearizability/verdict.hpp"
#include "sim/scenario/json.hpp"

namespace sim {

/// A scenario's expectation at a place of the result, and the value found there.
struct ExpectationResult {
  std::string path;  ///< JSON pointer into the result.
  Json expected;
  Json actual;
  bool held = false;
};

// Why a run was not finished.
constexpr std::string_view kTooManyEvents = "too many events";
constexpr std::string_view kTooMuchMemory = "too much memory";

constexpr std::size_t kParts = 40;  ///< Number of parts of the chaos phase, to see answers by time.

/// An empty optional is `null` in a row: there is no data.
struct RunResult {
  std::string scenario;
  std::string protocol;
  std::uint64_t seed = 0;
  std::uint64_t digest = 0;
  double virtual_seconds = 0;
  std::uint64_t events = 0;
  struct {
    std::uint64_t sent = 0, delivered = 0, lost = 0, duplicated = 0, in_flight = 0;
  } messages;
  struct {
    std::uint64_t invoked = 0, ok = 0, failed = 0, pending = 0;
  } operations;
  struct {
    std::optional<double> p50{}, p99{}, max{};
  } latency_ms;
  struct {
    Verdict verdict = Verdict::unknown;
    std::string story{};
    std::vector<std::size_t> witness{};
  } linearizability;
  struct {
    bool diverged = false;
    double seconds = 0;
    std::optional<std::uint32_t> first_index{};
    std::optional<std::string> cause{};
    std::uint64_t compared = 0;  ///< Replicas whose states were compared at the end.
    std::uint64_t lagging = 0;   ///< Those of them that lacked something for which there may be time yet.
  } divergence;
  struct {
    std::uint64_t episodes = 0;
    double seconds = 0;
    std::uint64_t harmful = 0;
  } split_brain;
  struct {
    std::uint64_t count = 0;
    std::vector<std::uint32_t> operations{};
    std::uint64_t held = 0;     ///< Not lost: running replicas hold them, and haven't executed them.
    std::uint64_t unknown = 0;  ///< Too few replicas run to tell.
  } lost_writes;
  /// Whether each property of consensus held; empty where the protocol declares neither decisions nor terms.
  struct {
    std::uint64_t slots = 0;
    std::optional<bool> agreement{}, validity{}, election_safety{}, leader_completeness{}, termination{};
    std::optional<std::uint64_t> first_slot{};  ///< The lowest slot that was decided in two ways.
    std::uint64_t undecided = 0;  ///< Replicas that should have decided the highest decided slot ...
    std::uint64_t running = 0;    ///< ... and have not, of so many that should hold the state at the end ...
    std::uint64_t highest_slot = 0;  ///< ... and that slot.
    std::string story{};
  } consensus;
  struct {
    std::uint64_t contested = 0, undecided = 0, deceived = 0;
  } answers;
  struct {
    double fraction = 1;
    std::uint64_t outages = 0;
    double longest_outage_s = 0;
    double outage_after_s = 0;  ///< A silence is an outage when it lasts longer.
    /// Operations called in each of kParts equal parts of the chaos phase, and how many of them were
    /// answered.
    std::vector<std::uint64_t> called{}, answered{};
  } availability;
  /// Whether service went on once no fault was left.
  struct {
    ProgressJudgement::Verdict verdict = ProgressJudgement::Verdict::unknown;
    std::optional<double> within_s{};  ///< The protocol's promise; empty if it promises nothing.
    double since_s = 0;                ///< No fault is left from here on.
    double longest_wait_s = 0;         ///< From then on.
    std::string story{};               ///< Who waits for whom, or why nothing can be said.
  } progress;
  struct {
    std::uint64_t count = 0;
    std::optional<double> mean_s{}, max_s{};
    std::uint64_t vain_terms = 0;           ///< That passed meanwhile without a primary.
    std::uint64_t unfinished = 0;           ///< Begun, and never ended: not in `count`, nor in the mean.
    std::optional<double> stable_mean_s{};  ///< Until the first primary that lasted, where there was one.
    std::optional<double> waited_s{};       ///< In the unfinished one, until the run ended.
  } failover;
  /// Requests that were never answered, by when they were sent: in k intervals of at most `delta_s`.
  struct {
    std::uint64_t k = 0;
    double delta_s = 0;
  } bofo;
  /// Empty where nobody acts as primary, or a Byzantine replica may have.
  struct {
    std::optional<double> without_s{}, longest_without_s{};
    std::optional<double> longest_vacancy_s{};  ///< No node at all acts as primary.
    std::optional<double> blocking_ms{};        ///< The longest from a primary's receipt to an answer.
    std::optional<std::uint64_t> changes{}, needless{};
  } primary;
  struct {
    std::uint64_t given = 0, carried_out = 0, without_effect = 0;
    std::vector<std::string> notes{};
  } orders;
  struct {
    std::uint64_t false_suspicions = 0;
    double mistake_seconds = 0;
    std::uint64_t detections = 0;
    std::optional<double> mean_detection_s{};
  } detector;
  struct {
    std::optional<double> messages_per_operation{}, delays_per_operation{};
  } cost;
  std::vector<ExpectationResult> expectations;
  std::string error;  ///< Why the run was not finished; empty when it was. Shown only then, as the last key.

  Record record;  ///< The record judged; empty for runs of a sweep.

  /// A property of consensus that must never fail has failed (termination is not one: it can wait).
  bool consensus_broken() const {
    for (const auto& held : {consensus.agreement, consensus.validity, consensus.election_safety,
                             consensus.leader_completeness}) {
      if (held == false) return true;
    }
    return false;
  }

  bool expectations_held() const {
    for (const auto& e : expectations) {
      if (!e.held) return false;
    }
    return true;
  }
};

}  // namespace sim
