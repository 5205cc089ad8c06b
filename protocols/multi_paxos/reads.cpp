// Multi-Paxos: reads from the leader's own state. The leader may answer once it is certain that no higher
// ballot has a leader; otherwise it could miss values that another has chosen and answered. A new leader must
// first have applied all that an earlier one may have answered.
#include <algorithm>
#include <utility>

#include "protocols/multi_paxos/multi_paxos.hpp"

namespace protocols {

bool MultiPaxos::reads_by_itself() const {
  return options_.reads != Options::Reads::log && commit_ >= recovers_to_;
}

void MultiPaxos::read(Env& env, const Request& request) {
  if (options_.reads == Options::Reads::lease) {
    const auto drift = options_.lease_drift;
    const auto span = static_cast<double>(options_.lease.count()) * (1 - drift) / (1 + drift);
    if (hears_majority(env, Duration{static_cast<std::int64_t>(span)}))
      return env.reply(request.id, env.apply(request).output);
    wait_for_window(request);  // the long way
    return propose_backlog(env);
  }
  reads_.push_back({++round_, request, {}});
  env.broadcast(Confirm{ballot_, round_});
  env.send(env.self(), Confirmed{ballot_, round_});
}

// Questions that waited at the last tick already must be lost. One answer to the latest round is as good as
// one to each.
void MultiPaxos::confirm_again(Env& env) {
  const std::uint64_t waited = std::exchange(round_at_tick_, round_);
  if (!reads_.empty() && reads_.front().round <= waited) env.broadcast(Confirm{ballot_, reads_.back().round});
}

void MultiPaxos::on(Env& env, NodeId from, const Confirm& m) {
  if (obeys(env, from, m.ballot)) env.send(from, Confirmed{m.ballot, m.round});
}

// A replica that led at a later read led at all earlier ones.
void MultiPaxos::on(Env& env, NodeId from, const Confirmed& m) {
  if (!leads() || m.ballot != ballot_) return;
  const auto found = std::ranges::lower_bound(reads_, m.round, {}, &Read::round);
  if (found == reads_.end() || found->round != m.round) return;
  found->confirmed.insert(from);
  if (found->confirmed.size() < env.majority()) return;
  while (!reads_.empty() && reads_.front().round <= m.round) {
    env.reply(reads_.front().request.id, env.apply(reads_.front().request).output);
    reads_.pop_front();
  }
}

// ---- leases

void MultiPaxos::on(Env& env, NodeId from, const HeartbeatReply& m) {
  if (!leads() || m.ballot != ballot_) return;
  const LocalTime echo = std::min(m.echo, env.now());
  auto& latest = answered_[from.value];
  latest = std::max(latest.value_or(echo), echo);
}

bool MultiPaxos::hears_majority(const Env& env, Duration within) const {
  std::size_t heard = 1;
  for (std::uint16_t i = 0; i < answered_.size(); ++i) {
    const auto& answered = answered_[i];
    if (NodeId{i} != env.self() && answered && env.now() - *answered < within) ++heard;
  }
  return heard >= env.majority();
}

// Whether a leader may be reading under a lease that this acceptor has given it or, as leader, holds itself.
bool MultiPaxos::content(const Env& env) const {
  if (options_.reads != Options::Reads::lease || has_bug(Options::Bug::promises_under_lease)) return false;
  if (leads()) return hears_majority(env, options_.election_timeout_min);
  return env.now() - heard_ < options_.election_timeout_min;
}

}  // namespace protocols
