// Primary-backup's succession: which replica is primary next, and whose orders count.
//
// With a fixed order nobody is asked: each replica follows the first one that it does not suspect. That is
// right as long as suspicions are. The rest is about the election, which is right whatever the network does.
//
// One number, `reign_`, orders everything: the latest reign in which this replica voted, stood or obeyed. It
// is on disk before anybody hears of it, and it only grows.
//
//   A vote        is a promise. A replica that votes in reign r votes for nobody else in r, and from then on
//                 obeys no primary of an earlier reign: it refuses the order, names r, and the primary steps
//                 down. It remembers its vote through a crash.
//   Stored(r, i)  says: in reign r my log agrees with its primary's up to entry i, on disk. A replica says it
//                 only of entries that it has compared (`agreed_`): those beyond come from an earlier reign,
//                 and may differ from the primary's at the same place.
//
// What a majority knows. An entry of reign r is acknowledged when a majority stores it. Each of them stored
// it before it voted in any later reign, for afterwards it would have refused. So any majority that elects a
// later primary has a member that holds the entry, and it votes for nobody whose log ends earlier (by epoch,
// then by index) than its own. So the winner's log ends in an epoch of at least r. If it ends in r, it is a
// longer piece of the same primary's log; if later, a piece of a log that had the entry by this very
// argument. An entry of an earlier reign gives no such certainty, even on a majority, as a log that ends in
// between may still win. So a primary begins its reign with an entry of its own, and counts nothing as
// acknowledged before that one is (Ongaro and Ousterhout 2014, figure 8).
//
// What a state may replace. Index and reign name an entry, and two logs that share a name are equal up to
// there. A backup whose log diverges from its primary's can't take back what its service has executed. It
// gets the entire state, which cuts off or replaces whatever was not agreed. The state must not replace what
// was agreed: the primary counts on that. In one reign the primary's log only grows, so a state that reaches
// less far than `agreed_` was overtaken on its way, and is ignored. A restarted replica finds `agreed_`
// again: either its log ends in an entry of this reign, which only the primary can have made, or it stored
// nothing of this reign, and any state from the primary holds all that was agreed.
//
// A lease. A backup that hears its primary promises to elect nobody for a while, by its own clock, and echoes
// when the heartbeat was sent; the primary counts from then, by its own clock. The promise is not on disk: a
// restarted replica keeps still for as long as any promise could last.
//
// A replica that suspects its primary first asks who would vote for it, which binds nobody (a trial), and
// stands only when a majority would. Otherwise one replica that misses some heartbeats would enter a reign of
// its own, and depose a primary with which all others are content.
//
// Where heartbeats arrive everywhere at once, all replicas suspect at once. Two with equal logs would then
// stand against each other and certainly split the vote. So a replica in its first trial does not vote for
// one that comes later in the list, but asks it for its vote, as that one suspects by now. From its second
// trial on it gives way, as it may itself be the one that reaches no majority.
#include <algorithm>

#include "protocols/primary_backup/primary_backup.hpp"

namespace protocols {
namespace {

// `acted_at` of an elected primary that has sent its first heartbeat, as far as is known: numbers begin with
// 0 when the run does, and nobody is elected so soon.
constexpr std::uint64_t kActedInFirstBeat = 2;

}  // namespace

void PrimaryBackup::succeed(Env& env) {
  if (env.now() < promised_until_) return env.set_timer(Timer::election, promised_until_ - env.now());
  if (options_.elects()) return try_to_stand(env);
  const NodeId first = first_in_order(env);
  if (first == env.self()) return take_over(env, next_reign(env));
  primary_ = first;  // it should take over any moment
}

// The first that is not suspected. One that has just come back may lack entries, and counts only if all have
// just come back.
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

// Ordered reigns get numbers that no other replica would choose; otherwise a label of one's own is enough.
std::uint64_t PrimaryBackup::next_reign(Env& env) {
  if (!options_.fencing) return env.rng().next() | 1;
  return (reign_ / env.cluster() + 1) * env.cluster() + env.self().value;
}

void PrimaryBackup::take_over(Env& env, std::uint64_t reign) {
  follow(env, env.self(), reign);
  returning_ = false;
  role_ = Role::primary;
  env.become(role_);
  for (Peer& p : peers_) {
    p.stored = 0;        // each must show anew what it holds of the log,
    p.lease_until = {};  // and its promise was to an earlier reign
  }
  shipped_ = log_.last();
  if (options_.elects()) {
    opened_at_ = log_.last() + 1;
    const Entry opening{.epoch = reign_, .opening = true};
    keep(env, opening, env.version());
    append(env, opening);
  }
  beat(env);  // the others learn of it at once
}

// ---- whose orders count

void PrimaryBackup::enter(Env& env, std::uint64_t reign) {
  if (reign == reign_) return;
  reign_ = reign;
  agreed_ = 0;
  if (options_.ordered()) env.persist(Disk::Reign{reign});
}

// From now on `primary` gives the orders, or nobody whom this replica knows. A replica that acted until now
// steps back: clients that it has not answered will ask again elsewhere.
void PrimaryBackup::follow(Env& env, std::optional<NodeId> primary, std::uint64_t reign) {
  enter(env, reign);
  primary_ = primary;
  waiting_.clear();
  resend_.clear();
  early_.clear();
  announced_ = 0;
  promised_for_ = {};
  const bool others = primary && *primary != env.self();
  if (others) cut_back(env);
  if (log_.last_epoch() == reign) agreed_ = log_.last();
  // An order may be the last word of a primary that then stops acting: its next heartbeats will tell.
  if (others && options_.elects())
    peer(*primary).acted_at =
        std::max({peer(*primary).acted_at, peer(*primary).heard + 1, kActedInFirstBeat});
  const bool doubtful = others && options_.elects() && peer(*primary).suspected;
  doubtful ? arm_election(env) : env.cancel_timer(Timer::election);
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
    env.send(from, Refused{reign_});
    return false;
  }
  if (reign > reign_ || primary_ != from) follow(env, from, reign);
  return true;
}

