#include "sim/check/consensus.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "sim/check/node_lives.hpp"
#include "sim/kernel/printable.hpp"

namespace sim {
namespace {

std::optional<Disagreement> find_disagreement(const Decisions& decisions) {
  const auto& all = decisions.contradictions();
  if (all.empty()) return std::nullopt;
  const auto lowest = std::ranges::min_element(all, {}, &Decision::slot);
  return Disagreement{*decisions.first(lowest->slot), *lowest};
}

bool was_asked(const Record& record, std::uint64_t value) {
  const RequestId id = request_of(value);
  if (id.client.value >= record.operation_of.size()) return false;
  const auto& operations = record.operation_of[id.client.value];
  return id.number < operations.size() && record.asked[operations[id.number]] == value;
}

// Every decision that counts: the first on each slot, and those that contradict it.
std::optional<Decision> find_invented(const Record& record) {
  if (record.proposals.empty() && record.liar_proposed) return std::nullopt;  // it may have proposed anything
  const auto invented = [&](const Decision& d) {
    if (!record.proposals.empty())
      return std::ranges::find(record.proposals, d.value) == record.proposals.end();
    return d.value != 0 && !was_asked(record, d.value);
  };
  const Decision* earliest = nullptr;
  for (const auto* list : {&record.decisions.firsts(), &record.decisions.contradictions()}) {
    const auto found = std::ranges::find_if(*list, invented);
    if (found != list->end() && (earliest == nullptr || found->at < earliest->at)) earliest = &*found;
  }
  return earliest == nullptr ? std::nullopt : std::optional(*earliest);
}

std::optional<TwoLeaders> find_two_leaders(const Record& record) {
  std::map<std::uint64_t, NodeId> leader_of;
  for (const auto& change : record.roles) {
    if (change.role != Role::primary || change.term == 0) continue;
    const auto [place, first] = leader_of.try_emplace(change.term, change.node);
    if (!first && place->second != change.node) return TwoLeaders{change.term, place->second, change.node};
  }
  return std::nullopt;
}

// An entry may be settled in its term without anybody knowing it yet, so time does not matter here: the log
// of a later term's leader must hold it either way. The observer has compared the whole log with what was
// known when the term began. For later knowledge it can only tell whether the log was long enough.
std::optional<IncompleteLeader> find_incomplete(const Record& record) {
  using Settled = std::tuple<std::uint64_t, std::uint64_t>;  // term, the highest slot settled up to it
  std::vector<Settled> settled;
  for (const Decision& d : record.decisions.firsts()) {
    if (d.term > 0) settled.emplace_back(d.term, d.slot);
  }
  std::ranges::sort(settled);
  for (std::size_t i = 1; i < settled.size(); ++i) {
    std::get<1>(settled[i]) = std::max(std::get<1>(settled[i]), std::get<1>(settled[i - 1]));
  }
  for (const auto& leader : record.leaderships) {
    if (!leader.lacking.empty()) return IncompleteLeader{leader.term, leader.node, leader.lacking.front()};
    const auto later = std::ranges::lower_bound(settled, Settled{leader.term, 0});
    if (later == settled.begin()) continue;
    const std::uint64_t highest = std::get<1>(*std::prev(later));
    if (highest > leader.last_slot) return IncompleteLeader{leader.term, leader.node, highest};
  }
  return std::nullopt;
}

// The highest slot that any correct replica has decided; 1 if none has.
std::uint64_t highest_slot(const Record& record) {
  std::uint64_t highest = 1;
  for (std::uint16_t i = 0; i < record.replicas; ++i) {
    if (!record.byzantine.contains(NodeId{i}))
      highest = std::max(highest, record.decisions.highest(NodeId{i}));
  }
  return highest;
}

std::vector<NodeId> find_undecided(const Record& record) {
  std::vector<NodeId> undecided;
  if (record.decisions.empty() && record.proposals.empty()) return undecided;
  const std::uint64_t highest = highest_slot(record);
  const Concerned concerned = concerned_at_end(record);
  for (std::uint16_t i = 0; i < record.replicas; ++i) {
    const NodeId node{i};
    if (concerned.contains(node) && record.decisions.highest(node) < highest) undecided.push_back(node);
  }
  return undecided;
}

}  // namespace

ConsensusJudgement judge_consensus(const Record& record) {
  ConsensusJudgement result;
  result.slots = record.decisions.firsts().size();
  result.disagreement = find_disagreement(record.decisions);
  result.invented = find_invented(record);
  result.two_leaders = find_two_leaders(record);
  result.incomplete = find_incomplete(record);
  result.undecided = find_undecided(record);
  result.highest = highest_slot(record);
  const Concerned concerned = concerned_at_end(record);
  for (std::uint16_t i = 0; i < record.replicas; ++i)
    result.running += concerned.contains(NodeId{i}) ? 1u : 0u;
  const bool terms = std::ranges::any_of(record.roles, [](const auto& r) { return r.term > 0; });
  result.applies = !record.decisions.empty() || !record.proposals.empty() || terms;
  return result;
}

std::string story_of(const ConsensusJudgement& j) {
  std::vector<std::string> parts;
  if (j.disagreement) {
    const auto& [one, other] = *j.disagreement;
    parts.push_back(fmt::format("slot {} holds {:x} for replica {} since {} and {:x} for replica {} since {}",
                                one.slot, one.value, one.by.value, in_milliseconds(one.at), other.value,
                                other.by.value, in_milliseconds(other.at)));
  }
  if (j.invented) {
    parts.push_back(fmt::format("replica {} decided {:x} for slot {}, which nobody had proposed",
                                j.invented->by.value, j.invented->value, j.invented->slot));
  }
  if (j.two_leaders) {
    parts.push_back(fmt::format("replicas {} and {} were both primary in term {}", j.two_leaders->one.value,
                                j.two_leaders->other.value, j.two_leaders->term));
  }
  if (j.incomplete) {
    parts.push_back(
        fmt::format("replica {} became primary of term {} without slot {}, which was decided "
                    "before",
                    j.incomplete->leader.value, j.incomplete->term, j.incomplete->slot));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace sim
