#include "sim/check/failover.hpp"

#include <algorithm>
#include <optional>

#include "sim/check/leadership.hpp"
#include "sim/check/node_lives.hpp"

namespace sim {
namespace {

bool crashed_at(const Record& record, NodeId node, Time at) {
  auto change = std::ranges::lower_bound(record.lives, at, {}, &Record::LifeChange::at);
  for (; change != record.lives.end() && change->at == at; ++change) {
    if (change->node == node && change->life == Record::Life::down) return true;
  }
  return false;
}

struct Crash {
  Time at;
  NodeId node;
};

Role role_before(const Record& record, NodeId node, Time at) {
  Role role = Role::none;
  for (const auto& change : record.roles) {
    if (change.at >= at) break;
    if (change.node == node) role = change.role;
  }
  return role;
}

// Crashes of primaries that were paused: they didn't act then, but would have gone on.
std::vector<Crash> crashes_of_paused(const Record& record) {
  std::vector<Crash> crashes;
  std::vector<bool> paused(record.replicas);
  for (const auto& change : record.lives) {
    const bool was_paused = paused[change.node.value];
    paused[change.node.value] = change.life == Record::Life::paused;
    if (change.life != Record::Life::down || !was_paused || record.byzantine.contains(change.node)) continue;
    if (role_before(record, change.node, change.at) == Role::primary)
      crashes.push_back({change.at, change.node});
  }
  return crashes;
}

/// The term in which a node that acts or acted as primary last came to do so.
std::uint64_t latest_term(const Record& record, NodeId node, Time until) {
  std::uint64_t term = 0;
  for (const auto& change : record.roles) {
    if (change.at > until) break;
    if (change.node == node && change.role == Role::primary) term = change.term;
  }
  return term;
}

/// The highest term for which a node has stood, or in which one has led.
std::uint64_t highest_term(const Record& record) {
  std::uint64_t term = 0;
  for (const auto& change : record.roles) term = std::max(term, change.term);
  return term;
}

void note_stable(const Record& record, const std::vector<Time>& began, const std::vector<Time>& ended,
                 FailoverJudgement& result) {
  if (ended.empty()) return;
  const auto leadership = judge_leadership(record);
  if (!leadership) return;
  for (const Time crash : ended) {
    const auto later = std::ranges::upper_bound(began, crash);
    const Time limit = later == began.end() ? kNever : *later;
    const auto lasting = std::ranges::find_if(leadership->reigns, [&](const Reign& reign) {
      return reign.begin >= crash && reign.begin < limit && reign.lasted();
    });
    if (lasting != leadership->reigns.end()) result.stable.push_back(lasting->begin - crash);
  }
}

}  // namespace

FailoverJudgement judge_failover(const Record& record) {
  FailoverJudgement result;
  const auto changes = acting_primaries(record);
  std::size_t acting = 0;
  std::optional<Time> crash;
  std::uint64_t term = 0;   // of the primary that crashed
  std::vector<Time> began;  // all failovers,
  std::vector<Time> ended;  // and those of them that ended
  const auto begin = [&](Time at, std::uint64_t last_term) {
    crash = at;
    term = last_term;
    began.push_back(at);
  };
  const auto of_paused = crashes_of_paused(record);
  auto fallen = of_paused.begin();
  const auto begin_by_paused = [&](Time until) {
    for (; fallen != of_paused.end() && fallen->at < until; ++fallen) {
      if (acting == 0 && !crash) begin(fallen->at, latest_term(record, fallen->node, fallen->at));
    }
  };
  for (std::size_t i = 0; i < changes.size();) {
    const Time now = changes[i].at;
    begin_by_paused(now);
    std::size_t stayed = acting;  // of those that acted until now
    bool by_crash = false;
    std::uint64_t latest = 0;
    for (; i < changes.size() && changes[i].at == now; ++i) {
      acting += changes[i].acting ? 1u : 0u;
      latest = std::max(latest, latest_term(record, changes[i].node, now));
      if (changes[i].acting) continue;
      --acting;
      --stayed;
      by_crash = by_crash || crashed_at(record, changes[i].node, now);
    }
    if (by_crash && stayed == 0) begin(now, latest);
    if (!crash || acting == 0) continue;
    result.completed.push_back(now - *crash);
    ended.push_back(began.back());
    if (latest > term + 1) result.vain_terms += latest - term - 1;
    crash.reset();
  }
  begin_by_paused(kNever);
  if (crash) {
    result.unfinished = 1;
    result.waited = record.end - *crash;
    const std::uint64_t latest = highest_term(record);
    if (latest > term) result.vain_terms += latest - term;
  }
  note_stable(record, began, ended, result);
  return result;
}

}  // namespace sim
