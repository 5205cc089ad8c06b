// Consensus: whether replicas that agree on a value, or on a log of requests slot by slot, meet the problem's
// requirements. One judge for all protocols that declare their decisions and terms; it knows none of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/history/record.hpp"

namespace sim {

/// Two decisions on one slot that differ; also one replica's before and after a restart.
struct Disagreement {
  Decision one;
  Decision other;
};

/// Two replicas that were primary in one term.
struct TwoLeaders {
  std::uint64_t term = 0;
  NodeId one{}, other{};
};

/// A primary whose log, when its term began, lacked an entry that had been decided in an earlier term.
struct IncompleteLeader {
  std::uint64_t term = 0;
  NodeId leader{};
  std::uint64_t slot = 0;
};

struct ConsensusJudgement {
  std::uint64_t slots = 0;  ///< How many were decided.
  /// Agreement: no slot is ever decided in two ways. The contradiction with the lowest slot.
  std::optional<Disagreement> disagreement{};
  /// Validity: a decided value was asked by a client, or proposed by a correct replica. The first that was
  /// not. Nothing is demanded when Byzantine replicas alone proposed.
  std::optional<Decision> invented{};
  /// Election safety (Ongaro and Ousterhout 2014, figure 3): one leader in a term. The first that had two.
  std::optional<TwoLeaders> two_leaders{};
  /// Leader completeness (the same). The first leader that lacked a decided entry.
  std::optional<IncompleteLeader> incomplete{};
  /// Termination: the replicas that should hold the state when the run ends (see Concerned) and have not
  /// decided the highest slot that any correct one has. All of them when values were proposed and none was
  /// decided.
  std::vector<NodeId> undecided{};
  std::size_t running = 0;    ///< How many should hold it.
  std::uint64_t highest = 1;  ///< That slot.
  bool applies = false;       ///< Something was proposed or decided, or somebody led a term.
};

/// Byzantine replicas' words count for nothing, and nothing is demanded of them.
ConsensusJudgement judge_consensus(const Record& record);

/// The violations, in a sentence each; empty when there are none.
std::string story_of(const ConsensusJudgement& judgement);

}  // namespace sim
