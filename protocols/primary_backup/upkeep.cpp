// Primary-backup's upkeep: heartbeats, what they tell of a log, and suspicions.
#include <algorithm>

#include "protocols/primary_backup/primary_backup.hpp"

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
  const Position end = acting() ? Position{log_.last(), log_.last_epoch()} : safe_;
  return {.reign = reign_,
          .number = number,
          .index = end.index,
          .epoch = end.epoch,
          .watermark = acknowledged_.index,
          .acting = acting(),
          .returning = returning_,
          .sent_at = env.now(),
          .echo = primary_ == to ? promised_for_ : LocalTime{}};
}

void PrimaryBackup::on(Env& env, NodeId from, const Heartbeat& beat) {
  Peer& sender = peer(from);
  sender.detector.heard(beat.number, env.now());
  sender.heard = std::max(sender.heard, beat.number);
  sender.returning = beat.returning;
  if (env.now() < sender.detector.trusted_until()) {
    sender.suspected = false;
    env.trust(from);
  }
  arm_suspicion(env);
  if (beat.acting) {
    sender.acted_at = std::max(sender.acted_at, beat.number + 1);
    hear_primary(env, from, beat);
  } else if (primary_ == from && beat.number > sender.acted_at && sender.acted_at > 0) {
    lose_primary(env);
  } else if (acting() && beat.reign == reign_) {
    // A backup of ours. It renews our lease, from the moment at which we sent the heartbeat that it echoes.
    // Its place in the log stands in for an acknowledgement that was lost.
    if (options_.lease && beat.echo != LocalTime{})
      sender.lease_until = std::max(sender.lease_until, beat.echo + *options_.lease);
    if (matches(beat.index, beat.epoch)) sender.stored = std::max(sender.stored, beat.index);
    answer_waiting(env);
  }
}

// Another replica says that it is primary. With ordered reigns the later one is believed; without, the higher
// in rank.
void PrimaryBackup::hear_primary(Env& env, NodeId from, const Heartbeat& beat) {
  if (options_.ordered()) {
    if (beat.reign < reign_) return env.send(from, Refused{reign_});
    if (beat.reign > reign_ || primary_ != from) follow(env, from, beat.reign);
  } else {
    const bool believed = !primary_ || from <= *primary_ || (!acting() && peer(*primary_).suspected);
    if (!believed) return;
    if (primary_ != from || reign_ != beat.reign) follow(env, from, beat.reign);
  }
  if (options_.lease) {
    promised_until_ = env.now() + *options_.lease;
    promised_for_ = std::max(promised_for_, beat.sent_at);
  }
  if (behind(beat)) ask_for_rest(env);
  if (matches(beat.index, beat.epoch)) {
    returning_ = false;
    agreed_ = std::max(agreed_, beat.index);
  }
  raise_watermark(env, beat.watermark);
  announced_ = beat.index;
}

// Whether the primary has entries that this replica lacks, or this replica has some that the primary never
// made. Updates may be on their way, so only entries that the primary had one heartbeat ago count as lacking.
bool PrimaryBackup::behind(const Heartbeat& beat) const {
  if (log_.last() < announced_) return true;
  if (log_.last() > beat.index && log_.last_epoch() != beat.reign) return true;
  return beat.index >= log_.base && beat.index <= log_.last() && !matches(beat.index, beat.epoch);
}

// Sends again entries that some trusted backup has not acknowledged for an interval.
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

}  // namespace protocols
