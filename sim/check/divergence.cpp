#include "sim/check/divergence.hpp"

#include <algorithm>
#include <vector>

#include "sim/check/node_lives.hpp"

namespace sim {
namespace {

// What happened later may not have reached everybody when the run ended.
Time settled_until(const Record& record, Duration on_the_way) {
  return std::min(record.chaos_end + (record.end - record.chaos_end) / 2, record.end - on_the_way);
}

// Since when the primary that acts when the run ends has done so; kNever if nobody acts then, though somebody
// did. Without primaries in the protocol, since the beginning.
Time led_since(const Record& record) {
  const auto changes = acting_primaries(record);
  std::size_t acting = 0;
  Time since{};
  for (const ActingChange& change : changes) {
    acting = change.acting ? acting + 1 : acting - 1;
    if (change.acting) since = change.at;
  }
  return changes.empty() || acting > 0 ? since : kNever;
}

// Replays the moves and keeps, for each replica, the versions on its way from the root. A move that extends
// the path, as nearly every one does, costs constant time; a new reference costs a look at every replica.
class DivergenceReplay {
 public:
  DivergenceReplay(const Record& record, Time settled_until)
      : record_(record),
        settled_until_(settled_until),
        led_in_time_(led_since(record) <= settled_until),
        who_(record),
        paths_(record.replicas),
        differs_(record.replicas, 0) {}

  DivergenceJudgement run() {
    auto move = record_.moves.begin();
    while (move != record_.moves.end() || who_.next() != kNever) {
      const Time now = std::min(move != record_.moves.end() ? move->at : kNever, who_.next());
      touched_.clear();
      while (who_.next() == now) {
        who_.advance();
        recheck_all_ = true;
      }
      for (; move != record_.moves.end() && move->at == now; ++move) follow(*move);
      update(now);
    }
    update(record_.end);
    if (differing_ > 0) result_.seconds += seconds(record_.end - since_);
    judge_end();
    return result_;
  }

 private:
  using Path = std::vector<std::uint32_t>;  // version ids, the root left out
  const Path& path(NodeId node) const { return paths_[node.value]; }
  const VersionNode& version(std::uint32_t id) const { return record_.versions[id]; }

  void follow(const Record::Moved& move) {
    Path& p = paths_[move.node.value];
    const VersionNode& to = version(move.to.id);
    touched_.push_back(move.node);
    if (to.depth == p.size() + 1 && to.parent.id == (p.empty() ? 0 : p.back()))
      return p.push_back(move.to.id);
    if (move.node == reference_) recheck_all_ = true;
    p.resize(to.depth);
    std::uint32_t id = move.to.id;
    for (std::size_t d = to.depth; d > 0 && p[d - 1] != id; --d) {
      p[d - 1] = id;
      id = version(id).parent.id;
    }
  }

  // Whether `a` is the better reference.
  bool before(NodeId a, NodeId b) const {
    if (who_.contains(a) != who_.contains(b)) return who_.contains(a);
    return path(a).size() != path(b).size() ? path(a).size() > path(b).size() : a < b;
  }

  void update(Time now) {
    const std::size_t differed = differing_;
    if (recheck_all_) {
      recheck_all();
    } else {
      const NodeId old = reference_;
      for (const NodeId node : touched_) {
        if (before(node, reference_)) reference_ = node;
      }
      if (old != reference_) recheck_all();
      for (const NodeId node : touched_) check(node);
    }
    if (differed == 0 && differing_ > 0) begin(now);
    if (differed > 0 && differing_ == 0) result_.seconds += seconds(now - since_);
  }

  void recheck_all() {
    recheck_all_ = false;
    for (std::uint16_t i = 0; i < record_.replicas; ++i) {
      if (before(NodeId{i}, reference_)) reference_ = NodeId{i};
    }
    for (std::uint16_t i = 0; i < record_.replicas; ++i) check(NodeId{i});
  }

