// The exceptional half of Viewstamped Replication: view change, recovery, state transfer.
#include <algorithm>
#include <utility>

#include "protocols/viewstamped_replication.hpp"

namespace protocols {

using VR = ViewstampedReplication;

// ---- view change (section 4.2)

void VR::change_view(Env& env, View view) {
  status_ = Status::view_change;
  view_ = view;
  joined_.clear();
  voters_.clear();
  best_ = {};
  best_commit_ = 0;
  early_.clear();
  env.become(Role::candidate, view_ + 1);
  env.set_timer(Timer::view_change, options_.view_change_timeout);
  env.set_timer(Timer::retransmit, options_.retransmit);
  env.broadcast(StartViewChange{view_});
  joined(env, env.self());
}

// `node` is known to have entered this view. From a majority on, no earlier view can commit anything more.
void VR::joined(Env& env, NodeId node) {
  if (!joined_.insert(node) || joined_.size() != env.majority()) return;
  const NodeId primary = primary_of(env, view_);
  if (primary == env.self()) {
    count(env, primary, vote());
  } else {
    env.send(primary, vote());
  }
}

VR::DoViewChange VR::vote() const {
  return {.view = view_, .last_normal = last_normal_, .commit = commit_, .log = log_};
}

void VR::on(Env& env, NodeId from, const StartViewChange& m) {
  if (m.view > view_) change_view(env, m.view);
  if (m.view != view_) return;
  if (status_ == Status::view_change) return joined(env, from);
  if (is_primary(env)) env.send(from, StartView{view_, commit_, log_});  // it has missed that
}

void VR::on(Env& env, NodeId from, const DoViewChange& m) {
  if (primary_of(env, m.view) != env.self()) return;
  if (m.view > view_) change_view(env, m.view);
  if (m.view != view_) return;
  if (status_ == Status::view_change) return count(env, from, m);
  env.send(from, StartView{view_, commit_, log_});
}

// As the primary of the coming view.
void VR::count(Env& env, NodeId from, const DoViewChange& m) {
  if (m.log.size() < m.commit || !voters_.insert(from)) return;
  best_commit_ = std::max(best_commit_, m.commit);
  const auto rank = [](const DoViewChange& v) { return std::pair{v.last_normal, v.log.size()}; };
  if (voters_.size() == 1 || rank(m) > rank(best_)) best_ = m;
  // Its own vote is among them: it comes once a majority has entered the view.
  if (voters_.size() < env.majority() || !voters_.contains(env.self())) return;
  if (best_.log.size() < commit_) return;  // only a lie can be that short
  log_ = std::move(best_.log);
  lead(env);
  env.broadcast(StartView{view_, std::max(commit_, best_commit_), log_});
  execute(env, best_commit_);
}

void VR::lead(Env& env) {
  status_ = Status::normal;
  last_normal_ = view_;
  holders_.clear();
  sent_long_ago_ = 0;
  std::vector<std::uint64_t> values;
  for (const Request& request : log_) values.push_back(fingerprint(request));
  env.become(Role::primary, view_ + 1);
  env.lead(view_ + 1, LogView{.after = 0, .values = values});
  env.cancel_timer(Timer::view_change);
  env.set_timer(Timer::commit, options_.commit_interval);
  env.set_timer(Timer::retransmit, options_.retransmit);
  prepared(env, env.self(), last());
}

void VR::on(Env& env, NodeId from, const StartView& m) {
  if (!missed(m.view) || from != primary_of(env, m.view) || m.log.size() < commit_) return;
  log_ = m.log;
  follow(env, m.view);
  env.send(from, PrepareOk{view_, last()});
  execute(env, m.commit);
}

// Enters a running view as backup, with a log that belongs to it.
void VR::follow(Env& env, View view) {
  status_ = Status::normal;
  view_ = last_normal_ = view;
  early_.clear();
  holders_.clear();
  env.become(Role::backup, view_ + 1);
  env.cancel_timer(Timer::commit);
  env.cancel_timer(Timer::retransmit);
  env.set_timer(Timer::view_change, options_.view_change_timeout);
}

// ---- recovery (section 4.3)

void VR::on(Env& env, NodeId from, const Recovery& m) {
  if (status_ != Status::normal) return;
  RecoveryResponse response{.view = view_, .nonce = m.nonce, .commit = 0, .log = {}};
  if (is_primary(env)) {
    response.commit = commit_;
    response.log = log_;
  }
  env.send(from, std::move(response));
}

void VR::on(Env& env, NodeId from, const RecoveryResponse& m) {
  if (status_ != Status::recovering || m.nonce != nonce_) return;
  responders_.insert(from);
  latest_view_ = std::max(latest_view_, m.view);
  if (from == primary_of(env, m.view) && (!primarys_ || m.view >= primarys_->view)) primarys_ = m;
  if (responders_.size() < env.majority() || !primarys_ || primarys_->view != latest_view_) return;
  log_ = std::move(primarys_->log);
  follow(env, latest_view_);
  env.send(primary_of(env, view_), PrepareOk{view_, last()});
  execute(env, primarys_->commit);
}

// ---- state transfer (section 5.2)

void VR::ask_for_state(Env& env, NodeId whom, View view) {
  if (env.now() < ask_again_at_) return;
  ask_again_at_ = env.now() + options_.retransmit;
  env.send(whom, GetState{view, commit_});
}

// What is committed at the one who asks is a prefix of every log in this view or a later one.
void VR::on(Env& env, NodeId from, const GetState& m) {
  if (status_ != Status::normal || m.view > view_ || m.after > last()) return;
  const auto known = static_cast<std::ptrdiff_t>(m.after);
  env.send(from, NewState{view_, m.after, commit_, {log_.begin() + known, log_.end()}});
}

void VR::on(Env& env, NodeId, const NewState& m) {
  const bool longer = is_backup(env) && m.view == view_ && m.rest.size() > last() - std::min(m.after, last());
  if (!missed(m.view) && !longer) return;
  // By now more may be committed here than when this was asked for; never less.
  if (m.after > commit_ || m.rest.size() < commit_ - m.after) return;
  if (primary_of(env, m.view) == env.self()) return;  // only a lie can say that this replica leads there
  log_.resize(m.after);
  log_.insert(log_.end(), m.rest.begin(), m.rest.end());
  follow(env, m.view);
  env.send(primary_of(env, view_), PrepareOk{view_, last()});
  execute(env, m.commit);
}

}  // namespace protocols
