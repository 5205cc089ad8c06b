// Primary-backup when something goes wrong: heartbeats, suspicions, and who is primary next.
#include <algorithm>

#include "protocols/primary_backup.hpp"

namespace protocols {

// ---- heartbeats

// Beats fall on multiples of the interval on the sender's clock: heartbeat k is sent at k eta, as NFD-S needs
// it.
void PrimaryBackup::beat(Env& env) {
  const Duration interval = options_.detector.heartbeat;
  const Duration now = env.now().time_since_epoch();
  const auto number = static_cast<std::uint64_t>(std::max<std::int64_t>(now / interval, 0));
  env.set_timer(Timer::heartbeat, interval - now % interval);
  for (std::uint16_t i = 0; i < env.cluster(); ++i) {
    if (NodeId{i} == env.self() || peers_[i].gone) continue;
    if (options_.detector.driver == DetectorOptions::Driver::pings) {
      env.send(NodeId{i}, Ping{number});
    } else {
      env.send(NodeId{i}, heartbeat_to(env, NodeId{i}, number));
    }
  }
  if (acting() && options_.bug == Options::Bug::reply_before_update && shipped_ < log_.last())
    ship(env, shipped_ + 1);
}

void PrimaryBackup::on(Env& env, NodeId from, const Ping& ping) {
  env.send(from, heartbeat_to(env, from, ping.number));
}

PrimaryBackup::Heartbeat PrimaryBackup::heartbeat_to(const Env& env, NodeId to, std::uint64_t number) const {
  return {.reign = reign_,
          .number = number,
          .index = log_.last(),
          .epoch = log_.last_epoch(),
          .watermark = acknowledged_.index,
          .acting = acting(),
          .returning = returning_,
          .sent_at = env.now(),
          .echo = peers_[to.value].heard_sent_at};
}

void PrimaryBackup::on(Env& env, NodeId from, const Heartbeat& beat) {
  Peer& sender = peer(from);
  sender.detector.heard(beat.number, env.now());
  sender.heard_sent_at = std::max(sender.heard_sent_at, beat.sent_at);
  sender.returning = beat.returning;
  if (env.now() < sender.detector.trusted_until()) {
    sender.suspected = false;
    env.trust(from);
  }
  arm_suspicion(env);
  if (beat.acting) {
    sender.acted_at = std::max(sender.acted_at, beat.number);
    hear_primary(env, from, beat);
  } else if (primary_ == from && beat.number > sender.acted_at + 1 && sender.acted_at > 0) {
    lose_primary(env);
  } else if (acting() && beat.reign == reign_) {
    // A backup of ours. It renews our lease, from the moment at which we sent what it echoes; and its place
    // in the log tells what an acknowledgement that was lost would have told.
    if (options_.lease && beat.echo != LocalTime{})
      sender.lease_until = std::max(sender.lease_until, beat.echo + *options_.lease);
    if (matches(beat.index, beat.epoch)) sender.stored = std::max(sender.stored, beat.index);
    answer_waiting(env);
  }
}

// Somebody says that it is primary. Whom to believe: with ordered reigns the later one; without, the higher
// in rank.
void PrimaryBackup::hear_primary(Env& env, NodeId from, const Heartbeat& beat) {
  if (options_.ordered()) {
    if (beat.reign < reign_) {
      if (options_.fencing) env.send(from, Refused{reign_});
      return;
    }
    if (beat.reign > reign_ || primary_ != from) follow(env, from, beat.reign);
  } else {
    const bool believed = !primary_ || from <= *primary_ || (!acting() && peer(*primary_).suspected);
    if (!believed) return;
    if (primary_ != from || reign_ != beat.reign) follow(env, from, beat.reign);
  }
  if (options_.lease) promised_until_ = env.now() + *options_.lease;
  if (behind(beat)) ask_for_rest(env);
  if (matches(beat.index, beat.epoch)) returning_ = false;
  raise_watermark(env, beat.watermark);
  announced_ = beat.index;
}

// Whether the primary has what this replica lacks, or this replica has what the primary never made. Updates
// may be on their way: what counts as lacking is what the primary had one heartbeat ago.
bool PrimaryBackup::behind(const Heartbeat& beat) const {
  if (log_.last() < announced_) return true;
  if (log_.last() > beat.index && log_.last_epoch() != beat.reign) return true;
  return beat.index >= log_.base && beat.index <= log_.last() && !matches(beat.index, beat.epoch);
}

// Sends again what some trusted backup has not acknowledged for an interval.
void PrimaryBackup::retransmit(Env& env) {
  while (!resend_.empty() && resend_.front().at <= env.now()) {
    const std::uint64_t index = resend_.front().index;
    resend_.pop_front();
    if (!acting() || !log_.has(index)) continue;
    bool missing = false;
    for (std::uint16_t i = 0; i < peers_.size(); ++i) {
      if (NodeId{i} == env.self() || peers_[i].suspected || peers_[i].stored >= index) continue;
      env.send(NodeId{i}, update_from(index));
      missing = true;
    }
    if (missing) resend_.push_back({env.now() + *options_.retransmit, index});
  }
  if (!resend_.empty()) env.set_timer(Timer::retransmit, resend_.front().at - env.now());
}

// ---- suspicions

void PrimaryBackup::check_suspicions(Env& env) {
  for (std::uint16_t i = 0; i < peers_.size(); ++i) {
    if (NodeId{i} == env.self() || peers_[i].suspected || env.now() < peers_[i].detector.trusted_until())
      continue;
    peers_[i].suspected = true;
    env.suspect(NodeId{i});
  }
  react_to_suspicions(env);
  arm_suspicion(env);
}

void PrimaryBackup::arm_suspicion(Env& env) {
  std::optional<LocalTime> next;
  for (std::uint16_t i = 0; i < peers_.size(); ++i) {
    if (NodeId{i} == env.self() || peers_[i].suspected) continue;
    const LocalTime until = peers_[i].detector.trusted_until();
    if (!next || until < *next) next = until;
  }
  if (next) env.set_timer(Timer::suspicion, *next - env.now());
}

// Fail-stop: this is knowledge, not suspicion.
void PrimaryBackup::on_failure(Env& env, NodeId failed) {
  peer(failed).gone = true;
  peer(failed).suspected = true;
  env.suspect(failed);
  react_to_suspicions(env);
}

// The primary lives but acts no longer: it has crashed and come back before anybody noticed.
void PrimaryBackup::lose_primary(Env& env) {
  peer(*primary_).acted_at = 0;
  primary_.reset();
  if (!options_.elects()) return succeed(env);
  const auto timeout = static_cast<std::uint64_t>(options_.detector.timeout.count());
  env.set_timer(Timer::election, Duration{static_cast<std::int64_t>(env.rng().below(timeout))});
}

void PrimaryBackup::react_to_suspicions(Env& env) {
  if (acting()) return answer_waiting(env);  // fewer backups to wait for
  if (primary_ && peer(*primary_).suspected) succeed(env);
}

// ---- succession

void PrimaryBackup::succeed(Env& env) {
  if (env.now() < promised_until_) return env.set_timer(Timer::election, promised_until_ - env.now());
  if (options_.elects()) return stand(env);
  const NodeId first = first_in_order(env);
  if (first == env.self()) return take_over(env, next_reign(env));
  primary_ = first;  // it should take over any moment
}

// The first that is not suspected; one that has just come back, and may lack what others have, only if all
// have.
NodeId PrimaryBackup::first_in_order(const Env& env) const {
  std::optional<NodeId> first_returning;
  for (std::uint16_t i = 0; i < peers_.size(); ++i) {
    const bool self = NodeId{i} == env.self();
    if (!self && peers_[i].suspected) continue;
    if (!(self ? returning_ : peers_[i].returning)) return NodeId{i};
    if (!first_returning) first_returning = NodeId{i};
  }
  return *first_returning;
}

// Ordered reigns get numbers that no other replica would choose; others need only a label of their own.
std::uint64_t PrimaryBackup::next_reign(Env& env) {
  if (!options_.fencing) return env.rng().next() | 1;
  return (reign_ / env.cluster() + 1) * env.cluster() + env.self().value;
}

void PrimaryBackup::take_over(Env& env, std::uint64_t reign) {
  follow(env, env.self(), reign);
  returning_ = false;
  role_ = Role::primary;
  env.become(role_);
  for (Peer& p : peers_) p.stored = 0;  // what they hold of the log is to be shown anew
  shipped_ = log_.last();
  if (options_.elects()) {
    opened_at_ = log_.last() + 1;
    const Entry opening{.epoch = reign_, .opening = true};
    keep(env, opening, env.version());
    append(env, opening);
  }
  beat(env);  // the others learn of it at once
}

// From now on `primary` gives the orders. A replica that acted until now steps back: clients that it has not
// answered will ask again elsewhere.
void PrimaryBackup::follow(Env& env, NodeId primary, std::uint64_t reign) {
  primary_ = primary;
  reign_ = reign;
  waiting_.clear();
  resend_.clear();
  early_.clear();
  announced_ = 0;
  env.cancel_timer(Timer::election);
  if (primary != env.self()) cut_back(env);
  if (role_ == Role::backup) return;
  role_ = Role::backup;
  if (primary != env.self()) env.become(role_);
}

// Whether an order that carries `reign` is to be carried out.
bool PrimaryBackup::obeys(Env& env, NodeId from, std::uint64_t reign) {
  if (!options_.ordered()) {
    if (primary_ && *primary_ != from) return false;
    if (!primary_ || reign_ != reign) follow(env, from, reign);
    return true;
  }
  if (reign < reign_) {
    if (options_.fencing) env.send(from, Refused{reign_});
    return false;
  }
  if (reign > reign_ || primary_ != from) follow(env, from, reign);
  return true;
}

void PrimaryBackup::on(Env& env, NodeId, const Refused& refused) {
  if (!options_.ordered() || refused.reign <= reign_) return;
  follow(env, env.self(), refused.reign);
  primary_.reset();  // its heartbeat will tell
  env.become(role_);
  env.set_timer(Timer::election, options_.detector.timeout);
}

// ---- election

void PrimaryBackup::stand(Env& env) {
  primary_.reset();
  role_ = Role::candidate;
  env.become(role_);
  voted_ = std::max({voted_, reign_, stood_for_}) + 1;
  votes_.clear();
  vote_safely(env, env.self());
  const Duration timeout = options_.detector.timeout;
  const auto extra = env.rng().below(static_cast<std::uint64_t>(timeout.count()));
  env.set_timer(Timer::election,
                timeout + Duration{static_cast<std::int64_t>(extra)});  // random: no eternal ties
}

// A vote counts only once it would survive a crash: who votes twice in one epoch may elect two primaries.
void PrimaryBackup::vote_safely(Env& env, NodeId candidate) {
  env.persist(Disk::Voted{voted_});
  env.when_durable({candidate, Vote{voted_}});
}

void PrimaryBackup::on_durable(Env& env, const Deferred& said) {
  if (said.to != env.self())
    return std::visit([&](const auto& message) { env.send(said.to, message); }, said.message);
  const auto* own = std::get_if<Vote>(&said.message);
  if (own == nullptr || role_ != Role::candidate || own->reign != voted_) return;
  env.broadcast(VoteForMe{voted_, log_.last(), log_.last_epoch()});
  count_vote(env, env.self());
}

void PrimaryBackup::on(Env& env, NodeId from, const VoteForMe& candidate) {
  stood_for_ = std::max(stood_for_, candidate.reign);
  if (candidate.reign <= voted_ || candidate.reign <= reign_) return;
  const bool content = acting() || (primary_ && !peer(*primary_).suspected) || env.now() < promised_until_;
  if (content) return;
  if (std::pair{candidate.epoch, candidate.index} < std::pair{log_.last_epoch(), log_.last()}) return;
  if (role_ == Role::candidate) {
    role_ = Role::backup;
    env.become(role_);
  }
  voted_ = candidate.reign;
  vote_safely(env, from);
}

void PrimaryBackup::on(Env& env, NodeId from, const Vote& vote) {
  if (role_ == Role::candidate && vote.reign == voted_) count_vote(env, from);
}

void PrimaryBackup::count_vote(Env& env, NodeId voter) {
  votes_.insert(voter);
  if (votes_.size() >= env.majority()) take_over(env, voted_);
}

namespace {
const Registered<PrimaryBackup> primary_backup_registered{
    "primary_backup",
    "a primary executes requests and ships what changed to the backups, one of which takes over"};
static_assert(Protocol<PrimaryBackup>);
}  // namespace
}  // namespace protocols
