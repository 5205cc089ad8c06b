#include "sim/check/split_brain_harm.hpp"

#include <algorithm>

#include "sim/check/changes.hpp"

namespace sim {

SplitBrainHarm::SplitBrainHarm(const Record& record)
    : record_(record), answers_(record.operations.size()), stays_(record.replicas) {
  for (const auto& a : record.acknowledgements) {
    const Operation& op = record.operations[a.operation];
    if (op.outcome != Outcome::ok || a.at > op.ret || record.byzantine.contains(a.by)) continue;
    if (a.answer == fingerprint(op.output)) answers_[a.operation].push_back({a.at, a.by, a.operation});
  }
  follow_moves();
}

// Replays the moves. Nearly each extends a replica's path by one. A replica that takes over another's state
// knew until then what it loses; one that crashes knows nothing any more.
void SplitBrainHarm::follow_moves() {
  std::vector<std::vector<std::uint32_t>> paths(record_.replicas);  // version ids, the root left out
  const auto enter = [&](NodeId node, std::uint32_t id, Time at) {
    if (const auto op = record_.find(record_.versions[id].request))
      stays_[node.value][*op].push_back({id, at});
  };
  const auto leave = [&](NodeId node, std::uint32_t id, Time at) {
    const auto op = record_.find(record_.versions[id].request);
    if (!op) return;
    for (Stay& stay : stays_[node.value][*op]) {
      if (stay.version == id && stay.until == kNever) stay.until = at;
    }
  };
  auto life = record_.lives.begin();
  const auto crash_until = [&](Time at) {
    for (; life != record_.lives.end() && life->at < at; ++life) {
      if (life->life != Record::Life::down) continue;
      for (const std::uint32_t id : paths[life->node.value]) leave(life->node, id, life->at);
    }
  };
  for (const auto& move : record_.moves) {
    crash_until(move.at);
    auto& path = paths[move.node.value];
    const VersionNode& to = record_.versions[move.to.id];
    if (to.depth == path.size() + 1 && to.parent.id == (path.empty() ? 0 : path.back())) {
      path.push_back(move.to.id);
      enter(move.node, move.to.id, move.at);
      continue;
    }
    std::vector<std::uint32_t> next(to.depth);
    for (std::uint32_t id = move.to.id; id != 0; id = record_.versions[id].parent.id)
      next[record_.versions[id].depth - 1] = id;
    const auto [old_rest, new_rest] = std::ranges::mismatch(path, next);
    for (auto id = old_rest; id != path.end(); ++id) leave(move.node, *id, move.at);
    for (auto id = new_rest; id != next.end(); ++id) enter(move.node, *id, move.at);
    path = std::move(next);
  }
  crash_until(kNever);
}

bool SplitBrainHarm::knew(NodeId node, Time at, std::uint32_t operation) const {
  const auto found = stays_[node.value].find(operation);
  if (found == stays_[node.value].end()) return false;
  return std::ranges::any_of(found->second, [&](const Stay& s) { return s.from <= at && at <= s.until; });
}

// Whether no replica that answered the one operation knew the other.
bool SplitBrainHarm::nobody_knew(std::uint32_t answered, std::uint32_t other) const {
  return std::ranges::none_of(answers_[answered], [&](const Answer& a) { return knew(a.by, a.at, other); });
}

// The time from which `node` knows it to the end; kNever if it forgets it, or never learns it.
Time SplitBrainHarm::known_for_good(NodeId node, std::uint32_t operation) const {
  const auto found = stays_[node.value].find(operation);
  if (found == stays_[node.value].end() || found->second.size() != 1) return kNever;
  return found->second.front().until == kNever ? found->second.front().from : kNever;
}

// An answer at the instant at which the episode ends counts: the primary gave it before it stepped down.
std::vector<SplitBrainHarm::Answer> SplitBrainHarm::answers_of(const SplitBrainEpisode& episode,
                                                               NodeId by) const {
  std::vector<Answer> all;
  const auto& given = record_.acknowledgements;
  auto a = std::ranges::lower_bound(given, episode.begin, {}, &Record::Acknowledgement::at);
  for (; a != given.end() && a->at <= episode.end; ++a) {
    if (a->by != by) continue;
    const auto counts = [&](const Answer& answer) { return answer.by == by && answer.at == a->at; };
    if (std::ranges::any_of(answers_[a->operation], counts)) all.push_back({a->at, by, a->operation});
  }
  return all;
}

// A quick test, never wrongly negative: for an update of `one`, compares the earliest answer of `other` to an
// update that `one` did not know yet with the time when `other` came to know the first.
bool SplitBrainHarm::may_part(std::span<const Answer> one, std::span<const Answer> other) const {
  if (one.empty() || other.empty()) return false;
  std::vector<std::pair<Time, Time>> known;  // of the other's: when `one` learned of it; when it was answered
  for (const Answer& b : other) known.emplace_back(known_for_good(one.front().by, b.operation), b.at);
  std::ranges::sort(known, std::greater{});
  for (std::size_t i = 1; i < known.size(); ++i)
    known[i].second = std::min(known[i].second, known[i - 1].second);
  return std::ranges::any_of(one, [&](const Answer& a) {
    const auto later = std::ranges::partition_point(known, [&](const auto& k) { return k.first > a.at; });
    return later != known.begin() && std::prev(later)->second < known_for_good(other.front().by, a.operation);
  });
}

bool SplitBrainHarm::updates_part(std::span<const Answer> one, std::span<const Answer> other) const {
  if (!may_part(one, other)) return false;
  return std::ranges::any_of(one, [&](const Answer& a) {
    return std::ranges::any_of(other, [&](const Answer& b) {
      return a.operation != b.operation && nobody_knew(a.operation, b.operation) &&
             nobody_knew(b.operation, a.operation);
    });
  });
}

// Whether `one` may have answered an operation without knowing an update that `other` had answered before its
// call.
bool SplitBrainHarm::past_shown(std::span<const Answer> one, std::span<const Answer> other) const {
  return std::ranges::any_of(one, [&](const Answer& r) {
    const Operation& looked = record_.operations[r.operation];
    if (changed_something(looked)) return false;
    return std::ranges::any_of(other, [&](const Answer& w) {
      const Operation& update = record_.operations[w.operation];
      return update.key == looked.key && update.ret < looked.call && !knew(r.by, r.at, w.operation) &&
             nobody_knew(r.operation, w.operation);
    });
  });
}

bool SplitBrainHarm::robbed(const SplitBrainEpisode& episode, Time next, std::span<const NodeId> primaries,
                            std::span<const std::uint32_t> lost) const {
  const auto lacked = [&](std::uint32_t operation) {
    return std::ranges::any_of(primaries, [&](NodeId n) { return !knew(n, episode.begin, operation); });
  };
  return std::ranges::any_of(lost, [&](std::uint32_t operation) {
    return std::ranges::any_of(answers_[operation], [&](const Answer& a) {
      return a.at < episode.begin && std::ranges::find(primaries, a.by) != primaries.end() &&
             knew(a.by, episode.begin, operation) && !knew(a.by, next, operation) && lacked(operation);
    });
  });
}

bool SplitBrainHarm::harmful(const SplitBrainEpisode& episode, std::span<const NodeId> primaries) const {
  std::vector<std::vector<Answer>> all, updates;
  for (const NodeId node : primaries) {
    updates.emplace_back();
    for (const Answer& a : all.emplace_back(answers_of(episode, node))) {
      if (changed_something(record_.operations[a.operation])) updates.back().push_back(a);
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < all.size(); ++j) {
      if (i == j || primaries[i] == primaries[j]) continue;
      if ((i < j && updates_part(updates[i], updates[j])) || past_shown(all[i], updates[j])) return true;
    }
  }
  return false;
}

}  // namespace sim
