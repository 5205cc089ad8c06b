// Divergence: replicas that have applied the same number of requests and are in different states. Lagging
// behind is not divergence, unless it outlasts half of the settle phase.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/history/record.hpp"

namespace sim {

enum class DivergenceCause : std::uint8_t {
  nondeterminism,     ///< The same request led to different states.
  split_brain,        ///< Two nodes, each acting as primary, chose different requests for one place.
  missed_while_down,  ///< A replica was down after a request's call (or forgot it in a crash), and went on
                      ///< without it.
  order,              ///< Both replicas applied both requests, in different places.
  loss,               ///< None of these: a request got lost on its way to a replica.
};

/// As results spell it: "split_brain".
std::string_view name_of(DivergenceCause cause);

/// The first place at which two replicas differ.
struct FirstDifference {
  std::uint32_t index = 0;  ///< Place among the requests that a replica applied, from 1.
  Time at{};                ///< When it showed.
  NodeId reference{};  ///< The replica with the longest path then (of equals the one with the lowest number).
  NodeId other{};
  RequestId expected{};              ///< The request that the reference applied in that place.
  std::optional<RequestId> found{};  ///< The other's request; empty if it had applied fewer.
  bool other_has_expected = false;   ///< In some other place, when it showed.
  bool reference_has_found = false;  ///< Likewise.
  bool operator==(const FirstDifference&) const = default;
};

/// How long a request may take to reach all replicas, after the first has applied it.
struct DivergenceAllowance {
  Duration on_the_way{};  ///< As a message.
  Duration told_again{};  ///< Until replicas tell each other, again or for the first time.
};

struct DivergenceJudgement {
  /// When the run ends, the states of the replicas that should hold it (see Concerned) aren't all equal.
  /// Requests first applied in the second half of the settle phase, or within DivergenceAllowance of the end,
  /// don't count.
  bool diverged = false;
  std::size_t compared = 0;              ///< Number of those replicas: of fewer than two nothing can be said.
  std::size_t lagging = 0;               ///< Those of them that lack only what doesn't count yet.
  double seconds = 0;                    ///< How long such replicas differed, lagging left out.
  std::optional<FirstDifference> first;  ///< Empty if they never did; set even if they converged later.
  std::optional<DivergenceCause> cause;  ///< Of that first difference.
};

/// At any instant the replicas that should hold the state are divergent if one's state differs from the state
/// of the reference (see FirstDifference) after as many requests. An instant counts as it ends. Nothing is
/// compared unless replicas should `become_alike` when the run ends (those of a quorum system need not, nor
/// any in a run that was cut short) and had the time to: the effects of faults were over by half of the
/// settle phase, and the `allowance` before its end. A replica that lags while nobody leads is not divergent.
DivergenceJudgement judge_divergence(const Record& record, bool become_alike = true,
                                     DivergenceAllowance allowance = {});

/// Why they differ.
DivergenceCause cause_of(const FirstDifference& first, const Record& record);

}  // namespace sim