  void check(NodeId node) {
    const Path& p = path(node);
    bool differs = who_.contains(node) && !p.empty();
    if (differs) differs = version(p.back()).state != version(path(reference_)[p.size() - 1]).state;
    differing_ += differs ? 1u : 0u;
    differing_ -= differs_[node.value] != 0 ? 1u : 0u;
    differs_[node.value] = differs ? 1 : 0;
  }

  void begin(Time now) {
    since_ = now;
    if (result_.first) return;
    const auto found = std::ranges::find(differs_, char{1}) - differs_.begin();
    note_first(NodeId{static_cast<std::uint16_t>(found)}, now);
  }

  void note_first(NodeId other, Time at) {
    const Path& expected = path(reference_);
    const Path& found = path(other);
    std::size_t d = 0;
    for (; d < found.size() && d < expected.size(); ++d) {
      const VersionNode &a = version(expected[d]), &b = version(found[d]);
      if (a.request != b.request || a.state != b.state) break;
    }
    if (d == expected.size()) return;  // nothing that the reference has is missing
    FirstDifference first{.index = static_cast<std::uint32_t>(d + 1),
                          .at = at,
                          .reference = reference_,
                          .other = other,
                          .expected = version(expected[d]).request};
    first.other_has_expected = contains(found, first.expected);
    if (d < found.size()) {
      first.found = version(found[d]).request;
      first.reference_has_found = contains(expected, *first.found);
    }
    result_.first = first;
  }

  bool contains(const Path& p, RequestId request) const {
    return std::ranges::any_of(p, [&](std::uint32_t id) { return version(id).request == request; });
  }

  std::uint64_t final_state(NodeId node) const {
    return path(node).empty() ? version(0).state : version(path(node).back()).state;
  }

  // Whether all requests that the node lacks were first applied so late that they may still be under way: a
  // service that is overloaded goes on working through the settle phase. Or whether it may be told only by a
  // primary that isn't there yet, or has just come.
  bool on_its_way(NodeId node) const {
    const Path &has = path(node), &all = path(reference_);
    if (has.size() >= all.size()) return false;
    if (!has.empty() && version(has.back()).state != version(all[has.size() - 1]).state) return false;
    const auto first = std::ranges::find(record_.moves, Version{all[has.size()]}, &Record::Moved::to);
    return !led_in_time_ || (first != record_.moves.end() && first->at > settled_until_);
  }

  // Replicas that never differed before may still have been left behind.
  void judge_end() {
    for (std::uint16_t i = 0; i < record_.replicas; ++i) {
      const NodeId node{i};
      if (!who_.contains(node) || final_state(node) == final_state(reference_)) continue;
      const bool lags = on_its_way(node);
      result_.lagging += lags ? 1 : 0;
      if (lags) continue;
      result_.diverged = true;
      if (!result_.first) note_first(node, record_.end);
    }
    if (result_.first) result_.cause = cause_of(*result_.first, record_);
  }

  const Record& record_;
  Time settled_until_;
  bool led_in_time_;
  Concerned who_;
  std::vector<Path> paths_;
  std::vector<char> differs_;  // per replica, from the reference
  std::size_t differing_ = 0;  // how many do
  NodeId reference_{};
  bool recheck_all_ = false;     // the reference may have gone or changed its past
  std::vector<NodeId> touched_;  // replicas with a move at this instant
  Time since_{};
  DivergenceJudgement result_;
};

}  // namespace

DivergenceJudgement judge_divergence(const Record& record, bool become_alike, DivergenceAllowance allowance) {
  DivergenceJudgement result;
  const Time until = settled_until(record, allowance.on_the_way + allowance.told_again);
  // The effects of a fault may last longer than the fault: a slow disk has to write what waits for it.
  if (!become_alike || record.disturbed_until > until) return result;
  if (!record.moves.empty()) result = DivergenceReplay(record, until).run();
  const Concerned concerned = concerned_at_end(record);
  for (std::uint16_t i = 0; i < record.replicas; ++i)
    result.compared += concerned.contains(NodeId{i}) ? 1u : 0u;
  return result;
}

}  // namespace sim
