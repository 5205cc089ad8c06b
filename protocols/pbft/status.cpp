// Practical Byzantine Fault Tolerance: status messages, by which a replica gets what the network lost (ACM
// TOCS 2002, section 5.2), adapted to signatures: any replica can prove to another what it knows.
#include <algorithm>
#include <bit>
#include <utility>

#include "protocols/pbft/pbft.hpp"

namespace protocols {

void Pbft::send_status(Env& env) {
  stop_waiting(env);
  watch(env);
  forward_waiting(env);
  const auto& own = wishes_[env.self().value];
  const auto& claimed = claims_[env.self().value];
  const bool demands = !active_ && !witness_ && options_.bug != Options::Bug::view_change_once;
  if (demands && own) env.broadcast(ViewChange{*own});
  if (demands && claimed) {
    env.broadcast(*claimed);
    if (primary_of(view_) != env.self()) acknowledge(env, primary_of(view_));
  }
  do {
    helper_.value = static_cast<std::uint16_t>((helper_.value + 1u) % replicas_);
  } while (helper_ == env.self() && replicas_ > 1);
  const auto& milestone = milestones_[env.self().value];
  if (milestone && (*milestone)->seq > stable_) env.broadcast(Checkpoint{*milestone});
  const Said now{view_, active_, executed_};
  stuck_ = std::exchange(said_, now) == now ? stuck_ + 1 : 0;
  env.broadcast(Status{view_, active_, stable_, executed_, stuck_, helper_});
  env.set_timer(Timer::status, options_.status_every);
}

// Whether to help a replica that says the same for the n-th time in a row: each time at first, then ever less
// often, so that replicas that nobody can help don't cost as much as all the others. Helpers take turns: some
// whole rounds and one status later it is the next one's turn, as the last one may be unable or unwilling.
// The replica counts, so that all helpers agree on n, whatever statuses were lost.
bool Pbft::needs_help(std::uint64_t stuck) const {
  constexpr std::uint64_t most_often = 16;
  const std::uint64_t round = std::max<std::uint64_t>(replicas_ - 1, 1);
  const std::uint64_t rounds_and_one = (most_often / round + 1) * round + 1;
  return stuck > 0 && (stuck % rounds_and_one == 0 || (stuck < most_often && std::has_single_bit(stuck)));
}

// Helps a replica that is in an earlier view, or no further than at its last status.
void Pbft::on(Env& env, NodeId from, const Status& m) {
  if (from == env.self()) return;
  env.trust(from);
  reported_in_[from.value] = m.view;
  if (m.view > view_) join_others(env);
  const bool is_stuck = needs_help(m.stuck);
  const bool is_outside = m.view < view_ || (m.view == view_ && !m.active);
  if (m.helper == env.self()) {
    if (active_ && new_view_ && is_outside) env.send(from, *new_view_);
    if (!options_.macs() && (is_stuck || m.stable > m.executed)) send_stable(env, from, m);
  }
  if (options_.macs()) help_without_proofs(env, from, m, is_stuck);
  if (is_stuck && m.executed >= stable_) send_evidence(env, from, m.executed);
}

void Pbft::send_stable(Env& env, NodeId to, const Status& m) {
  if (m.executed < stable_ && states_.front().seq == stable_) {
    env.send(to, Transfer{stable_proof_, states_.front()});
  } else if (m.stable < stable_) {
    env.send(to, Transfer{stable_proof_, std::nullopt});
  }
}

void Pbft::send_evidence(Env& env, NodeId to, Seq after) {
  constexpr Seq most = 16;
  if (after >= limit()) return;
  const Seq last = std::min(limit(), after + most);
  for (Seq seq = after + 1; seq <= last; ++seq) {
    const Slot& slot = slots_[seq % window_];
    if (slot.seq == seq && (slot.settled || slot.accepted)) env.send(to, evidence_of(slot));
  }
}

// Whether a quorum says that the batch is committed. That holds in any view, also for replicas that voted
// otherwise.
bool Pbft::proves_commit(const Env& env, const Evidence& m) const {
  const auto& [view, seq, digest] = *m.pre_prepare.vote;
  NodeSet signers;
  for (const auto& commit : m.commits) {
    if (*commit == CommitVote{view, seq, digest}) signers.insert(commit.signer());
  }
  return signers.size() >= quorum_ && acceptable(env, m.pre_prepare);
}

void Pbft::on(Env& env, NodeId from, const Evidence& m) {
  Slot* slot = slot_at(m.pre_prepare.vote->seq);
  if (slot == nullptr || slot->settled || slot->committed) return;
  if (!options_.macs() && proves_commit(env, m)) {
    slot->settled = m;
    return execute(env);
  }
  on(env, from, m.pre_prepare);
  for (const auto& vote : m.prepares) on(env, from, Prepare{vote});
  for (const auto& vote : m.commits) on(env, from, Commit{vote});
}

}  // namespace protocols
