// Identifiers that the replicas make together: each proposes a candidate, the largest becomes the request's.
// Tutorial, 3.2.3. Requests wait in a queue, by candidate and later by identifier. The first in the queue is
// stable once it is accepted, as requests that are not accepted yet can only move back.
#include <algorithm>

#include "protocols/schneider/schneider.hpp"

namespace protocols {

// The proposal for a request, which begins here if this replica hasn't seen the request; nullptr if it is
// over, that is, if it was executed or its client needs no answer any more. But it isn't over while others
// wait for this replica's word: a slow replica may have executed the client's later requests before it hears
// of this one, and the others would wait for ever. The request gets a place after those then, where all drop
// it alike. A replica that has spoken already says nothing more: else a late copy of a candidate would begin
// it all anew. A repaired replica can't tell whether it has spoken, and stays silent.
Schneider::Proposal* Schneider::see(Env& env, const Request& request, bool others_wait) {
  const RequestId id = request.id;
  if (const auto found = proposals_.find(id); found != proposals_.end()) return &found->second;
  if (sessions_.find(id) != nullptr) return nullptr;
  Spoken& spoken = spoken_[id.client];
  const bool silent = options_.bug == Options::Bug::silent_when_over;
  const bool awaited = others_wait && env.first_life() && !spoken.contains(id.number) && !silent;
  if (!awaited && sessions_.is_over(id)) return nullptr;
  spoken.insert(id.number);
  const bool bug = options_.bug == Options::Bug::cuid_without_accept;
  seen_ = (bug ? seen_ : std::max(seen_, accept_)) + 1;
  Proposal& proposal = proposals_[id];
  proposal.request = request;
  proposal.place = proposal.largest = {seen_, env.self().value};
  proposal.since = env.now();
  proposal.proposers.insert(env.self());
  queue_.insert({proposal.place, id});
  if (options_.order == Options::Order::replica_ids) {
    env.broadcast(Candidate{request, proposal.place});
  } else if (proposals_.size() == 1) {
    watch(env);
  }
  return &proposal;
}

// Others' candidates bring the request along: replicas that the client didn't reach learn of it.
void Schneider::on(Env& env, NodeId from, const Candidate& m) {
  if (!member_ || m.cuid.number > kLargest || options_.order != Options::Order::replica_ids) return;
  Proposal* proposal = see(env, m.request, true);
  if (proposal == nullptr || proposal->accepted || !proposal->proposers.insert(from)) return;
  proposal->largest = std::max(proposal->largest, m.cuid);
  accept_if_complete(env, *proposal);
}

void Schneider::accept_if_complete(Env& env, Proposal& proposal) {
  if (proposal.accepted || !all_alive_in(env, proposal.proposers)) return;
  accept(env, proposal, proposal.largest);
}

// `proposal` may be gone afterwards.
void Schneider::accept(Env& env, Proposal& proposal, Stamp uid) {
  if (proposal.accepted || uid.number > kLargest) return;
  const RequestId id = proposal.request.id;
  queue_.erase({proposal.place, id});
  queue_.insert({uid, id});
  proposal.place = uid;
  proposal.accepted = true;
  accept_ = std::max(accept_, uid.number);
  deliver(env);
}

void Schneider::deliver(Env& env) {
  const bool everywhere = options_.execute == Options::Execute::stable_everywhere;
  if (everywhere) note_stable(env);
  while (!queue_.empty()) {
    const auto first = proposals_.find(queue_.begin()->second);
    const auto& [id, proposal] = *first;
    if (!proposal.accepted || (everywhere && !all_alive_in(env, proposal.stable_at))) return;
    if (options_.order == Options::Order::abcast) {
      constexpr std::size_t kRemembered = 4096;
      lately_.emplace_back(id, proposal.place);
      if (lately_.size() > kRemembered) lately_.pop_front();
    }
    if (!sessions_.is_over(id)) env.reply(id, execute(env, proposal.request));
    queue_.erase(queue_.begin());
    proposals_.erase(first);
  }
}

// Tells the others what has become stable here.
void Schneider::note_stable(Env& env) {
  for (const auto& [place, id] : queue_) {
    Proposal& proposal = proposals_[id];
    if (!proposal.accepted) return;
    if (proposal.stable_at.insert(env.self())) env.broadcast(Stable{id});
  }
}

void Schneider::on(Env& env, NodeId from, const Stable& m) {
  const auto found = proposals_.find(m.id);
  if (found == proposals_.end() || !found->second.stable_at.insert(from)) return;
  deliver(env);
}

// One replica fewer to wait for.
void Schneider::review(Env& env) {
  std::vector<RequestId> ids;
  for (const auto& [id, proposal] : proposals_) ids.push_back(id);
  for (const RequestId id : ids) {
    const auto found = proposals_.find(id);
    if (found == proposals_.end()) continue;
    if (options_.order == Options::Order::replica_ids) {
      accept_if_complete(env, found->second);
    } else {
      settle_if_complete(env, found->second);
    }
  }
  deliver(env);
}

// ---- ABCAST: the client chooses ...

void Schneider::on_chosen(Env& env, const Request& request, const Offer& chosen) {
  if (!member_ || options_.order != Options::Order::abcast) return;
  if (Proposal* proposal = see(env, request)) {
    if (!proposal->taken_over) accept(env, *proposal, chosen.stamp);
  } else if (const auto* earlier = sessions_.find(request.id)) {
    env.reply(request.id, earlier->output);
  }
}

// ---- ... or the lowest replica for it

void Schneider::watch(Env& env) {
  if (options_.order == Options::Order::abcast) env.set_timer(Timer::takeover, options_.takeover_after);
}

NodeId Schneider::lowest_alive() const {
  NodeId node{0};
  while (!alive(node)) ++node.value;
  return node;
}

void Schneider::seek_takeover(Env& env) {
  for (const auto& [id, proposal] : proposals_) {
    if (!proposal.accepted && env.now() - proposal.since >= options_.takeover_after)
      env.send(lowest_alive(), Stuck{proposal.request});
  }
  if (!proposals_.empty()) watch(env);
}

void Schneider::on(Env& env, NodeId from, const Stuck& m) {
  if (!member_ || options_.order != Options::Order::abcast) return;
  const auto uid = accepted_uid(m.request.id);
  Proposal* proposal = see(env, m.request, !uid);
  if (proposal == nullptr || proposal->accepted) {  // only `from` missed it
    if (uid && from != env.self()) env.send(from, Settled{m.request, *uid});
    return;
  }
  if (proposal->leads && from != env.self()) return;
  proposal->taken_over = proposal->leads = true;
  proposal->proposers = {};
  proposal->proposers.insert(env.self());
  env.broadcast(TakeOver{m.request});
  settle_if_complete(env, *proposal);
}

std::optional<Stamp> Schneider::accepted_uid(RequestId id) const {
  if (const auto found = proposals_.find(id); found != proposals_.end())
    return found->second.accepted ? std::optional(found->second.place) : std::nullopt;
  const auto found = std::ranges::find(lately_, id, &std::pair<RequestId, Stamp>::first);
  return found == lately_.end() ? std::nullopt : std::optional(found->second);
}

// A replica that answers lets the client choose no more, so what it says here must stay true.
void Schneider::on(Env& env, NodeId from, const TakeOver& m) {
  if (!member_ || options_.order != Options::Order::abcast) return;
  const auto uid = accepted_uid(m.request.id);
  Proposal* proposal = see(env, m.request, !uid);
  if (proposal != nullptr) proposal->taken_over = true;
  if (uid) return env.send(from, TakeOverReply{m.request.id, true, *uid});
  if (proposal != nullptr) env.send(from, TakeOverReply{m.request.id, false, proposal->place});
}

void Schneider::on(Env& env, NodeId from, const TakeOverReply& m) {
  const auto found = proposals_.find(m.id);
  if (found == proposals_.end() || m.stamp.number > kLargest) return;
  Proposal& proposal = found->second;
  if (!proposal.leads || proposal.accepted || !proposal.proposers.insert(from)) return;
  if (!proposal.settled) proposal.largest = m.accepted ? m.stamp : std::max(proposal.largest, m.stamp);
  proposal.settled |= m.accepted;
  settle_if_complete(env, proposal);
}

void Schneider::settle_if_complete(Env& env, Proposal& proposal) {
  if (!proposal.leads || proposal.accepted || !all_alive_in(env, proposal.proposers)) return;
  env.broadcast(Settled{proposal.request, proposal.largest});
  accept(env, proposal, proposal.largest);
}

void Schneider::on(Env& env, NodeId, const Settled& m) {
  if (!member_ || options_.order != Options::Order::abcast) return;
  if (Proposal* proposal = see(env, m.request)) accept(env, *proposal, m.uid);
}

}  // namespace protocols
