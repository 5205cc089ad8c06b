// Whether a split brain did harm: two primaries at once are a danger, but clients are hurt only when each
// goes its own way.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "sim/check/split_brain_episode.hpp"
#include "sim/history/record.hpp"

namespace sim {

/// Looks at one episode after the other. An operation's answers count if a correct replica gave them and they
/// say what the client took.
///   * Two updates, answered in the episode by different primaries, harm when no replica that answered the
///     one had executed the other by then, in either direction: there is no common order.
///   * An operation that changes nothing and was answered in the episode by one of its primaries harms when
///     no replica that answered it had executed an update of the same key that another primary had answered
///     and whose client had its answer before the operation was called: the past was shown.
/// Replicas that execute in one order and answer after executing do no harm, however many take themselves for
/// primaries: of two operations, one comes first.
class SplitBrainHarm {
 public:
  explicit SplitBrainHarm(const Record& record);
  bool harmful(const SplitBrainEpisode& episode, std::span<const NodeId> primaries) const;
  /// Whether one of the `lost` updates was answered before the episode by one of its primaries that had it
  /// when the episode began, while another had not, and has it no more when the `next` one begins.
  bool robbed(const SplitBrainEpisode& episode, Time next, std::span<const NodeId> primaries,
              std::span<const std::uint32_t> lost) const;

 private:
  struct Answer {
    Time at;
    NodeId by;
    std::uint32_t operation;
  };
  /// A time in which an operation was part of a replica's past.
  struct Stay {
    std::uint32_t version;  ///< By executing it, the replica came to this one.
    Time from;
    Time until = kNever;
  };

  void follow_moves();
  bool knew(NodeId node, Time at, std::uint32_t operation) const;
  bool nobody_knew(std::uint32_t answered, std::uint32_t other) const;
  Time known_for_good(NodeId node, std::uint32_t operation) const;
  std::vector<Answer> answers_of(const SplitBrainEpisode& episode, NodeId by) const;
  bool updates_part(std::span<const Answer> one, std::span<const Answer> other) const;
  bool past_shown(std::span<const Answer> one, std::span<const Answer> other) const;
  bool may_part(std::span<const Answer> one, std::span<const Answer> other) const;

  const Record& record_;
  std::vector<std::vector<Answer>> answers_;                       ///< Per operation: those that count.
  std::vector<std::map<std::uint32_t, std::vector<Stay>>> stays_;  ///< Per replica, of each operation.
};

}  // namespace sim
