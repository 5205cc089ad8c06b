// The handlers of primary-backup; the header explains the protocol.
#include "protocols/primary_backup/primary_backup.hpp"

#include <algorithm>

namespace protocols {

void PrimaryBackup::Options::describe(Fields& f) {
  f.choice("acknowledge", acknowledge,
           {{"before_backups", Acknowledge::before_backups},
            {"after_one", Acknowledge::after_one},
            {"after_backups", Acknowledge::after_backups}},
           "When the primary answers a write: immediately, after one backup has stored it, or after all "
           "trusted backups have.");
  f.choice("ship", ship, {{"state", Ship::state}, {"command", Ship::command}},
           "What the primary sends to backups: the changed state, or the command, which they execute.");
  f.flag("fencing", fencing,
         "Whether replicas refuse the updates of an older reign (term), and the refused primary steps "
         "down. With elections they always do.");
  f.choice("succession", succession,
           {{"fixed_order", Succession::fixed_order}, {"election", Succession::election}},
           "Who takes over: the first unsuspected replica in a fixed order, or one elected by a majority.");
  f.choice("catch_up", catch_up, {{"log", CatchUp::log}, {"state", CatchUp::state}},
           "What a replica gets that missed updates: the missing log entries, or the entire state.");
  f.choice(
      "truncate", truncate, {{"epoch", Truncate::epoch}, {"high_watermark", Truncate::high_watermark}},
      "How a replica aligns its log with a new primary's: by the reigns of the entries, or by truncating "
      "what it doesn't know to be acknowledged.");
  f.switchable("lease", lease, {.min = 1us},
               "How long the primary may answer reads alone after a heartbeat; false: always, without a "
               "lease.");
  f.switchable("batch", batch, {.min = 1us},
               "Interval at which updates are sent in batches; false: each "
               "immediately.");
  f.switchable(
      "retransmit", retransmit, {.min = 1us},
      "Time after which an unacknowledged update is resent; false: never; backups request missing updates "
      "at the next heartbeat.");
  f.flag("write_behind", write_behind,
         "Whether an entry counts as stored before it is on disk. Faster, but an entry is lost if all "
         "replicas that hold it crash.");
  f.group("detector", detector, "How replicas detect that another has failed.");
  f.choice("bug", bug,
           {{"none", Bug::none},
            {"reply_before_update", Bug::reply_before_update},
            {"vote_is_no_promise", Bug::vote_is_no_promise},
            {"late_state", Bug::late_state},
            {"read_logged_again", Bug::read_logged_again},
            {"resumes_as_primary", Bug::resumes_as_primary}},
           "A planted bug: the client is answered before the update is sent (with the next heartbeat); a "
           "replica that has voted still obeys an older primary; a late state transfer overwrites what "
           "was stored since; a read without a lease is logged again each time its client retries; replica 0 "
           "acts as primary as soon as it has restarted, with whatever its disk holds.");
}

std::string PrimaryBackup::Options::complaint(std::size_t replicas) const {
  if (elects() && replicas == 2)
    return "an election needs a majority, which two replicas lose with either of them";
  if (by_watermark() && (elects() || catch_up == CatchUp::state))
    return "truncate high_watermark needs the succession fixed_order and catch_up log";
  return {};
}

ClientPolicy PrimaryBackup::client_policy(const Options&, std::size_t) { return {}; }

void PrimaryBackup::Disk::replay(const Write& write) {
  if (const auto* entered = std::get_if<Reign>(&write)) {
    reign = entered->reign;
  } else if (const auto* whole = std::get_if<Everything>(&write)) {
    everything = *whole;
  } else if (const auto* watermark = std::get_if<Watermark>(&write)) {
    acknowledged = watermark->acknowledged;
  } else {
    everything.add(std::get<Stored>(write));
  }
}

void Everything::add(const Step& step) {
  const auto& [entry, reached] = step;
  snapshot.state.store(entry.change);
  snapshot.version = reached;
  epoch = entry.epoch;
  ++index;
  if (!entry.opening) sessions.add(entry.request, index, entry.output);
}

PrimaryBackup::PrimaryBackup(const Options& options, const Disk& disk) : options_(options), disk_(disk) {}

void PrimaryBackup::on_start(Env& env) {
  if (options_.by_watermark()) disk_.everything = acknowledged_ = disk_.acknowledged;
  if (acknowledged_.index == 0) acknowledged_.snapshot = env.empty_snapshot();
  peers_.assign(env.cluster(), Peer{.detector = FailureDetector(options_.detector, env.now())});
  if (disk_.everything.index > 0) env.install(disk_.everything.snapshot);
  log_ = {.base = disk_.everything.index, .base_epoch = disk_.everything.epoch};
  safe_ = {log_.base, log_.base_epoch};
  sessions_ = std::move(disk_.everything.sessions);
  reign_ = std::max(log_.base_epoch, disk_.reign);
  disk_ = {};
  role_ = Role::backup;
  if (env.first_life()) {
    primary_ = NodeId{0};  // the first reign needs no succession
    peer(*primary_).acted_at = 1;
    if (env.self() == *primary_) role_ = Role::primary;
  } else {
    returning_ = true;
    if (options_.lease) promised_until_ = env.now() + *options_.lease;  // it may have promised just before
    env.set_timer(Timer::election, options_.detector.timeout + 2 * options_.detector.heartbeat);
  }
  const bool resumes = returning_ && options_.has(Options::Bug::resumes_as_primary);
  if (resumes && env.self() == NodeId{0}) {
    take_over(env, next_reign(env));
  } else {
    env.become(role_);
    beat(env);
  }
  check_suspicions(env);
  if (options_.batch) env.set_timer(Timer::batch, *options_.batch);
}

void PrimaryBackup::on_message(Env& env, NodeId from, const Message& message) {
  std::visit([&](const auto& m) { on(env, from, m); }, message);
}

void PrimaryBackup::on_timer(Env& env, Timer timer) {
  switch (timer) {
    case Timer::heartbeat: return beat(env);
    case Timer::suspicion: return check_suspicions(env);
    case Timer::retransmit: return retransmit(env);
    case Timer::batch:
      env.set_timer(Timer::batch, *options_.batch);
      if (acting() && shipped_ < log_.last()) ship(env, shipped_ + 1);
      return;
    case Timer::election:
      if (!acting() && (!primary_ || peer(*primary_).suspected)) succeed(env);
      return;
  }
}

// ---- normal case

void PrimaryBackup::on_request(Env& env, const Request& request) {
  if (!acting()) {
    if (primary_ && *primary_ != env.self()) env.redirect(request.id, *primary_);
    return;
  }
  if (request.ping) return env.reply(request.id, {});
  if (is_read(request.command)) {
    if (options_.lease && !lease_holds(env)) return read_the_long_way(env, request);
    // The read may have seen writes that could still be lost: it is answered once they are safe.
    waiting_.push_back({log_.last(), request.id, env.apply(request).output});
    return answer_waiting(env);
  }
  if (sessions_.is_over(request.id)) return;
  if (const auto* earlier = sessions_.find(request.id)) {
    const auto place = std::ranges::upper_bound(waiting_, earlier->index, {}, &Waiting::index);
    waiting_.insert(place, {earlier->index, request.id, earlier->output});
    return answer_waiting(env);
  }
  execute(env, request);
}

// Backups must confirm it. A client that asks again before they have gets no second entry: slow disks would
// fall behind the clients' impatience, and never catch up.
void PrimaryBackup::read_the_long_way(Env& env, const Request& request) {
  const bool waits = std::ranges::find(waiting_, request.id, &Waiting::request) != waiting_.end();
  if (request.again && waits && !options_.has(Options::Bug::read_logged_again)) return;
  execute(env, request);
}

void PrimaryBackup::execute(Env& env, const Request& request) {
  const Applied applied = env.apply(request);
  Entry entry{.epoch = reign_, .request = request, .change = applied.change, .output = applied.output};
  waiting_.push_back({log_.last() + 1, request.id, applied.output});
  sessions_.add(request, log_.last() + 1, applied.output);
  keep(env, entry, applied.version);
  append(env, std::move(entry));
  answer_waiting(env);
}

void PrimaryBackup::append(Env& env, Entry entry) {
  log_.entries.push_back(std::move(entry));
  if (options_.retransmit) {
    if (resend_.empty()) env.set_timer(Timer::retransmit, *options_.retransmit);
    resend_.push_back({env.now() + *options_.retransmit, log_.last()});
  }
  if (!options_.batch && !options_.has(Options::Bug::reply_before_update)) ship(env, log_.last());
  call_safe(env, {});
}

void PrimaryBackup::ship(Env& env, std::uint64_t first) {
  Update update = update_from(first);
  for (std::uint64_t i = first + 1; i <= log_.last(); ++i) update.more.push_back(log_[i]);
  shipped_ = log_.last();
  env.broadcast(std::move(update));
}

PrimaryBackup::Update PrimaryBackup::update_from(std::uint64_t index) const {
  return {.reign = reign_,
          .after = index - 1,
          .after_epoch = log_.epoch_at(index - 1),
          .watermark = acknowledged_.index,
          .entry = log_[index],
          .more = {}};
}

void PrimaryBackup::on(Env& env, NodeId from, const Update& update) {
  if (!obeys(env, from, update.reign)) return;
  std::uint64_t index = update.after;
  if (index > log_.last()) {  // it overtook another; if that one is lost, the next heartbeats will tell
    early_.insert_or_assign(++index, update.entry);
    for (const Entry& entry : update.more) early_.insert_or_assign(++index, entry);
    return;
  }
  if (!agrees(index, update.after_epoch)) return ask_for_rest(env);
  const auto take = [&](const Entry& entry) {
    if (++index > log_.last()) store(env, entry);
    return agrees(index, entry.epoch);
  };
  if (!take(update.entry) || !std::ranges::all_of(update.more, take)) return ask_for_rest(env);
  if (index >= log_.base) agreed_ = std::max(agreed_, index);
  stored_up_to_here(env);
  raise_watermark(env, update.watermark);
}

// Whether the log's entry `index` can be the one that was made in reign `epoch`. If the log began as a state,
// only the state's last entry has a name.
bool PrimaryBackup::agrees(std::uint64_t index, std::uint64_t epoch) const {
  return index < log_.base || matches(index, epoch);
}

void PrimaryBackup::store(Env& env, const Entry& entry) {
  Applied applied{.output = entry.output, .change = entry.change, .version = env.version()};
  if (!entry.opening && !is_read(entry.request.command)) {
    if (options_.ship == Options::Ship::command) {
      applied = env.apply(entry.request);
    } else {
      applied.version = env.store(entry.request.id, entry.change);
    }
    sessions_.add(entry.request, log_.last() + 1, applied.output);
  }
  Entry kept = entry;
  kept.change = applied.change;
  keep(env, kept, applied.version);
  log_.entries.push_back(std::move(kept));
}

// Takes entries that had come early, and tells the primary, if it cares. Entries beyond `agreed_` are of an
// older reign: nothing builds on them, and nobody is told of them.
void PrimaryBackup::stored_up_to_here(Env& env) {
  early_.erase(early_.begin(), early_.upper_bound(log_.last()));
  while (agreed_ == log_.last() && !early_.empty() && early_.begin()->first == agreed_ + 1) {
    store(env, early_.begin()->second);
    early_.erase(early_.begin());
    ++agreed_;
  }
  const bool asked = options_.acknowledge != Options::Acknowledge::before_backups || options_.retransmit;
  call_safe(env, asked ? primary_ : std::nullopt);
}

// Once the log is on disk as it is now, it counts, and the primary is told.
void PrimaryBackup::call_safe(Env& env, std::optional<NodeId> tell) {
  const Safe safe{{log_.last(), log_.last_epoch()}, {reign_, agreed_}, tell};
  options_.write_behind ? is_safe(env, safe) : env.when_durable(safe);
}

void PrimaryBackup::is_safe(Env& env, const Safe& safe) {
  safe_ = safe.end;
  if (safe.tell) env.send(*safe.tell, safe.stored);
  if (acting()) answer_waiting(env);
}

void PrimaryBackup::on_durable(Env& env, const Deferred& said) {
  if (const auto* safe = std::get_if<Safe>(&said)) return is_safe(env, *safe);
  voted(env, std::get<Addressed<Vote>>(said));
}

void PrimaryBackup::on(Env& env, NodeId from, const Stored& stored) {
  if (!acting() || stored.reign != reign_) return;
  peer(from).stored = std::max(peer(from).stored, std::min(stored.index, log_.last()));
  answer_waiting(env);
}

// The last entry that is stored as widely as `acknowledge` and the succession demand.
std::uint64_t PrimaryBackup::acknowledged(const Env& env) const {
  using enum Options::Acknowledge;
  if (options_.acknowledge == before_backups || options_.has(Options::Bug::reply_before_update))
    return log_.last();
  const std::uint64_t own = matches(safe_.index, safe_.epoch) ? safe_.index : 0;
  std::vector<std::uint64_t> trusted, all{own};
  for (std::uint16_t i = 0; i < peers_.size(); ++i) {
    if (NodeId{i} == env.self()) continue;
    all.push_back(peers_[i].stored);
    if (!peers_[i].suspected) trusted.push_back(peers_[i].stored);
  }
  std::uint64_t result = own;
  if (!trusted.empty()) {
    result = options_.acknowledge == after_one ? std::ranges::max(trusted) : std::ranges::min(trusted);
  }
  if (!options_.elects()) return std::min(result, own);
  // An election asks a majority, so every later primary knows an entry that a majority holds. This is true
  // only from the reign's own first entry on: an older one could still be replaced (Ongaro and Ousterhout
  // 2014, figure 8).
  const auto majority = all.begin() + static_cast<std::ptrdiff_t>(env.majority()) - 1;
  std::ranges::nth_element(all, majority, std::greater{});
  result = std::min(result, *majority);
  return result < opened_at_ ? 0 : result;
}

void PrimaryBackup::answer_waiting(Env& env) {
  if (waiting_.empty() && !options_.by_watermark()) return;
  const std::uint64_t up_to = acknowledged(env);
  raise_watermark(env, up_to);
  while (!waiting_.empty() && waiting_.front().index <= up_to) {
    env.reply(waiting_.front().request, std::move(waiting_.front().output));
    waiting_.pop_front();
  }
}

bool PrimaryBackup::lease_holds(const Env& env) const {
  std::size_t granted = 1;
  std::size_t trusted = 1;
  for (std::uint16_t i = 0; i < peers_.size(); ++i) {
    if (NodeId{i} == env.self()) continue;
    granted += peers_[i].lease_until > env.now() ? 1 : 0;
    trusted += peers_[i].suspected ? 0 : 1;
  }
  return granted >= (options_.elects() ? env.majority() : std::max<std::size_t>(trusted, 2));
}

// ---- catching up

void PrimaryBackup::ask_for_rest(Env& env) {
  if (env.now() < ask_again_at_) return;
  ask_again_at_ = env.now() + options_.detector.heartbeat;
  env.send(*primary_, Behind{reign_, log_.last(), log_.last_epoch()});
}

void PrimaryBackup::on(Env& env, NodeId from, const Behind& behind) {
  if (!acting()) return;
  const bool prefix = matches(behind.index, behind.epoch);
  peer(from).stored = prefix ? std::min(peer(from).stored, behind.index) : 0;
  if (prefix && behind.index == log_.last()) return;
  if (!prefix || options_.catch_up == Options::CatchUp::state) {
    return env.send(from, State{reign_, {env.snapshot(), sessions_, log_.last(), log_.last_epoch()}});
  }
  Update rest = update_from(behind.index + 1);
  for (std::uint64_t i = behind.index + 2; i <= log_.last(); ++i) rest.more.push_back(log_[i]);
  env.send(from, std::move(rest));
}

void PrimaryBackup::on(Env& env, NodeId from, const State& state) {
  if (!obeys(env, from, state.reign)) return;
  const Everything& whole = state.everything;
  constexpr std::uint64_t kNoLogIsSoLong = std::uint64_t{1} << 48;
  if (whole.index > kNoLogIsSoLong) return;  // a lie
  const bool outdated = whole.index < agreed_ && !options_.has(Options::Bug::late_state);
  const bool same = whole.index == log_.last() && matches(whole.index, whole.epoch);
  if (!outdated) {
    if (!same) {
      adopt(env, whole);
      acknowledged_ = whole;
      uncertain_.clear();
    }
    agreed_ = whole.index;
  }
  stored_up_to_here(env);
}

void PrimaryBackup::adopt(Env& env, const Everything& whole) {
  env.install(whole.snapshot);
  sessions_ = whole.sessions;
  log_ = {.base = whole.index, .base_epoch = whole.epoch};
  env.persist(whole);
}

}  // namespace protocols
