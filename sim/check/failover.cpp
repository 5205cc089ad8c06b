#include "sim/check/failover.hpp"

#include <algorithm>
#include <optional>

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

}  // namespace

FailoverJudgement judge_failover(const Record& record) {
  FailoverJudgement result;
  const auto changes = acting_primaries(record);
  std::size_t acting = 0;
  std::optional<Time> crash;
  for (std::size_t i = 0; i < changes.size();) {
    const Time now = changes[i].at;
    std::size_t stayed = acting;  // of those who acted until now
    bool by_crash = false;
    for (; i < changes.size() && changes[i].at == now; ++i) {
      acting += changes[i].acting ? 1u : 0u;
      if (changes[i].acting) continue;
      --acting;
      --stayed;
      by_crash = by_crash || crashed_at(record, changes[i].node, now);
    }
    if (by_crash && stayed == 0) crash = now;
    if (!crash || acting == 0) continue;
    result.completed.push_back(now - *crash);
    crash.reset();
  }
  return result;
}

}  // namespace sim
