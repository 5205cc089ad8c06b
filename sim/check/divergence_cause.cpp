// The detective's part of the divergence judge: which replica did what first, and which were down meanwhile.
#include <algorithm>
#include <optional>

#include "sim/check/divergence.hpp"
#include "sim/check/node_lives.hpp"
#include "sim/check/split_brain.hpp"

namespace sim {
namespace {

// When and where a request was applied for the first time.
std::optional<Record::Moved> first_application(const Record& record, RequestId request) {
  const auto found = std::ranges::find_if(record.moves, [&](const Record::Moved& move) {
    return move.to.id != 0 && record.versions[move.to.id].request == request;
  });
  if (found == record.moves.end()) return std::nullopt;
  return *found;
}

bool ever_applied(const Record& record, NodeId node, RequestId request) {
  return std::ranges::any_of(record.moves, [&](const Record::Moved& move) {
    return move.node == node && move.to.id != 0 && record.versions[move.to.id].request == request;
  });
}

// When a client asked it; nothing for a request that a Byzantine node has made up.
std::optional<Time> call_of(const Record& record, RequestId request) {
  const auto operation = record.find(request);
  return operation ? std::optional(record.operations[*operation].call) : std::nullopt;
}

// Two nodes, each acting as primary, executed the two requests: in the same episode, or with an episode
// between. A replica that is only behind has chosen nothing.
bool by_split_brain(const FirstDifference& first, const Record& record) {
  if (!first.found) return false;
  const auto a = first_application(record, first.expected);
  const auto b = first_application(record, *first.found);
  if (!a || !b || a->node == b->node) return false;
  const auto [from, to] = std::minmax(a->at, b->at);
  const auto episodes = split_brain_episodes(record);
  return std::ranges::any_of(episodes, [from = from, to = to](const SplitBrainEpisode& episode) {
    return episode.begin <= to && episode.end >= from;
  });
}

}  // namespace

std::string_view name_of(DivergenceCause cause) {
  switch (cause) {
    case DivergenceCause::nondeterminism: return "nondeterminism";
    case DivergenceCause::split_brain: return "split_brain";
    case DivergenceCause::missed_while_down: return "missed_while_down";
    case DivergenceCause::order: return "order";
    case DivergenceCause::loss: break;
  }
  return "loss";
}

DivergenceCause cause_of(const FirstDifference& first, const Record& record) {
  if (first.found == first.expected) return DivergenceCause::nondeterminism;
  if (by_split_brain(first, record)) return DivergenceCause::split_brain;
  const auto down_after_call = [&](NodeId node, RequestId request) {
    const auto call = call_of(record, request);
    return call && was_down(record, node, *call, first.at);
  };
  if (!first.other_has_expected && down_after_call(first.other, first.expected))
    return DivergenceCause::missed_while_down;
  if (!first.found) return DivergenceCause::loss;
  if (!first.reference_has_found && down_after_call(first.reference, *first.found))
    return DivergenceCause::missed_while_down;
  const bool both = ever_applied(record, first.other, first.expected) &&
                    ever_applied(record, first.reference, *first.found);
  return both ? DivergenceCause::order : DivergenceCause::loss;
}

}  // namespace sim
