// Raft's operator: changes of the members, and transfers of the lead.
//
// A configuration is an entry of the log, and counts from when it is appended, not from when it is committed.
// Two majorities must always meet, so members change one at a time (thesis, section 4.1: any majority before
// and any after share a replica), or by way of a joint configuration, in which everything takes a majority of
// both (paper, section 6):
//
//      members ------- joint: both ------- new members
//                |                    |
//                new ones caught up   joint committed
//
// A leader changes nothing before it has committed an entry of its own term: an uncommitted configuration of
// an earlier leader may still come back, and two changes that do not know of each other need not share a
// replica (found after the thesis: Ongaro, "Bug in single-server membership changes", raft-dev mailing list,
// 2015). New members learn the log first. A leader that is no member any more leads until the change is
// committed. Removed replicas hear nothing more, and stand for election until they are switched off: with
// pre_vote and check_quorum nobody minds.
#include <algorithm>

#include "protocols/raft.hpp"

namespace protocols {

// An order to a replica that does not lead is lost, and so is one whose leader loses its term.
void Raft::on_order(Env& env, const Order& order) {
  if (!leads() || env.cluster() > 64) return;
  if (const auto* transfer = std::get_if<Transfer>(&order)) {
    if (transfer->to == env.self() || !members_.contains(transfer->to)) return;
    successor_ = transfer->to;
    arm_election(env);  // so long it has
    return hand_over(env);
  }
  wish_ = 0;
  for (const NodeId member : std::get<Reconfigure>(order).members) *wish_ |= RaftMembers::bit(member);
  change_members(env);
}

// ---- membership

// The configuration in force at an index, and the entry that says so.
std::pair<RaftMembers, std::uint64_t> Raft::members_up_to(std::uint64_t index) const {
  for (std::uint64_t i = std::min(index, log_.last()); i > log_.base; --i) {
    if (const auto* members = log_[i].members()) return {*members, i};
  }
  return {snapshot_.members, log_.base};
}

void Raft::adopt_members() { std::tie(members_, members_at_) = members_up_to(log_.last()); }

// The next step of a change, if it is time for one.
void Raft::change_members(Env& env) {
  const bool is_member = members_.contains(env.self());
  if ((!wish_ && !members_.joint() && is_member) || members_at_ > commit_) return;
  const bool hasty = options_.bug == Options::Bug::single_server_before_own_term;
  if (!settled() && !hasty) return;
  if (members_.joint()) return append_members(env, {.now = members_.now});
  if (!is_member) return resign(env);
  if (wish_) change_to(env, *wish_);
}

void Raft::change_to(Env& env, std::uint64_t wish) {
  const std::uint64_t now = members_.now != 0 ? members_.now : RaftMembers::first(env.cluster());
  const std::uint64_t added = wish & ~now, removed = now & ~wish;
  if (added == 0 && removed == 0) {
    wish_.reset();
    return learners_.clear();
  }
  const auto lowest = [](std::uint64_t set) { return set & (~set + 1); };
  if (options_.membership == Options::Membership::joint) {
    if (all_caught_up(env, added)) append_members(env, {.now = wish, .old = now});
  } else if (added != 0) {
    if (all_caught_up(env, lowest(added))) append_members(env, {.now = now | lowest(added)});
  } else {
    const std::uint64_t others = removed & ~RaftMembers::bit(env.self());  // itself last
    append_members(env, {.now = now & ~lowest(others != 0 ? others : removed)});
  }
}

void Raft::append_members(Env& env, const RaftMembers& members) { append(env, {term_, members}); }

// Whether these replicas hold nearly all of the log; those that don't are sent it from now on.
bool Raft::all_caught_up(Env& env, std::uint64_t added) {
  bool all = true;
  raft_quorum::for_each(added, added == 0 ? 0 : env.cluster(), [&](NodeId id) {
    if (learners_.insert(id)) {
      peer(id) =
          Peer{.next = log_.last() + 1, .sent = log_.last(), .goal = log_.last(), .goal_set = env.now()};
      send_log(env, id);
    }
    all = all && peer(id).caught_up;
  });
  return all;
}

// Round after round, it is sent what was appended during the last one. When a round takes less than an
// election timeout, adding it won't stop the others (thesis, section 4.2.1); who never gets there isn't
// added.
void Raft::learns(Env& env, NodeId id) {
  constexpr int kRounds = 10;
  Peer& p = peer(id);
  if (p.caught_up || p.match < p.goal) return;
  p.caught_up = env.now() - p.goal_set < options_.election_timeout_min;
  if (p.caught_up) return change_members(env);
  if (++p.rounds == kRounds) {
    wish_.reset();
    return learners_.clear();
  }
  p.goal = log_.last();
  p.goal_set = env.now();
}

void Raft::resign(Env& env) {
  beat(env);  // the others learn at once that it is committed
  follow(env, term_, std::nullopt);
}

// ---- transfer (thesis, section 3.10)

// A leader that is to go takes no more requests. Once its successor holds the whole log, that one need not
// wait for a timeout; should it fail, this one goes on after an election timeout.
void Raft::hand_over(Env& env) {
  if (peer(*successor_).match < log_.last()) return;
  lease_over_ = true;
  env.send(*successor_, TimeoutNow{term_});
}

void Raft::on(Env& env, NodeId from, const TimeoutNow& order) {
  if (order.term != term_ || leader_ != from || leads() || !members_.contains(env.self())) return;
  arm_election(env);
  stand(env, false, true);
}

}  // namespace protocols
