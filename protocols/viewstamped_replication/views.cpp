// The exceptional half of Viewstamped Replication: view change, recovery, state transfer.
#include <algorithm>
#include <utility>

#include "protocols/viewstamped_replication/viewstamped_replication.hpp"

namespace protocols {

using VR = ViewstampedReplication;

// ---- view change (section 4.2)

void VR::change_view(Env& env, View view) {
  status_ = Status::view_change;
  view_ = view;
  joined_.clear();
  votes_.clear();
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
  return {.view = view_, .last_normal = last_normal_, .commit = commit_, .log = log_, .crashes = crashes_};
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

// Counts the votes, as the primary of the coming view.
void VR::count(Env& env, NodeId from, const DoViewChange& m) {
  if (m.log.size() < m.commit || m.crashes.size() != crashes_.size()) return;
  if (is_stale(from, m.crashes)) return;
  learn(m.crashes);
  votes_.insert_or_assign(from, m);
  std::erase_if(votes_, [&](const auto& vote) { return is_stale(vote.first, vote.second.crashes); });
  // Its own vote is among them: it comes once a majority has entered the view.
  if (votes_.size() < env.majority() || !votes_.contains(env.self())) return;
  const auto rank = [](const auto& vote) {
    return std::pair{vote.second.last_normal, vote.second.log.size()};
  };
  const auto& best = std::ranges::max_element(votes_, {}, rank)->second;
  if (best.log.size() < commit_) return;  // only a lie can be that short
  std::uint64_t committed = commit_;
  for (const auto& [node, vote] : votes_) committed = std::max(committed, vote.commit);
  log_ = best.log;
  lead(env);
  env.broadcast(StartView{view_, committed, log_});
  execute(env, committed);
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

void VR::recover(Env& env) {
  status_ = Status::recovering;
  nonce_ = env.rng().next();
  answers_.clear();
  env.broadcast(Recovery{nonce_, counted_, crashes_});
  env.set_timer(Timer::retransmit, options_.retransmit);
}

void VR::on(Env& env, NodeId from, const Recovery& m) {
  if (status_ != Status::normal || m.crashes.size() != crashes_.size()) return;
  learn(m.crashes);
  RecoveryResponse response{.view = view_, .nonce = m.nonce, .commit = 0, .log = {}, .crashes = crashes_};
  if (is_primary(env) && m.counted) {
    response.commit = commit_;
    response.log = log_;
  }
  env.send(from, std::move(response));
}

void VR::on(Env& env, NodeId from, const RecoveryResponse& m) {
  if (status_ != Status::recovering || m.crashes.size() != crashes_.size()) return;
  if (m.nonce != nonce_ && options_.bug != Options::Bug::no_nonce) return;
  if (is_stale(from, m.crashes)) return;
  learn(m.crashes);
  const auto [answer, is_first] = answers_.try_emplace(from, m);
  if (!is_first && m.view >= answer->second.view) answer->second = m;
  std::erase_if(answers_, [&](const auto& a) { return is_stale(a.first, a.second.crashes); });
  if (answers_.size() < env.majority()) return;
  if (counted_) return rejoin(env);
  counted_ = true;
  ++crashes_[env.self().value];
  recover(env);
}

// A majority has answered. No view after the latest among their views can have begun with this replica's
// help, and the primary of that latest view must be among those that answered.
void VR::rejoin(Env& env) {
  const auto view_of = [](const auto& answer) { return answer.second.view; };
  const View latest = view_of(*std::ranges::max_element(answers_, {}, view_of));
  const auto primarys = answers_.find(primary_of(env, latest));
  if (primarys == answers_.end() || primarys->second.view != latest) return;
  log_ = primarys->second.log;
  env.takes_part(true);
  follow(env, latest);
  env.send(primary_of(env, view_), PrepareOk{view_, last()});
  execute(env, primarys->second.commit);
}

void VR::learn(const Crashes& crashes) {
  if (options_.recovery == Options::Recovering::published) return;
  for (std::size_t i = 0; i < crashes_.size(); ++i) crashes_[i] = std::max(crashes_[i], crashes[i]);
}

// Whether a message from `node` with these counts is from an earlier life of it.
bool VR::is_stale(NodeId node, const Crashes& crashes) const {
  return crashes[node.value] < crashes_[node.value];
}

// ---- state transfer (section 5.2)

void VR::ask_for_state(Env& env, NodeId whom, View view) {
  if (env.now() < ask_again_at_) return;
  ask_again_at_ = env.now() + options_.retransmit;
  env.send(whom, GetState{view, commit_});
}

// The asker's committed operations are a prefix of every log in this view or a later one.
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
