#include "sim/check/leadership.hpp"

#include <algorithm>
#include <utility>

#include "sim/check/node_lives.hpp"

namespace sim {
namespace {

// Walks through a run, instant by instant, and keeps track of who acts as primary and who is in trouble.
class LeadershipReplay {
 public:
  explicit LeadershipReplay(const Record& record)
      : record_(record),
        acting_(acting_primaries(record)),
        lives_(record),
        paused_(record.replicas, false),
        members_(record.replicas, true),
        omits_(record.replicas, false),
        reach_(record.replicas),
        reign_of_(record.replicas),
        suspended_(record.replicas) {
    NodeSet all;
    for (std::uint16_t i = 0; i < record.replicas; ++i) all.insert(NodeId{i});
    reach_.assign(record.replicas, all);
  }

  LeadershipJudgement run() {
    for (Time now = next(); now != kNever; now = next()) {
      take_facts(now);
      trouble_reigns();
      while (a_ < acting_.size() && acting_[a_].at == now) take(acting_[a_++]);
      trouble_reigns();
      end_suspended();
      note_primary(now);
    }
    note_without(record_.end);
    note_vacancy(record_.end);
    return std::move(result_);
  }

 private:
  Time next() const {
    Time at = a_ < acting_.size() ? acting_[a_].at : kNever;
    at = std::min(at, lives_.next());
    if (r_ < record_.reaches.size()) at = std::min(at, record_.reaches[r_].at);
    if (e_ < record_.omits.size()) at = std::min(at, record_.omits[e_].at);
    if (m_ < record_.memberships.size()) at = std::min(at, record_.memberships[m_].at);
    if (o_ < record_.orders.size()) at = std::min(at, record_.orders[o_].at);
    return at;
  }

  void take_facts(Time now) {
    while (lives_.next() == now) {
      const auto& change = lives_.advance();
      paused_[change.node.value] = change.life == Record::Life::paused;
      if (change.life == Record::Life::down) suspended_[change.node.value].reset();
    }
    for (; r_ < record_.reaches.size() && record_.reaches[r_].at == now; ++r_)
      reach_[record_.reaches[r_].node.value] = record_.reaches[r_].others;
    for (; e_ < record_.omits.size() && record_.omits[e_].at == now; ++e_)
      omits_[record_.omits[e_].node.value] = record_.omits[e_].does;
    for (; m_ < record_.memberships.size() && record_.memberships[m_].at == now; ++m_) {
      for (std::uint16_t i = 0; i < record_.replicas; ++i)
        members_[i] = record_.memberships[m_].members.contains(NodeId{i});
    }
    for (; o_ < record_.orders.size() && record_.orders[o_].at == now; ++o_) {
      for (const auto& reign : reign_of_) {
        if (reign) result_.reigns[*reign].troubled = true;
      }
    }
  }

  // The share of the running members that it can talk with, counted in halves.
  std::size_t share_reached(NodeId node) const {
    std::size_t running = 0, reached = 0;
    for (std::uint16_t i = 0; i < record_.replicas; ++i) {
      if (!members_[i] || !lives_.up(NodeId{i})) continue;
      ++running;
      reached += reach_[node.value].contains(NodeId{i}) ? 1u : 0u;
    }
    return 2 * reached < running ? 0 : 2 * reached == running ? 1 : 2;
  }
  bool in_trouble(NodeId node) const {
    return !lives_.up(node) || paused_[node.value] || omits_[node.value] || share_reached(node) < 2;
  }

  void trouble_reigns() {
    for (std::uint16_t i = 0; i < record_.replicas; ++i) {
      if (reign_of_[i] && in_trouble(NodeId{i})) result_.reigns[*reign_of_[i]].troubled = true;
    }
  }

  // A node that is not paused any more, and does not act, has stepped down.
  void end_suspended() {
    for (std::uint16_t i = 0; i < record_.replicas; ++i) {
      if (!paused_[i]) suspended_[i].reset();
    }
  }

  void take(const ActingChange& change) {
    auto& reigns = result_.reigns;
    auto& reign = reign_of_[change.node.value];
    auto& suspended = suspended_[change.node.value];
    if (!change.acting) {
      reigns[*reign].end = change.at;
      if (paused_[change.node.value]) suspended = reign;
      return reign.reset();
    }
    if (suspended) {  // it has never stepped down
      reigns[*suspended].end = kNever;
      reign = std::exchange(suspended, std::nullopt);
      return;
    }
    if (!reigns.empty()) {
      const Reign& before = reigns.back();
      ++result_.changes;
      // Nothing may have struck it since it stepped down, either.
      result_.needless += before.troubled || in_trouble(before.node) ? 0u : 1u;
    }
    reign = reigns.size();
    reigns.push_back({.node = change.node, .begin = change.at});
  }

  void note_primary(Time now) {
    bool primary = false;
    for (std::uint16_t i = 0; i < record_.replicas; ++i)
      primary = primary || (reign_of_[i] && share_reached(NodeId{i}) > 0);
    if (primary) {
      note_without(now);
      without_since_.reset();
      seen_ = true;
    } else if (seen_ && !without_since_) {
      without_since_ = now;
    }
    const bool vacant = std::ranges::none_of(reign_of_, [](const auto& reign) { return reign.has_value(); });
    if (vacant && seen_ && !vacant_since_) vacant_since_ = now;
    if (!vacant) note_vacancy(now);
  }
  void note_vacancy(Time now) {
    if (!vacant_since_) return;
    result_.longest_vacancy = std::max(result_.longest_vacancy, now - *vacant_since_);
    vacant_since_.reset();
  }
  void note_without(Time now) {
    if (!without_since_) return;
    const double length = seconds(now - *without_since_);
    result_.without_s += length;
    result_.longest_without_s = std::max(result_.longest_without_s, length);
  }

  const Record& record_;
  std::vector<ActingChange> acting_;
  NodeLives lives_;
  std::vector<bool> paused_, members_, omits_;
  std::vector<NodeSet> reach_;
  std::vector<std::optional<std::size_t>> reign_of_;   // per node that acts as primary: its reign
  std::vector<std::optional<std::size_t>> suspended_;  // per node that would act if it were not paused
  std::size_t a_ = 0, r_ = 0, e_ = 0, m_ = 0, o_ = 0;  // the next of each
  bool seen_ = false;                                  // somebody has acted as primary
  std::optional<Time> without_since_{}, vacant_since_{};
  LeadershipJudgement result_{};
};

}  // namespace

std::optional<LeadershipJudgement> judge_leadership(const Record& record) {
  const bool led = std::ranges::any_of(record.roles, [](const auto& r) { return r.role == Role::primary; });
  if (!led || !record.byzantine.empty()) return std::nullopt;
  return LeadershipReplay(record).run();
}

}  // namespace sim