void PrimaryBackup::on(Env& env, NodeId, const Refused& refused) {
  if (!options_.ordered() || refused.reign <= reign_) return;
  follow(env, {}, refused.reign);  // the heartbeat of that reign's leader will tell
  if (options_.elects()) return arm_election(env);
  env.set_timer(Timer::election, options_.detector.timeout);
}

// ---- election

// Random: no eternal ties.
void PrimaryBackup::arm_election(Env& env) {
  const Duration timeout = options_.detector.timeout;
  const auto extra = env.rng().below(static_cast<std::uint64_t>(timeout.count()));
  env.set_timer(Timer::election, timeout + Duration{static_cast<std::int64_t>(extra)});
}

PrimaryBackup::VoteForMe PrimaryBackup::trial() const {
  return {reign_ + 1, log_.last(), log_.last_epoch(), true};
}

void PrimaryBackup::try_to_stand(Env& env) {
  primary_.reset();
  gives_way_ = role_ == Role::candidate;  // it has tried before
  role_ = Role::candidate;
  env.become(role_);
  trial_ = true;
  votes_.clear();
  arm_election(env);
  env.broadcast(trial());
  count_vote(env, env.self());
}

// A candidate votes for itself first: if it forgot that in a crash, it could vote for another in the same
// reign. It does not run out of patience while its disk writes.
void PrimaryBackup::stand(Env& env) {
  enter(env, reign_ + 1);
  trial_ = false;
  votes_.clear();
  env.cancel_timer(Timer::election);
  env.when_durable(Addressed<Vote>{env.self(), {reign_, false}});
}

void PrimaryBackup::ask_for_votes(Env& env) {
  arm_election(env);
  env.broadcast(VoteForMe{reign_, log_.last(), log_.last_epoch(), false});
  count_vote(env, env.self());
}

// A vote is on disk.
void PrimaryBackup::voted(Env& env, const Addressed<Vote>& vote) {
  const std::uint64_t reign = vote.message.reign;
  if (vote.to != env.self()) {
    env.send(vote.to, vote.message);
    if (reign == reign_ && !primary_) arm_election(env);  // that's how long the candidate has
  } else if (role_ == Role::candidate && !trial_ && reign == reign_) {
    ask_for_votes(env);
  }
}

// Whether there is no need for another primary.
bool PrimaryBackup::content(const Env& env) {
  return acting() || (primary_ && !peer(*primary_).suspected) || env.now() < promised_until_;
}

void PrimaryBackup::on(Env& env, NodeId from, const VoteForMe& candidate) {
  if (candidate.reign <= reign_) return env.send(from, Refused{reign_});
  if (content(env)) return;
  const std::pair theirs{candidate.epoch, candidate.index};
  const std::pair ours{log_.last_epoch(), log_.last()};
  if (theirs < ours) return;
  if (candidate.trial) {
    const bool goes_first = role_ == Role::candidate && trial_ && !gives_way_ && env.self() < from;
    if (goes_first && theirs == ours) return env.send(from, trial());
    return env.send(from, Vote{candidate.reign, true});
  }
  if (!options_.has(Options::Bug::vote_is_no_promise)) follow(env, {}, candidate.reign);
  env.when_durable(Addressed<Vote>{from, {candidate.reign, false}});
}

void PrimaryBackup::on(Env& env, NodeId from, const Vote& vote) {
  if (role_ != Role::candidate || vote.trial != trial_ || vote.reign != reign_ + (trial_ ? 1 : 0)) return;
  count_vote(env, from);
}

void PrimaryBackup::count_vote(Env& env, NodeId voter) {
  votes_.insert(voter);
  if (votes_.size() < env.majority()) return;
  trial_ ? stand(env) : take_over(env, reign_);
}

// Replicas wait for a fixed timeout. An election takes up to two of them, and at most half of the elections
// fail where votes arrive well within one. In a fixed order the first running replica leads once the others
// suspect all before it.
std::optional<ServicePromise> PrimaryBackup::promise(const Options& o, const Calm& calm) {
  const DetectorOptions& d = o.detector;
  const bool quick = 8 * calm.delay <= d.timeout && 8 * calm.delay <= calm.client_timeout;
  const bool heard = calm.loss <= 0.2 && 2 * (d.heartbeat + calm.delay) <= d.timeout;
  if (d.kind != DetectorOptions::Kind::timeout || !quick || !heard) return std::nullopt;
  if (!o.elects() && !o.fencing) return std::nullopt;  // an uninformed primary would lead beside the others
  const Duration held_back = o.lease.value_or(0s) + o.batch.value_or(0s);
  return ServicePromise{.within = 80 * d.timeout + 10 * (calm.round() + held_back),
                        .running = o.elects() ? calm.members / 2 + 1 : 1};
}

namespace {
const Registered<PrimaryBackup> primary_backup_registered{
    "primary_backup",
    "a primary executes requests and ships the changes to backups, one of which takes over when it fails"};
static_assert(Protocol<PrimaryBackup>);
}  // namespace
}  // namespace protocols
