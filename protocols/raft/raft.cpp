// Raft within a term: client requests, replication of the log, commitment, snapshots.
#include "protocols/raft/raft.hpp"

#include <algorithm>

namespace protocols {

void RaftLog::compact(std::uint64_t index, std::uint64_t term) {
  if (index <= base) return;
  const bool fits = has(index) && term_at(index) == term;
  const std::uint64_t gone = fits ? index - base : entries.size();
  entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(gone));
  base = index;
  base_term = term;
}

void Raft::Disk::replay(const Write& write) {
  written = true;
  if (const auto* b = std::get_if<Ballot>(&write)) {
    ballot = *b;
  } else if (const auto* s = std::get_if<RaftSnapshot>(&write)) {
    snapshot = *s;
    log.compact(s->index, s->term);
  } else {
    const auto& [after, entries] = std::get<Entries>(write);
    log.truncate(after);
    for (const RaftEntry& entry : entries) log.entries.push_back(entry);
  }
}

Raft::Raft(const Options& options, const Disk& disk)
    : options_(options),
      term_(disk.ballot.term),
      vote_(disk.ballot.vote),
      log_(disk.log),
      snapshot_(disk.snapshot),
      sessions_(disk.snapshot.sessions),
      commit_(disk.snapshot.index),
      empty_(!options.empty_may_vote && (disk.ballot.empty || !disk.written)) {
  const auto members = static_cast<std::size_t>(options.members);
  if (snapshot_.index == 0) snapshot_.members = {.now = members > 0 ? RaftMembers::first(members) : 0};
  adopt_members();
}

void Raft::on_message(Env& env, NodeId from, const Message& message) {
  std::visit([&](const auto& m) { on(env, from, m); }, message);
}

void Raft::on_timer(Env& env, Timer timer) {
  if (timer == Timer::heartbeat) return beat(env);
  election_timeout(env);
}

// Sends a message as soon as everything written so far is safe.
void Raft::promise(Env& env, const Deferred& promise) {
  if (empty_) return;  // it can't tell what it has promised before
  const bool early =
      options_.has(Options::Bug::early_answer) && std::holds_alternative<Accepted>(promise.message);
  env.durable() || early ? on_durable(env, promise) : env.when_durable(promise);
}

void Raft::on_durable(Env& env, const Deferred& promise) {
  if (std::holds_alternative<Vote>(promise.message)) arm_election(env);
  const bool ours = promise.to == env.self();
  std::visit([&](const auto& m) { ours ? on(env, promise.to, m) : env.send(promise.to, m); },
             promise.message);
}

// ---- requests

void Raft::on_request(Env& env, const Request& request) {
  const bool reads = !request.ping && is_read(request.command);
  if (reads && options_.has(Options::Bug::local_reads))
    return env.reply(request.id, env.apply(request).output, env.self());
  if (!leads()) {
    if (leader_ && *leader_ != env.self()) env.redirect(request.id, *leader_);
    return;
  }
  if (request.ping) return env.reply(request.id, {});
  if (successor_) return;  // the client will ask again
  if (reads && options_.reads != Options::Reads::log && knows_committed()) return read(env, request);
  if (sessions_.is_over(request.id)) return;
  if (const auto* earlier = sessions_.find(request.id)) return env.reply(request.id, earlier->output);
  if (request.again && pending(request.id)) return;
  append(env, {term_, request});
}

// Whether an entry of this term, which will be answered, carries the request already.
bool Raft::pending(RequestId id) const {
  for (std::uint64_t i = log_.last(); i > commit_ && log_[i].term == term_; --i) {
    const Request* request = log_[i].request();
    if (request != nullptr && request->id == id) return true;
  }
  return false;
}

// Answers from this leader's own state, once it is certain that no other leader has gone on.
void Raft::read(Env& env, const Request& request) {
  if (options_.reads == Options::Reads::lease) {
    if (lease_holds(env)) return env.reply(request.id, env.apply(request).output);
    return append(env, {term_, request});  // the long way
  }
  reads_.push_back({++round_, request, {}});
  tell_members(env, Confirm{term_, round_});
  env.send(env.self(), Confirmed{term_, round_});
}

bool Raft::lease_holds(const Env& env) const {
  if (options_.has(Options::Bug::coarse_quorum_check)) return !lease_over_ && env.now() < checked_until_;
  return !lease_over_ && hears_majority(env, options_.lease_span(), lease_from_);
}

void Raft::on(Env& env, NodeId from, const Confirm& confirm) {
  if (from == env.self() || !obeys(env, from, confirm.term) || empty_) return;
  env.send(from, Confirmed{term_, confirm.round});
}

