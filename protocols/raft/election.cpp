// Raft between terms: timeouts, votes, and who follows whom.
#include <algorithm>

#include "protocols/raft/raft.hpp"

namespace protocols {

void Raft::on_start(Env& env) {
  // It may have heard a leader just before it crashed, so it must sit still for as long.
  if (!options_.has(Options::Bug::lease_forgotten)) heard_ = env.now();
  if (snapshot_.index > 0) env.install(snapshot_.state);
  arm_election(env);
  orders_from_ = env.first_life() ? env.now() : env.now() + options_.election_timeout_min;
  begin_disk(env);
  if (!env.first_life()) return env.become(Role::backup, term_);
  if (options_.members > 0) declare_members(env, 0, members_);
  leader_ = NodeId{0};
  if (env.self() == *leader_) return lead(env);
  env.become(Role::backup, term_);
}

// Where an empty disk matters, it is marked at first: one that is found empty later has been lost. Should the
// replica crash again before it is repaired, it must still know.
void Raft::begin_disk(Env& env) {
  if (options_.empty_may_vote) return;
  if (env.first_life()) empty_ = false;
  if (env.first_life() || empty_) write_ballot(env);
}

void Raft::arm_election(Env& env) {
  const auto spread =
      static_cast<std::uint64_t>((options_.election_timeout_max - options_.election_timeout_min).count());
  const Duration extra{static_cast<std::int64_t>(env.rng().below(spread + 1))};
  env.set_timer(Timer::election, options_.election_timeout_min + extra);
}

void Raft::election_timeout(Env& env) {
  if (!leads() && may_stand(env)) return stand(env, options_.pre_vote);
  arm_election(env);
  if (!leads()) return leader_.reset();  // a non-member hears of no new leader: clients shall ask others
  end_transfer(env, "the successor did not take over in time");
  if (!options_.check_quorum || env.now() - led_since_ < options_.election_timeout_max) return;
  if (!hears_majority(env, options_.election_timeout_max)) follow(env, term_, std::nullopt);
}

bool Raft::hears_majority(const Env& env, Duration within, LocalTime after) const {
  const auto heard = [&](NodeId id) {
    const auto answered = peers_[id.value].answered;
    return id == env.self() || (answered && env.now() - *answered<within&& * answered> after);
  };
  return raft_quorum::majority(members_, env.cluster(), heard);
}

// A vote has a whole timeout to take effect, counted from when it leaves. If the timer ran while the vote is
// being written, no candidate would have a chance on disks about as slow as the timeouts are short.
void Raft::vote(Env& env, NodeId candidate) {
  env.cancel_timer(Timer::election);
  promise(env, {candidate, Vote{term_, false}});
}

void Raft::write_ballot(Env& env) {
  const bool forgets = options_.has(Options::Bug::vote_not_persisted);
  env.persist(Disk::Ballot{term_, forgets ? std::nullopt : vote_, empty_});
}

// Whether to carry out an order of `term`: it must come from the only leader of this term, or of a later one.
bool Raft::obeys(Env& env, NodeId from, std::uint64_t term) {
  if (term < term_) {
    env.send(from, Stale{term_});
    return false;
  }
  if (term == term_ && leads()) return false;
  if (term > term_ || leader_ != from) follow(env, term, from);
  heard_ = env.now();
  arm_election(env);
  return true;
}

void Raft::follow(Env& env, std::uint64_t term, std::optional<NodeId> leader) {
  if (term > term_) {
    enter(term);
    write_ballot(env);
  }
  step_back(env, leader);
}

void Raft::enter(std::uint64_t term) {
  term_ = term;
  vote_.reset();
  verified_ = 0;
  repaired_at_ = 0;
  transfers_over_ = 0;
}

void Raft::step_back(Env& env, std::optional<NodeId> leader) {
  leader_ = leader;
  role_ = Role::backup;
  reads_.clear();
  learners_.clear();
  if (leader) drop_wish(env, "another replica leads");
  successor_.reset();  // the next leader shows its outcome
  env.become(role_, term_);
}

void Raft::on(Env& env, NodeId, const Stale& stale) {
  if (stale.term > term_) follow(env, stale.term, std::nullopt);
}

// A replica that lost its disk may have promised anything before: a vote, or to hold an entry. It counts
// again once others have committed an entry that the leader appended after the loss. A leader that it helped
// to depose commits no more, and all that it held for the present one comes before that entry.
void Raft::repair(Env& env, std::uint64_t leaders_last) {
  if (!empty_) return;
  if (repaired_at_ == 0) repaired_at_ = leaders_last + 1;
  if (commit_ < repaired_at_) return;
  empty_ = false;
  write_ballot(env);
}

// ---- votes

void Raft::stand(Env& env, bool trial, std::uint64_t transfer) {
  role_ = Role::candidate;
  leader_.reset();
  votes_.clear();
  trial_ = trial;
  transfer_ = transfer;
  if (trial) {
    env.become(role_, term_);
    arm_election(env);
    tell_members(env, RequestVote{term_ + 1, log_.last(), log_.last_term(), true, 0});
    return env.send(env.self(), Vote{term_ + 1, true});
  }
  enter(term_ + 1);
  vote_ = env.self();
  env.become(role_, term_);
  write_ballot(env);
  vote(env, env.self());
}

// Whether the candidate's log is at least as complete as this one (section 5.4.1).
bool Raft::reaches_as_far(const RequestVote& request) const {
  if (empty_) return false;  // it can't tell
  return std::pair{request.last_term, request.last} >= std::pair{log_.last_term(), log_.last()};
}

// Whether this replica has no reason to wish for another leader.
bool Raft::content(const Env& env) const {
  if (leads()) return hears_majority(env, options_.election_timeout_min);
  return env.now() - heard_ < options_.election_timeout_min;
}

void Raft::on(Env& env, NodeId from, const RequestVote& request) {
  if (from == env.self()) return;
  if (request.term < term_ || (request.trial && request.term == term_)) return env.send(from, Stale{term_});
  if (options_.has(Options::Bug::learner_does_not_vote) && !members_.contains(env.self())) return;
  const bool sits_still = options_.check_quorum || options_.reads == Options::Reads::lease || request.trial;
  const bool ordered = helps_transfer(env, request.term - 1, request.transfer);
  if (sits_still && !ordered && content(env)) return;
  if (request.trial) {
    if (reaches_as_far(request)) env.send(from, Vote{request.term, true});
    return;
  }
  const bool newer = request.term > term_;
  if (newer) {
    enter(request.term);
    step_back(env, std::nullopt);
  }
  const bool grants = reaches_as_far(request) && (!vote_ || *vote_ == from);
  if (grants) vote_ = from;
  if (newer || grants) write_ballot(env);  // once, for term and vote
  if (grants) vote(env, from);
}

void Raft::on(Env& env, NodeId from, const Vote& vote) {
  if (role_ != Role::candidate || vote.trial != trial_ || vote.term != term_ + (trial_ ? 1 : 0)) return;
  if (!votes_.insert(from)) return;
  if (!trial_ && from == env.self())  // only now is it certain not to vote for another
    tell_members(env, RequestVote{term_, log_.last(), log_.last_term(), false, transfer_});
  const auto votes = [&](NodeId id) { return votes_.contains(id); };
  if (!raft_quorum::majority(members_, env.cluster(), votes)) return;
  if (trial_) return stand(env, false);
  lead(env);
}

void Raft::lead(Env& env) {
  role_ = Role::primary;
  leader_ = env.self();
  led_since_ = env.now();
  lease_over_ = false;
  checked_until_ = {};
  lease_from_ = LocalTime::min();
  const bool first = env.first_life() && term_ == 1;  // all logs are empty: nothing to find out or to settle
  keep_wish(env);
  const std::uint64_t last = log_.last();
  peers_.assign(env.cluster(), Peer{.next = last + 1, .sent = last, .probing = !first});
  peer(env.self()).match = last;
  env.become(role_, term_);
  std::vector<std::uint64_t> values;
  for (const RaftEntry& entry : log_.entries) values.push_back(entry.value());
  env.lead(term_, {.after = log_.base, .values = values});
  const bool opens =
      !first && !options_.has(Options::Bug::commits_earlier_term);  // a leader with the bug needs none
  opened_at_ = opens ? last + 1 : 0;
  if (opens) append(env, {term_, RaftEntry::Opening{}});
  beat(env);
}

}  // namespace protocols
