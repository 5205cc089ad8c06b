// Multi-Paxos under a leader: phase 2 slot by slot, and how replicas learn the chosen values. Phase 1 and the
// change of leaders are in leader.cpp.
#include "protocols/multi_paxos/multi_paxos.hpp"

#include <algorithm>
#include <utility>

namespace protocols {

void MultiPaxos::Options::describe(Fields& f) {
  f.duration("election_timeout_min", election_timeout_min, {.min = 1us},
             "Shortest silence of a leader after which a replica starts a ballot of its own.");
  f.duration("election_timeout_max", election_timeout_max, {.min = 1us},
             "Longest such silence; each replica draws its timeout each time, so that duels are rare.");
  f.duration("heartbeat", heartbeat, {.min = 1us},
             "Interval at which the leader sends heartbeats and resends what may be lost. Must exceed a "
             "round trip.");
  f.count("window", window, {.min = 1, .max = 1'000'000},
          "How many slots a leader may propose beyond the last applied one (alpha); 1: one at a time.");
  f.count("batch", batch, {.min = 1, .max = 10'000},
          "How many waiting requests may share an Accept, each in its own slot. Above 1, `window` counts "
          "outstanding Accepts.");
  f.count("compact_after", compact_after, {},
          "Number of slots after which a snapshot replaces the log; "
          "0: never.");
  f.choice("reads", reads, {{"log", Reads::log}, {"read_index", Reads::read_index}, {"lease", Reads::lease}},
           "How reads are answered: from slots of the log, after asking a majority, or under a lease.");
  f.duration("lease", lease, {.min = 1us},
             "reads: lease. How long the leader may answer reads alone after a majority acknowledged a "
             "heartbeat.");
  f.number("lease_drift", lease_drift, {0, 0.5},
           "reads: lease. Assumed bound on clock drift, in seconds per second; leases are shortened by it.");
  f.choice(
      "bug", bug,
      {{"none", Bug::none},
       {"promise_not_persisted", Bug::promise_not_persisted},
       {"ignores_accepted", Bug::ignores_accepted},
       {"first_accepted", Bug::first_accepted},
       {"gaps_skipped", Bug::gaps_skipped},
       {"promises_under_lease", Bug::promises_under_lease},
       {"lease_forgotten", Bug::lease_forgotten},
       {"no_sessions", Bug::no_sessions}},
      "A planted bug: promises are forgotten in a crash; a new leader ignores what others accepted, takes "
      "the first vote instead of the highest, or treats gaps as empty; acceptors promise a higher ballot "
      "although a leader may still read under their lease, always or after a restart; requests that are "
      "asked again are executed again.");
}

std::string MultiPaxos::Options::complaint(std::size_t) const {
  if (election_timeout_max < election_timeout_min)
    return "election_timeout_max is shorter than election_timeout_min";
  if (reads == Reads::lease && lease >= election_timeout_min)
    return "a lease must be shorter than election_timeout_min, during which acceptors promise nothing";
  return {};
}

void MultiPaxos::Disk::replay(const Write& write) {
  if (const auto* ballot = std::get_if<Ballot>(&write)) {
    promised = *ballot;
  } else if (const auto* v = std::get_if<Votes>(&write)) {
    promised = std::max(promised, v->ballot);
    Slot slot = v->slot;
    for (const Value& value : v->values) {
      if (slot > checkpoint.slot) votes[slot] = {v->ballot, value};
      ++slot;
    }
  } else {
    checkpoint = std::get<Checkpoint>(write);
    votes.erase(votes.begin(), votes.upper_bound(checkpoint.slot));
  }
}

MultiPaxos::MultiPaxos(const Options& options, const Disk& disk)
    : options_(options),
      ballot_(disk.promised),
      commit_(disk.checkpoint.slot),
      checkpoint_(disk.checkpoint),
      sessions_(disk.checkpoint.sessions) {
  for (const auto& [slot, vote] : disk.votes) log_.emplace_hint(log_.end(), slot, Entry{.vote = vote});
}

void MultiPaxos::on_message(Env& env, NodeId from, const Message& message) {
  std::visit([&](const auto& m) { on(env, from, m); }, message);
}

// ---- the leader's side of phase 2

void MultiPaxos::on_request(Env& env, const Request& request) {
  if (!leads()) {
    if (leader_) env.redirect(request.id, *leader_);
    return;  // or nobody is known to lead, and the client will ask again
  }
  if (request.ping) return env.reply(request.id, {});
  if (sessions_.is_over(request.id)) return;
  if (reads_by_itself() && is_read(request.command)) return read(env, request);
  if (const auto* earlier = sessions_.find(request.id)) return env.reply(request.id, earlier->output);
  if (request.again && underway(request.id)) return;
  wait_for_window(request);
  propose_backlog(env);
}

// Slots are scarce for the requests that wait: a client says with each request which earlier ones it still
// needs, and those that it has given up don't take the place of others.
void MultiPaxos::wait_for_window(const Request& request) {
  const std::size_t client = request.id.client.value;
  if (client >= needed_from_.size()) needed_from_.resize(client + 1);
  needed_from_[client] = std::max(needed_from_[client], request.oldest_pending);
  backlog_.push_back(request);
}

bool MultiPaxos::underway(RequestId id) const {
  const auto is_it = [&](const Request& r) { return r.id == id; };
  if (std::ranges::any_of(backlog_, is_it)) return true;
  return std::any_of(log_.upper_bound(commit_), log_.end(), [&](const auto& slot_and_entry) {
    const Value& value = slot_and_entry.second.vote.value;
    return !value.noop && is_it(value.request);
  });
}

void MultiPaxos::propose_backlog(Env& env) {
  const auto window = static_cast<std::size_t>(options_.window),
             batch = static_cast<std::size_t>(options_.batch);
  while (!backlog_.empty() && open_.size() < window && next_ <= commit_ + window * batch) {
    const auto room = static_cast<std::size_t>(commit_ + window * batch + 1 - next_);
    Values values;
    while (!backlog_.empty() && values.size() < std::min(batch, room)) {
      const RequestId id = backlog_.front().id;
      const bool needed = id.number >= needed_from_[id.client.value];
      if (needed) values.push_back({.noop = false, .request = backlog_.front()});
      backlog_.pop_front();
    }
    if (values.empty()) return;
    const Slot slot = std::exchange(next_, next_ + values.size());
    propose(env, slot, values);
  }
}

// The leader is an acceptor, too: its own votes count once they are on disk.
void MultiPaxos::propose(Env& env, Slot slot, const Values& values) {
  Slot next = slot;
  for (const Value& value : values) log_[next++] = {.vote = {ballot_, value}};
  open_[slot] = {.count = values.size()};
  env.persist(Disk::Votes{ballot_, slot, values});
  env.broadcast(Accept{ballot_, slot, values});
  env.when_durable({env.self(), Accepted{ballot_, slot, values.size()}});
}

MultiPaxos::Values MultiPaxos::proposed(Slot slot, Slot count) const {
  Values values;
  for (auto next = log_.find(slot); count > 0; ++next, --count) values.push_back(next->second.vote.value);
  return values;
}

void MultiPaxos::propose_again(Env& env) {
  for (auto& [slot, proposal] : open_) {
    if (!std::exchange(proposal.old, true)) continue;
    const NodeSet& accepted_by = proposal.accepted_by;
    env.multicast(Accept{ballot_, slot, proposed(slot, proposal.count)},
                  [&accepted_by](NodeId id) { return !accepted_by.contains(id); });
  }
}

void MultiPaxos::on(Env& env, NodeId from, const Accepted& m) {
  if (!leads() || m.ballot != ballot_) return;
  const auto proposal = open_.find(m.slot);
  if (proposal == open_.end() || proposal->second.count != m.count) return;  // chosen already
  proposal->second.accepted_by.insert(from);
  if (proposal->second.accepted_by.size() < env.majority()) return;
  open_.erase(proposal);
  for (Slot slot = m.slot; slot < m.slot + m.count; ++slot) choose(env, slot, log_[slot]);
  env.broadcast(Chosen{ballot_, m.slot, m.count});
  apply_chosen(env);
}

// ---- the acceptor's

void MultiPaxos::on(Env& env, NodeId from, const Accept& m) {
  if (!obeys(env, from, m.ballot)) return;
  bool news = false;
  Slot slot = m.slot;
  for (const Value& value : m.values) {
    if (slot > checkpoint_.slot) {
      Entry& entry = log_[slot];
      news = news || entry.vote.ballot != m.ballot;
      entry.vote.ballot = m.ballot;
      if (!entry.chosen) entry.vote.value = value;  // otherwise it can only be the same
    }
    ++slot;
  }
  if (news) env.persist(Disk::Votes{m.ballot, m.slot, m.values});
  env.when_durable({from, Accepted{m.ballot, m.slot, m.values.size()}});
}

// ---- learning

void MultiPaxos::choose(Env& env, Slot slot, Entry& entry) {
  entry.chosen = true;
  env.decide(slot, entry.vote.value.shown(), entry.vote.ballot);
}

void MultiPaxos::apply_chosen(Env& env) {
  for (auto next = log_.find(commit_ + 1); next != log_.end() && next->second.chosen; ++next) {
    if (next->first != commit_ + 1) break;  // a slot before it is still open
    apply(env, ++commit_, next->second.vote.value);
  }
  compact(env);
  if (leads()) propose_backlog(env);
}

void MultiPaxos::apply(Env& env, Slot slot, const Value& value) {
  if (value.noop || sessions_.is_over(value.request.id)) return;
  const auto* earlier = sessions_.find(value.request.id);  // two leaders may have given it a slot each
  sim::Value output = earlier != nullptr ? earlier->output : env.apply(value.request).output;
  if (earlier == nullptr && !has_bug(Options::Bug::no_sessions)) sessions_.add(value.request, slot, output);
  if (leads()) env.reply(value.request.id, std::move(output));
}

void MultiPaxos::compact(Env& env) {
  const auto after = static_cast<Slot>(options_.compact_after);
  if (after == 0 || commit_ - checkpoint_.slot < after) return;
  const Vote& last = log_[commit_].vote;
  checkpoint_ = {commit_, last.ballot, last.value.shown(), env.snapshot(), sessions_};
  log_.erase(log_.begin(), log_.upper_bound(commit_));
  env.persist(checkpoint_);
}

// A replica that has voted in this ballot or a later one has voted for the chosen value. A leader counts for
// itself.
void MultiPaxos::on(Env& env, NodeId, const Chosen& m) {
  if (leads()) return;
  for (auto next = log_.lower_bound(m.slot); next != log_.end() && next->first - m.slot < m.count; ++next) {
    if (!next->second.chosen && next->second.vote.ballot >= m.ballot) choose(env, next->first, next->second);
  }
  apply_chosen(env);
}

// A leader proposes one value in a slot, and if a value is chosen already, that one.
void MultiPaxos::on(Env& env, NodeId from, const Heartbeat& m) {
  if (!obeys(env, from, m.ballot)) return;
  for (auto next = log_.upper_bound(commit_); next != log_.end() && next->first <= m.commit; ++next) {
    auto& [slot, entry] = *next;
    if (!entry.chosen && entry.vote.ballot == m.ballot) choose(env, slot, entry);
  }
  apply_chosen(env);
  if (commit_ < missed_) env.send(from, Ask{commit_});
  missed_ = m.commit;
  if (options_.reads == Options::Reads::lease) env.send(from, HeartbeatReply{m.ballot, m.sent_at});
}

void MultiPaxos::on(Env& env, NodeId from, const Ask& m) {
  if (m.after < checkpoint_.slot) return env.send(from, Install{checkpoint_});
  Decided decided{.after = m.after, .votes = {}};
  for (auto next = log_.upper_bound(m.after); next != log_.end() && next->first <= commit_; ++next) {
    decided.votes.push_back(next->second.vote);
  }
  if (!decided.votes.empty()) env.send(from, std::move(decided));
}

// A leader finds out for itself: the answer may come from a later ballot than its own.
void MultiPaxos::on(Env& env, NodeId, const Decided& m) {
  if (leads()) return;
  Slot slot = m.after;
  for (const Vote& vote : m.votes) {
    if (++slot <= commit_) continue;
    Entry& entry = log_[slot];
    if (entry.chosen) continue;
    entry.vote = vote;
    choose(env, slot, entry);
  }
  apply_chosen(env);
}

void MultiPaxos::on(Env& env, NodeId, const Install& m) {
  if (!leads()) install(env, m.checkpoint);
}

void MultiPaxos::install(Env& env, const Checkpoint& checkpoint) {
  if (checkpoint.slot <= commit_) return;
  checkpoint_ = checkpoint;
  env.install(checkpoint_.state);
  sessions_ = checkpoint_.sessions;
  commit_ = checkpoint_.slot;
  log_.erase(log_.begin(), log_.upper_bound(commit_));
  env.persist(checkpoint_);
  env.decide(commit_, checkpoint_.lastly, checkpoint_.ballot);
  apply_chosen(env);
}

}  // namespace protocols