// A leader that leads at a later read led at all earlier ones.
void Raft::on(Env& env, NodeId from, const Confirmed& confirmed) {
  if (!leads() || confirmed.term != term_) return;
  const auto found = std::ranges::lower_bound(reads_, confirmed.round, {}, &Read::round);
  if (found == reads_.end() || found->round != confirmed.round) return;
  found->confirmed.insert(from);
  const auto confirms = [&](NodeId id) { return found->confirmed.contains(id); };
  if (!raft_quorum::majority(members_, env.cluster(), confirms)) return;
  while (!reads_.empty() && reads_.front().round <= confirmed.round) {
    env.reply(reads_.front().request.id, env.apply(reads_.front().request).output);
    reads_.pop_front();
  }
}

// ---- replication

void Raft::append(Env& env, const RaftEntry& entry) {
  const std::uint64_t before = log_.last();
  env.persist(Disk::Entries{before, ShortList(entry)});
  log_.entries.push_back(entry);
  if (entry.members() != nullptr) adopt_members();
  // A follower that has been sent everything before it gets just this entry; the others get what they lack.
  env.multicast(Append{term_, before, log_.term_at(before), commit_, ShortList(entry)}, [&](NodeId id) {
    Peer& p = peer(id);
    if (!in_audience(id) || p.probing || p.next != before + 1) return false;
    p.sent = before + 1;
    p.next = before + 2;
    return true;
  });
  for (std::uint16_t i = 0; i < env.cluster(); ++i) {
    if (NodeId{i} != env.self() && in_audience(NodeId{i}) && peers_[i].sent <= before)
      send_log(env, NodeId{i});
  }
  promise(env, {env.self(), Accepted{term_, before + 1}});
}

void Raft::send_log(Env& env, NodeId to) {
  Peer& p = peer(to);
  if (p.next <= log_.base) {
    p.next = log_.base + 1;
    p.sent = log_.base;
    p.probing = true;
    return env.send(to, Install{term_, snapshot_});
  }
  const std::uint64_t after = p.next - 1;
  const auto first = log_.entries.begin() + static_cast<std::ptrdiff_t>(after - log_.base);
  p.sent = log_.last();
  if (!p.probing) p.next = log_.last() + 1;
  env.send(to, Append{term_, after, log_.term_at(after), commit_, {first, log_.entries.end()}});
}

void Raft::on(Env& env, NodeId from, const Append& append) {
  if (!obeys(env, from, append.term)) return;
  const bool known = append.after >= log_.base;  // entries in a snapshot are committed, and agree
  if (append.after > log_.last() || (known && log_.term_at(append.after) != append.after_term))
    return env.send(from, Rejected{term_, append.after, hint_for(append.after)});
  if (!adopt(env, append)) return;
  verified_ = std::max(verified_, append.after + append.entries.size());
  commit_up_to(env, std::min(append.commit, verified_));
  repair(env, verified_);
  promise(env, {from, Accepted{term_, verified_}});
}

// Where the leader should try next: one step back passes over all entries of a term that doesn't fit.
std::uint64_t Raft::hint_for(std::uint64_t after) const {
  if (after > log_.last()) return log_.last() + 1;
  std::uint64_t first = after;
  while (first > commit_ + 1 && log_.term_at(first - 1) == log_.term_at(after)) --first;
  return first;
}

// Takes new entries, in place of those that differ. Returns false for an Append that no leader could have
// sent.
bool Raft::adopt(Env& env, const Append& append) {
  std::size_t skip = 0;
  const auto holds = [&](std::uint64_t index) {
    return index <= log_.base || (log_.has(index) && log_.term_at(index) == append.entries[skip].term);
  };
  while (skip < append.entries.size() && holds(append.after + skip + 1)) ++skip;
  if (skip == append.entries.size()) return true;
  const std::uint64_t keep = append.after + skip;
  if (keep < commit_) return false;
  const auto* first = append.entries.begin() + skip;
  log_.truncate(keep);
  for (const auto* entry = first; entry != append.entries.end(); ++entry) log_.entries.push_back(*entry);
  env.persist(Disk::Entries{keep, {first, append.entries.end()}});
  const auto says = [](const RaftEntry& entry) { return entry.members() != nullptr; };
  if (members_at_ > keep || std::any_of(first, append.entries.end(), says)) adopt_members();
  return true;
}

void Raft::on(Env& env, NodeId from, const Accepted& accepted) {
  if (!leads() || accepted.term != term_) return;
  Peer& p = peer(from);
  const std::uint64_t index = std::min(accepted.index, log_.last());
  p.restarted = false;
  p.match = std::max(p.match, index);
  if (p.probing && index + 1 >= p.next) {
    p.probing = false;
    p.next = std::max(p.sent, index) + 1;
    if (p.next <= log_.last()) send_log(env, from);
  }
  p.next = std::max(p.next, p.match + 1);
  if (p.match > commit_) advance_commit(env);
  if (learners_.contains(from)) learns(env, from);
  if (successor_ && successor_->node == from) hand_over(env);
}

