// Multi-Paxos between leaders: timeouts, phase 1 for all slots at once, and how a new leader uses the
// promises.
#include <algorithm>
#include <utility>

#include "protocols/elections.hpp"
#include "protocols/multi_paxos/multi_paxos.hpp"

namespace protocols {

NodeId MultiPaxos::owner_of(const Env& env, Ballot ballot) {
  return NodeId{static_cast<std::uint16_t>((ballot - 1) % env.cluster())};
}

// This replica's lowest ballot above all that it has seen.
MultiPaxos::Ballot MultiPaxos::next_ballot(const Env& env) const {
  const Ballot own = (ballot_ - 1) / env.cluster() * env.cluster() + env.self().value + 1;
  return own > ballot_ ? own : own + env.cluster();
}

void MultiPaxos::on_start(Env& env) {
  // It may have heard a leader just before it crashed, so it must keep its word for as long.
  if (!has_bug(Options::Bug::lease_forgotten)) heard_ = env.now();
  if (checkpoint_.slot > 0) env.install(checkpoint_.state);
  arm_election(env);
  if (env.first_life()) {
    leader_ = NodeId{0};
    if (env.self() == *leader_) return lead(env);
  }
  env.become(Role::backup, ballot_);
}

void MultiPaxos::on_timer(Env& env, Timer timer) {
  if (timer == Timer::tick) return tick(env);
  arm_election(env);
  if (role_ == Role::backup) stand(env);
}

void MultiPaxos::arm_election(Env& env) {
  const auto spread =
      static_cast<std::uint64_t>((options_.election_timeout_max - options_.election_timeout_min).count());
  const Duration extra{static_cast<std::int64_t>(env.rng().below(spread + 1))};
  env.set_timer(Timer::election, options_.election_timeout_min + extra);
}

// A leader shows that it lives; a candidate asks again those that have not promised.
void MultiPaxos::tick(Env& env) {
  if (role_ == Role::backup) return;
  env.set_timer(Timer::tick, options_.heartbeat);
  if (leads()) {
    env.broadcast(Heartbeat{ballot_, commit_, env.now()});
    confirm_again(env);
    return propose_again(env);
  }
  for (std::uint16_t i = 0; i < env.cluster(); ++i) {
    if (!promised_by_.contains(NodeId{i})) env.send(NodeId{i}, Prepare{ballot_, commit_});
  }
}

// Whether to obey the leader of `ballot`.
bool MultiPaxos::obeys(Env& env, NodeId from, Ballot ballot) {
  if (from != owner_of(env, ballot) || from == env.self()) return false;
  if (ballot < ballot_) {
    env.send(from, Rejected{ballot_});
    return false;
  }
  if (ballot > ballot_) follow(env, ballot);
  leader_ = from;
  heard_ = env.now();
  arm_election(env);
  return true;
}

// Takes part in a higher ballot, and thereby in no lower one any more.
void MultiPaxos::follow(Env& env, Ballot ballot) {
  ballot_ = ballot;
  role_ = Role::backup;
  leader_.reset();
  missed_ = 0;
  recovered_.clear();
  open_.clear();
  backlog_.clear();
  reads_.clear();
  write_promise(env);
  env.become(role_, ballot_);
}

void MultiPaxos::write_promise(Env& env) {
  if (!has_bug(Options::Bug::promise_not_persisted)) env.persist(ballot_);
}

void MultiPaxos::on(Env& env, NodeId, const Rejected& m) {
  if (m.ballot > ballot_) follow(env, m.ballot);
}

// ---- phase 1

// The ballot is on disk before anybody hears of it, so that no later life of this replica uses it again.
void MultiPaxos::stand(Env& env) {
  role_ = Role::candidate;
  leader_.reset();
  ballot_ = next_ballot(env);
  promised_by_.clear();
  recovered_.clear();
  env.become(role_, ballot_);
  write_promise(env);
  env.when_durable({env.self(), promise_of(ballot_, commit_)});
}

MultiPaxos::Promise MultiPaxos::promise_of(Ballot ballot, Slot after) const {
  Promise promise{.ballot = ballot, .checkpoint = {}, .chosen = commit_, .votes = {}};
  if (checkpoint_.slot > after) promise.checkpoint = checkpoint_;
  for (auto next = log_.upper_bound(after); next != log_.end(); ++next) {
    promise.votes.push_back({next->first, next->second.vote});
  }
  return promise;
}

void MultiPaxos::on(Env& env, NodeId from, const Prepare& m) {
  if (from != owner_of(env, m.ballot) || from == env.self()) return;
  if (m.ballot < ballot_) return env.send(from, Rejected{ballot_});
  if (content(env)) return;
  if (m.ballot > ballot_) {
    follow(env, m.ballot);
    arm_election(env);  // give it time; but one that only repeats itself holds nobody up
  }
  env.when_durable({from, promise_of(m.ballot, m.after)});
}

void MultiPaxos::on(Env& env, NodeId from, const Promise& m) {
  if (role_ != Role::candidate || m.ballot != ballot_) return;
  if (!promised_by_.insert(from)) return;
  if (m.checkpoint) install(env, *m.checkpoint);
  for (const auto& [slot, vote] : m.votes) {
    const Recovered told{vote, slot <= m.chosen};
    const auto [known, is_new] = recovered_.try_emplace(slot, told);
    if (is_new || known->second.chosen || has_bug(Options::Bug::first_accepted)) continue;
    if (told.chosen || vote.ballot > known->second.vote.ballot) known->second = told;
  }
  if (from == env.self()) tick(env);  // now the others may hear of the ballot
  if (promised_by_.size() >= env.majority()) lead(env);
}

// ---- the new leader

void MultiPaxos::lead(Env& env) {
  role_ = Role::primary;
  leader_ = env.self();
  env.become(role_, ballot_);
  if (has_bug(Options::Bug::ignores_accepted)) recovered_.clear();
  const Slot last = last_recovered();
  std::vector<std::uint64_t> values;
  for (Slot slot = commit_; slot < last;) {  // counted so that the highest number of all ends it, too
    const auto found = recovered_.find(++slot);
    values.push_back(found == recovered_.end() ? 0 : found->second.vote.value.shown());
  }
  env.lead(ballot_, {.after = commit_, .values = values});
  next_ = last + 1;
  recovers_to_ = last;
  answered_.assign(env.cluster(), std::nullopt);
  settle(env, last);
  recovered_.clear();
  apply_chosen(env);
  tick(env);
}

// The last slot in which something may be chosen. Fewer slots below it can be empty than a window holds:
// every chosen value was among the promises, and no leader proposes further ahead of that. Votes beyond were
// made up.
MultiPaxos::Slot MultiPaxos::last_recovered() const {
  Slot last = commit_;
  auto gaps_left = static_cast<Slot>(options_.window * options_.batch);
  for (auto next = recovered_.upper_bound(commit_); next != recovered_.end(); ++next) {
    const Slot gap = next->first - last - 1;
    if (gap > gaps_left) break;
    gaps_left -= gap;
    last = next->first;
  }
  return last;
}

// Proposes the value that may be chosen in each slot, and a no-op where nothing can be. Consecutive slots
// share an Accept.
void MultiPaxos::settle(Env& env, Slot last) {
  Values row;
  for (Slot slot = commit_; slot < last;) {
    const auto value = to_propose(env, ++slot);
    if (value) row.push_back(*value);
    if (row.empty() || (value && slot < last)) continue;
    const Slot first = slot + (value ? 1 : 0) - row.size();
    propose(env, first, std::exchange(row, {}));
  }
}

// Nothing if the chosen value is known.
std::optional<MultiPaxos::Value> MultiPaxos::to_propose(Env& env, Slot slot) {
  const auto known = log_.find(slot);
  if (known != log_.end() && known->second.chosen) return std::nullopt;
  const auto found = recovered_.find(slot);
  if (found != recovered_.end() && !found->second.chosen) return found->second.vote.value;
  if (found == recovered_.end() && !has_bug(Options::Bug::gaps_skipped)) return Value{};
  Entry& entry = log_[slot];
  entry.vote = found == recovered_.end() ? Vote{ballot_, Value{}} : found->second.vote;
  choose(env, slot, entry);
  return std::nullopt;
}

std::optional<ServicePromise> MultiPaxos::promise(const Options& o, const Calm& calm) {
  return promise_of_elections({.timeout_min = o.election_timeout_min,
                               .timeout_max = o.election_timeout_max,
                               .heartbeat = o.heartbeat},
                              calm);
}

namespace {
static_assert(Protocol<MultiPaxos>);
const Registered<MultiPaxos> multi_paxos_registered{
    "multi_paxos", "one leader runs a Paxos instance per log slot, with phase 1 once for all slots"};
}  // namespace
}  // namespace protocols
