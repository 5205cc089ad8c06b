// Raft under operator orders: changes of the members, and transfers of leadership.
//
// A configuration is an entry of the log, and takes effect when it is appended, not when it is committed. Two
// majorities must always meet, so members change one at a time (thesis, section 4.1: any majority before and
// any after share a replica), or by way of a joint configuration, in which everything takes a majority of
// both (paper, section 6):
//
//      members ------- joint: both ------- new members
//                |                    |
//                new ones caught up   joint committed
//
// A leader changes nothing before it has committed an entry of its own term: an uncommitted configuration of
// an earlier leader may still come back, and two changes that do not know of each other need not share a
// replica (found after the thesis: Ongaro, "Bug in single-server membership changes", raft-dev mailing list,
// 2015). New members learn the log first. A leader that removes itself leads until the change is committed.
// Removed replicas hear nothing more, and stand for election until they are switched off; with pre_vote and
// check_quorum they disturb nobody.
#include <algorithm>

#include "protocols/raft/raft.hpp"

namespace protocols {

// A replica that does not lead names the leader to the operator. A leader that loses its term drops
// unfinished orders, unless it leads the next term, too: a replica that is to be added may have stood for
// election for long, and its higher term deposes the leader that begins to teach it.
void Raft::on_order(Env& env, OrderId id, const Order& order) {
  if (!leads()) return env.refuse(id, leader_ ? "it does not lead" : "it knows no leader", leader_);
  if (env.cluster() > 64) return env.refuse(id, "there are more than 64 replicas");
  if (const auto* transfer = std::get_if<Transfer>(&order)) return transfer_to(env, {id, transfer->to});
  drop_wish(env, "another order came");
  wish_ = Wish{id, 0, term_};
  for (const NodeId member : std::get<Reconfigure>(order).members) wish_->members |= RaftMembers::bit(member);
  change_members(env);
}

void Raft::drop_wish(Env& env, std::string_view why) {
  if (wish_) env.give_up(wish_->order, why);
  wish_.reset();
  learners_.clear();
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

void Raft::holds(std::vector<RequestId>& all) const {
  for (std::uint64_t i = commit_ + 1; i <= log_.last(); ++i) {
    if (log_.has(i) && log_[i].request() != nullptr) all.push_back(log_[i].request()->id);
  }
}

// The next step of a change, if it is time for one.
void Raft::change_members(Env& env) {
  const bool is_member = members_.contains(env.self());
  if ((!wish_ && !members_.joint() && is_member) || members_at_ > commit_) return;
  const bool hasty = options_.has(Options::Bug::single_server_before_own_term);
  if (!settled() && !hasty) return;
  if (members_.joint()) return append_members(env, {.now = members_.now});
  if (!is_member) return resign(env);
  if (wish_) change_to(env, wish_->members);
}

void Raft::change_to(Env& env, std::uint64_t wish) {
  const std::uint64_t now = members_.now != 0 ? members_.now : RaftMembers::first(env.cluster());
  const std::uint64_t added = wish & ~now, removed = now & ~wish;
  if (added == 0 && removed == 0) {
    env.carried_out(wish_->order);
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

// A new member is no learner any more: should it be removed and added again, it starts from scratch.
void Raft::append_members(Env& env, const RaftMembers& members) {
  raft_quorum::for_each(members.now, env.cluster(), [&](NodeId id) { learners_.erase(id); });
  append(env, {term_, members});
}

void Raft::declare_members(Env& env, std::uint64_t index, const RaftMembers& members) const {
  NodeSet all;
  raft_quorum::for_each(members.now == 0 ? 0 : members.now | members.old, env.cluster(),
                        [&](NodeId id) { all.insert(id); });
  env.members(index, all);
}

// A leader may have removed this replica and crashed before anybody else knew (thesis, section 4.2.2). Then
// this replica alone may have the longest log, and nobody is elected without it. So it stands until its
// removal is committed, although its own vote does not count. A replica that was never a member waits.
bool Raft::may_stand(const Env& env) const {
  if (empty_) return false;
  if (members_.contains(env.self())) return true;
  if (options_.has(Options::Bug::outsider_sits_still)) return false;
  for (std::uint64_t at = members_at_; at > commit_;) {
    const auto [earlier, since] = members_up_to(at - 1);
    if (earlier.contains(env.self())) return true;
    at = since;
  }
  return false;
}

// Whether these replicas hold nearly all of the log. Those that don't are sent it from now on.
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

// In each round a learner is sent what was appended during the last one. When a round takes less than an
// election timeout, adding the learner won't stop the others (thesis, section 4.2.1). One that never gets
// there isn't added.
void Raft::learns(Env& env, NodeId id) {
  constexpr int kRounds = 10;
  Peer& p = peer(id);
  if (p.caught_up || p.match < p.goal) return;
  const bool holds_all = p.match == log_.last();  // nothing more would come to tell of another round
  p.caught_up = holds_all || env.now() - p.goal_set < options_.election_timeout_min;
  if (p.caught_up) return change_members(env);
  if (++p.rounds == kRounds) return drop_wish(env, "a new member did not catch up");
  p.goal = log_.last();
  p.goal_set = env.now();
}

// Goes on with the operator's order from the term that it has just led, if nobody else has led since.
void Raft::keep_wish(Env& env) {
  if (!wish_) return;
  if (log_.last_term() != wish_->term) return drop_wish(env, "another replica led meanwhile");
  wish_->term = term_;
}

void Raft::resign(Env& env) {
  drop_wish(env, "the leader is no member any more");
  beat(env);  // the others learn at once that it is committed
  follow(env, term_, std::nullopt);
}

// ---- transfer (thesis, section 3.10)

// A leader that hands over takes no more requests. Once its successor holds the whole log, the successor need
// not wait for a timeout. If the successor fails, this leader goes on after an election timeout. Another
// order does not give it more time: a leader that gets one after the other must still lead.
void Raft::transfer_to(Env& env, const Successor& successor) {
  if (successor.node == env.self()) return env.carried_out(successor.order);
  if (!members_.contains(successor.node)) return env.refuse(successor.order, "the successor is no member");
  if (!successor_) arm_election(env);  // the time that it has
  end_transfer(env, "another order came");
  successor_ = successor;
  hand_over(env);
}

void Raft::hand_over(Env& env) {
  if (peer(successor_->node).match < log_.last()) return;
  lease_over_ = true;
  env.send(successor_->node, TimeoutNow{term_, transfers_over_ + 1});
}

// The successor may still get its order, and stand, at any time, as delays have no bound. Leases need voters
// that sit still, so they begin anew with heartbeats that say which transfers are over.
void Raft::end_transfer(Env& env, std::string_view why) {
  if (!successor_) return;
  env.give_up(successor_->order, why);
  successor_.reset();
  ++transfers_over_;
  lease_over_ = false;
  lease_from_ = env.now();
}

// Whether the leader of `term` wants this replica's vote for its successor, as far as this replica knows.
// Before a restart it may have known better: that the transfer is over, or that there was such a term.
bool Raft::helps_transfer(const Env& env, std::uint64_t term, std::uint64_t transfer) const {
  if (options_.has(Options::Bug::transfer_ignores_lease)) return transfer > 0;
  return transfer > (term > term_ ? 0 : transfers_over_) && env.now() >= orders_from_;
}

void Raft::on(Env& env, NodeId from, const TimeoutNow& order) {
  if (order.term != term_ || leader_ != from || leads() || empty_ || !members_.contains(env.self())) return;
  if (!helps_transfer(env, term_, order.transfer)) return;
  arm_election(env);
  stand(env, false, order.transfer);
}

}  // namespace protocols