void Raft::on(Env& env, NodeId from, const Rejected& rejected) {
  if (!leads() || rejected.term != term_ || from == env.self()) return;
  Peer& p = peer(from);
  // It has restarted, and lacks entries that it had confirmed: its disk is gone, so nothing that it held
  // counts.
  if (p.restarted && rejected.after == p.match && p.next == p.match + 1) p.match = 0;
  if (rejected.after <= p.match || rejected.after >= p.next) return;  // settled, or gone back before it
  p.next = std::clamp(rejected.hint, p.match + 1, rejected.after);
  p.probing = true;
  send_log(env, from);
}

void Raft::beat(Env& env) {
  if (!leads()) return;
  if (env.now() >= checked_until_ && hears_majority(env, options_.lease_span(), lease_from_))
    checked_until_ = env.now() + options_.election_timeout_min / 2;
  for (std::uint16_t i = 0; i < env.cluster(); ++i) {
    if (NodeId{i} == env.self() || !in_audience(NodeId{i})) continue;
    env.send(NodeId{i}, Heartbeat{term_, commit_, peers_[i].announced, env.now(), transfers_over_});
    peers_[i].announced = log_.last();
  }
  env.set_timer(Timer::heartbeat, options_.heartbeat);
}

void Raft::on(Env& env, NodeId from, const Heartbeat& heartbeat) {
  if (!obeys(env, from, heartbeat.term)) return;
  transfers_over_ = std::max(transfers_over_, heartbeat.transfers_over);
  commit_up_to(env, std::min(heartbeat.commit, verified_));
  const LocalTime echo = empty_ ? LocalTime{} : heartbeat.sent_at;  // no lease may rest on an empty disk
  env.send(from, HeartbeatReply{term_, heartbeat.announced, verified_, echo});
}

// By now the follower should have accepted what was sent before the previous heartbeat. If it hasn't,
// something is lost, or the follower has restarted and no longer knows how much of its log is still valid.
void Raft::on(Env& env, NodeId from, const HeartbeatReply& reply) {
  if (!leads() || reply.term != term_ || from == env.self()) return;
  Peer& p = peer(from);
  const LocalTime echo = std::min(reply.echo, env.now());
  p.answered = std::max(p.answered.value_or(echo), echo);
  if (std::min(reply.announced, p.announced) <= std::min(p.match, reply.verified)) return;
  p.restarted = reply.verified < p.match;
  if (!p.probing) p.next = p.match + 1;
  p.probing = true;
  send_log(env, from);
}

// ---- commitment

void Raft::advance_commit(Env& env) {
  const auto held = [&](NodeId id) { return peer(id).match; };
  const std::uint64_t index = raft_quorum::held_by_majority(members_, env.cluster(), held, held_);
  const bool counts = log_.term_at(index) == term_ || options_.has(Options::Bug::commits_earlier_term);
  if (counts) commit_up_to(env, index);
}

void Raft::commit_up_to(Env& env, std::uint64_t index) {
  while (commit_ < index) apply(env, ++commit_);
  compact(env);
  if (leads()) change_members(env);
}

void Raft::apply(Env& env, std::uint64_t index) {
  const RaftEntry& entry = log_[index];
  env.decide(index, entry.value(), term_);
  if (entry.members() != nullptr) declare_members(env, index, *entry.members());
  const Request* request = entry.request();
  if (request == nullptr || sessions_.is_over(request->id)) return;
  const bool ours = leads() && entry.term == term_;
  if (const auto* earlier = sessions_.find(request->id)) {
    if (ours) env.reply(request->id, earlier->output);
    return;
  }
  Applied applied = env.apply(*request);
  if (ours) env.reply(request->id, applied.output);
  if (!options_.has(Options::Bug::no_sessions)) sessions_.add(*request, index, std::move(applied.output));
}

void Raft::compact(Env& env) {
  if (options_.compact_after == 0) return;
  if (commit_ - log_.base < static_cast<std::uint64_t>(options_.compact_after)) return;
  const RaftEntry& last = log_[commit_];
  snapshot_ = {commit_, last.term, last.value(), env.snapshot(), sessions_, members_up_to(commit_).first};
  log_.compact(snapshot_.index, snapshot_.term);
  env.persist(snapshot_);
}

void Raft::on(Env& env, NodeId from, const Install& install) {
  if (!obeys(env, from, install.term)) return;
  if (install.snapshot.index > commit_) {
    snapshot_ = install.snapshot;
    env.install(snapshot_.state);
    sessions_ = snapshot_.sessions;
    commit_ = snapshot_.index;
    log_.compact(snapshot_.index, snapshot_.term);
    env.persist(snapshot_);
    env.decide(snapshot_.index, snapshot_.value, term_);
    if (snapshot_.members.now != 0) declare_members(env, snapshot_.index, snapshot_.members);
    adopt_members();
  }
  verified_ = std::max(verified_, install.snapshot.index);
  repair(env, verified_);
  promise(env, {from, Accepted{term_, verified_}});
}

}  // namespace protocols
