// Viewstamped Replication: options, and the normal case. View change, recovery and state transfer are in
// views.cpp.
#include "protocols/viewstamped_replication/viewstamped_replication.hpp"

#include <algorithm>
#include <utility>

namespace protocols {

using VR = ViewstampedReplication;

void VR::Options::describe(Fields& fields) {
  fields.duration("commit_interval", commit_interval, {.min = 1us},
                  "Interval at which the primary tells backups what is committed, which serves as a "
                  "heartbeat.");
  fields.duration("view_change_timeout", view_change_timeout, {.min = 1us},
                  "Silence of the primary after which a backup starts a view change; one that takes "
                  "longer is abandoned for the next.");
  fields.duration("retransmit", retransmit, {.min = 1us},
                  "Time after which an unanswered message is resent. Must exceed a round trip.");
  fields.choice(
      "recovery", recovery,
      {{"crash_vectors", Recovering::crash_vectors}, {"published", Recovering::published}},
      "Whether replicas count crashes, to ignore late messages from before one, or follow the report of "
      "2012, which can lose committed operations.");
  fields.choice("bug", bug, {{"none", Bug::none}, {"no_nonce", Bug::no_nonce}},
                "no_nonce: a recovering replica accepts answers to an earlier recovery.");
}

std::string VR::Options::complaint(std::size_t) const {
  if (view_change_timeout > commit_interval) return {};
  return "view_change_timeout must be longer than commit_interval, or backups depose every primary";
}

NodeId VR::primary_of(const Env& env, View view) {
  return NodeId{static_cast<std::uint16_t>(view % env.cluster())};
}
bool VR::is_primary(const Env& env) const {
  return status_ == Status::normal && primary_of(env, view_) == env.self();
}
bool VR::is_backup(const Env& env) const {
  return status_ == Status::normal && primary_of(env, view_) != env.self();
}
bool VR::missed(View view) const { return view > view_ || (view == view_ && status_ == Status::view_change); }

// ---- handlers

void VR::on_start(Env& env) {
  crashes_.assign(env.cluster(), 0);
  counted_ = options_.recovery == Options::Recovering::published;
  if (!env.first_life()) {
    env.takes_part(false);
    return recover(env);
  }
  if (!is_primary(env)) return follow(env, 0);
  lead(env);
}

void VR::on_message(Env& env, NodeId from, const Message& message) {
  if (from == env.self()) return;  // nothing here is sent to oneself
  if (status_ == Status::recovering && !std::holds_alternative<RecoveryResponse>(message)) return;
  std::visit([&](const auto& m) { on(env, from, m); }, message);
}

void VR::on_timer(Env& env, Timer timer) {
  switch (timer) {
    case Timer::commit:
      if (!is_primary(env)) return;
      env.broadcast(Commit{view_, commit_});
      return env.set_timer(Timer::commit, options_.commit_interval);
    case Timer::view_change:
      if (is_backup(env)) return change_view(env, view_ + 1);
      if (status_ != Status::view_change) return;
      if (joined_.size() >= env.majority()) return change_view(env, view_ + 1);
      return env.set_timer(Timer::view_change, options_.view_change_timeout);
    case Timer::retransmit:
      if (is_backup(env)) return;
      if (status_ == Status::recovering) env.broadcast(Recovery{nonce_, counted_, crashes_});
      if (status_ == Status::view_change) {
        env.broadcast(StartViewChange{view_});
        const NodeId primary = primary_of(env, view_);
        if (joined_.size() >= env.majority() && primary != env.self()) env.send(primary, vote());
      }
      if (is_primary(env)) prepare_again(env);
      return env.set_timer(Timer::retransmit, options_.retransmit);
  }
}

// ---- the normal case

void VR::on_request(Env& env, const Request& request) {
  if (is_backup(env)) return env.redirect(request.id, primary_of(env, view_));
  if (!is_primary(env)) return;  // the client will ask again
  if (request.ping) return env.reply(request.id, {}, env.self());
  if (sessions_.is_over(request.id) || underway(request.id)) return;
  if (const auto* earlier = sessions_.find(request.id)) return env.reply(request.id, earlier->output);
  log_.push_back(request);
  env.broadcast(Prepare{view_, last(), commit_, request});
  prepared(env, env.self(), last());
}

bool VR::underway(RequestId id) const {
  const auto uncommitted = log_.begin() + static_cast<std::ptrdiff_t>(commit_);
  return std::any_of(uncommitted, log_.end(), [&](const Request& r) { return r.id == id; });
}

void VR::on(Env& env, NodeId from, const Prepare& m) {
  if (missed(m.view)) return ask_for_state(env, from, m.view);
  if (m.view != view_ || from != primary_of(env, view_)) return;
  env.set_timer(Timer::view_change, options_.view_change_timeout);
  if (m.op > last()) early_.insert_or_assign(m.op, m.request);
  while (!early_.empty() && early_.begin()->first == last() + 1) {
    log_.push_back(early_.begin()->second);
    early_.erase(early_.begin());
  }
  if (m.op <= last()) env.send(from, PrepareOk{view_, last()});  // otherwise there is a gap before it
  execute(env, m.commit);
}

void VR::on(Env& env, NodeId from, const PrepareOk& m) {
  if (!is_primary(env) || m.view != view_) return;
  prepared(env, from, std::min(m.op, last()));
}

void VR::on(Env& env, NodeId from, const Commit& m) {
  if (missed(m.view)) return ask_for_state(env, from, m.view);
  if (m.view != view_ || from != primary_of(env, view_)) return;
  env.set_timer(Timer::view_change, options_.view_change_timeout);
  if (m.commit > last()) ask_for_state(env, from, view_);
  execute(env, m.commit);
}

// As primary: `by` holds the log up to there. An operation is committed once a majority holds it.
void VR::prepared(Env& env, NodeId by, std::uint64_t up_to) {
  std::uint64_t committed = commit_;
  for (std::uint64_t op = commit_ + 1; op <= up_to; ++op) {
    NodeSet& holders = holders_[op];
    holders.insert(by);
    if (holders.size() >= env.majority()) committed = op;
  }
  execute(env, committed);
}

void VR::execute(Env& env, std::uint64_t up_to) {
  while (commit_ < std::min(up_to, last())) {
    const Request request = log_[commit_++];
    env.decide(commit_, fingerprint(request), view_ + 1);
    holders_.erase(commit_);
    if (sessions_.is_over(request.id) || sessions_.find(request.id) != nullptr) continue;
    Value output = env.apply(request).output;
    sessions_.add(request, commit_, output);
    if (is_primary(env)) env.reply(request.id, std::move(output));
  }
}

// Sends again operations prepared at least an interval ago, to those that have not confirmed them.
void VR::prepare_again(Env& env) {
  for (std::uint64_t op = commit_ + 1; op <= std::min(sent_long_ago_, last()); ++op) {
    for (std::uint16_t i = 0; i < env.cluster(); ++i) {
      if (holders_[op].contains(NodeId{i})) continue;
      env.send(NodeId{i}, Prepare{view_, op, commit_, log_[op - 1]});
    }
  }
  sent_long_ago_ = last();
}

// Each view whose primary is down costs a timeout, and there may be as many as replicas. A view change takes
// three messages, which `retransmit` repeats while they are lost. Replicas that entered different views come
// to share one within a message's way.
std::optional<ServicePromise> VR::promise(const Options& o, const Calm& calm) {
  const bool quick =
      4 * calm.delay + 2 * o.retransmit <= o.view_change_timeout && 2 * calm.delay <= o.retransmit;
  const bool heard = calm.loss <= 0.1 && 3 * o.commit_interval + calm.delay <= o.view_change_timeout;
  if (!quick || !heard || 8 * calm.delay > calm.client_timeout) return std::nullopt;
  const auto members = static_cast<std::int64_t>(calm.members);
  return ServicePromise{
      .within = (members + 10) * o.view_change_timeout + 20 * o.retransmit + 10 * calm.round(),
      .running = calm.members / 2 + 1,
      .memory = ServicePromise::Memory::in_others};
}

static_assert(Protocol<ViewstampedReplication>);
const Registered<ViewstampedReplication> viewstamped_replication_registered{
    "viewstamped_replication",
    "a primary orders requests, a majority stores them, view changes replace "
    "the primary; recovers without a disk"};

}  // namespace protocols
