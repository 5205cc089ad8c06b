// Practical Byzantine Fault Tolerance: waiting requests, and when a replica has waited for too long.
//
// A replica waits for each request that it knows of and has not executed: from a client, from another
// replica, or in a proposed batch. So no primary, and no client's choice of replicas, hides a request from
// the replicas that would have to act. Only progress stops this clock. A client that goes on without an
// answer still waits: its next request takes the place and the time of the one that it gave up. A primary
// waits, too: if its proposals come to nothing, the others have perhaps left its view.
#include <algorithm>
#include <utility>

#include "protocols/pbft/pbft.hpp"

namespace protocols {

void Pbft::on_request(Env& env, const Request& request) {
  if (request.ping) {
    if (leads(env)) return env.reply(request.id, {});
    return env.redirect(request.id, primary_of(view_));
  }
  if (options_.read_only && is_read(request.command) && !request.again) return read(env, request);
  if (answer_again(env, request)) return;
  wait_for(env, request);
  if (active_ && !leads(env)) env.send(primary_of(view_), Forward{request});
}

// Whether the request needs no more work: it was executed, or its client has gone on.
bool Pbft::answer_again(Env& env, const Request& request) {
  if (sessions_.is_over(request.id)) return true;
  const auto* earlier = sessions_.find(request.id);
  if (earlier == nullptr) return false;
  if (!may_answer(earlier->index)) return true;  // it may when its disk has caught up
  answer(env, request.id, earlier->output, ahead_ && earlier->index > executed_);
  return true;
}

void Pbft::on(Env& env, NodeId, const Forward& m) {
  if (m.request.ping || !env.authentic(m.request) || is_done(m.request.id)) return;
  wait_for(env, m.request);
}

// ---- the line

bool Pbft::is_done(RequestId id) const { return sessions_.is_over(id) || sessions_.find(id) != nullptr; }

// Whether the client that asks `latest` has gone on without an answer to request `id`.
bool Pbft::is_given_up(RequestId id, const Request& latest) {
  return id.client == latest.id.client && id.number < latest.oldest_pending;
}

// As primary: gives the request a number as soon as possible.
void Pbft::wait_for(Env& env, const Request& request) {
  if (leads(env) && has_number(request.id)) return;
  line_up(request, env.now());
  propose(env);
  watch(env);
}

// Adds the request at the end, or in the place of the one that its client gave up.
void Pbft::line_up(const Request& request, LocalTime now) {
  const auto known = [&](const Waiting& w) {
    return w.request.id == request.id || is_given_up(request.id, w.request);
  };
  if (std::ranges::any_of(waiting_, known)) return;
  const auto given_up = [&](const Waiting& w) { return is_given_up(w.request.id, request); };
  const auto place = std::ranges::find_if(waiting_, given_up);
  if (place == waiting_.end()) return waiting_.push_back({request, now});
  place->request = request;
  if (options_.bug == Options::Bug::clock_starts_anew) place->since = now;
  waiting_.erase(std::remove_if(place + 1, waiting_.end(), given_up), waiting_.end());
}

// As primary: whether a batch under way has the request.
bool Pbft::has_number(RequestId id) {
  for (Seq seq = executed_ + 1; seq <= proposed_; ++seq) {
    const Slot* slot = slot_at(seq);
    if (slot == nullptr || !slot->accepted) continue;
    if (std::ranges::any_of(slot->accepted->batch, [&](const Request& r) { return r.id == id; })) return true;
  }
  return false;
}

// As primary: gives sequence numbers to waiting requests.
void Pbft::propose(Env& env) {
  if (!leads(env) || entering_) return;
  proposed_ = std::max(proposed_, stable_);
  const auto most = static_cast<std::uint64_t>(options_.in_progress);
  while (!waiting_.empty() && proposed_ < std::min(executed_ + most, limit())) {
    Batch batch;
    while (!waiting_.empty() && batch.size() < static_cast<std::size_t>(options_.batch)) {
      batch.push_back(std::move(waiting_.front().request));
      batch.back().again = false;
      waiting_.pop_front();
    }
    turn_since_ = env.now();
    const PrePrepareVote vote{view_, ++proposed_, digest_of(batch)};
    PrePrepare m{env.sign(vote), std::move(batch)};
    if (options_.disk) env.persist(m);
    accept(env, m);
    promise(env, std::move(m));
  }
}

// Stops waiting for executed requests. If the oldest is among them, the next one has the whole time before
// it: the primary does its work.
void Pbft::stop_waiting(Env& env) {
  const auto done = [&](const Waiting& w) { return is_done(w.request.id); };
  if (waiting_.empty()) return;
  if (done(waiting_.front())) turn_since_ = env.now();
  std::erase_if(waiting_, done);
}

// When a view ends, its proposals may be lost.
void Pbft::wait_for_proposed(Env& env) {
  for (Seq seq = executed_ + 1; seq <= limit(); ++seq) {
    const Slot& slot = slots_[seq % window_];
    if (slot.seq == seq && slot.accepted) wait_for_all(env, slot.accepted->batch);
  }
}

void Pbft::wait_for_all(Env& env, const Batch& batch) {
  for (const Request& request : batch) {
    if (!is_done(request.id)) line_up(request, env.now());
  }
}

// The primary had told this replica of another batch for that number.
void Pbft::wait_for_replaced(Env& env, Seq seq, const PrePrepare& committed) {
  const Slot* slot = slot_at(seq);
  if (slot == nullptr || !slot->accepted || slot->accepted->vote->digest == committed.vote->digest) return;
  wait_for_all(env, slot->accepted->batch);
}

void Pbft::pass_on_waiting(Env& env) {
  stop_waiting(env);
  if (leads(env)) {
    std::erase_if(waiting_, [&](const Waiting& w) { return has_number(w.request.id); });
    propose(env);
  }
  forward_waiting(env);
  watch(env);
}

// Sends the oldest ones to the primary, lest a long queue be sent again and again. Without a primary one
// request is enough, sent to everybody: all who learn that somebody waits will want another view, too.
void Pbft::forward_waiting(Env& env) {
  constexpr std::size_t most = 16;
  if (leads(env) || waiting_.empty()) return;
  if (!active_) return env.broadcast(Forward{waiting_.front().request});
  for (std::size_t i = 0; i < std::min(most, waiting_.size()); ++i) {
    env.send(primary_of(view_), Forward{waiting_[i].request});
  }
}

// ---- the clock

// A batch was proposed, and its execution comes next.
void Pbft::expect(Env& env, Seq seq) {
  const bool idle = expected_ <= executed_;
  expected_ = std::max(expected_, seq);
  if (!idle) return;
  expected_since_ = env.now();
  watch(env);
}

// The view has to end when requests were waiting and nothing has been executed for too long. The primary's
// queue may differ from this replica's: as long as it does work, the oldest request here may wait several
// times that long for its turn. Otherwise an overload would change views for ever.
std::optional<LocalTime> Pbft::runs_out() const {
  constexpr std::int64_t fairness = 8;
  std::optional<LocalTime> end;
  if (!waiting_.empty()) {
    const LocalTime since = std::max(turn_since_, waiting_.front().since);
    end = std::min(std::max(since, expected_since_) + patience_, since + fairness * patience_);
  }
  if (expected_ > executed_) end = std::min(end.value_or(LocalTime::max()), expected_since_ + patience_);
  return end;
}

void Pbft::watch(Env& env) {
  if (!active_) return;
  const auto end = runs_out();
  if (!end) return env.cancel_timer(Timer::view_change);
  env.set_timer(Timer::view_change, std::max(Duration{}, *end - env.now()));
}

// A fully doubled timeout runs out, and up to f + 1 primaries are faulty or too late; then comes one that
// serves, once the others have caught up. Where tentative answers or immediate reads don't suffice, clients
// ask again, after half of their patience at the latest. Where few requests may be under way nothing is
// promised: there may be more.
std::optional<ServicePromise> Pbft::promise(const Options& o, const Calm& calm) {
  const std::size_t f = o.f(calm.members);
  const bool twice = o.tentative || o.read_only;
  const bool quick =
      10 * calm.delay <= o.longest_wait() && (twice ? 16 : 8) * calm.delay <= calm.client_timeout;
  if (calm.members < 3 * f + 1 || !quick || calm.loss > 0.1 || !o.disk) return std::nullopt;
  if (o.batch * o.in_progress < 64) return std::nullopt;
  const auto primaries = static_cast<std::int64_t>(f) + 3;
  return ServicePromise{.within = primaries * o.longest_wait() + 60 * o.status_every + 10 * calm.round(),
                        .running = calm.members - f,
                        .despite_liars = true};
}

// A batch of this view is executed. If half of the patience would hardly have been enough for that, the
// patience stays: otherwise a network just slower than `request_timeout` would change views for ever.
void Pbft::calm_down(const Env& env) {
  if (2 * (env.now() - expected_since_) < patience_)
    patience_ = std::max(options_.request_timeout, patience_ / 2);
}

void Pbft::on_timer(Env& env, Timer timer) {
  if (timer == Timer::status) return send_status(env);
  if (witness_) return;
  const auto end = runs_out();
  if (active_ && (!end || *end > env.now())) return watch(env);
  if (primary_of(view_) != env.self()) env.suspect(primary_of(view_));
  patience_ = std::min(2 * patience_, options_.longest_wait());
  change_view(env, view_ + 1);
}

}  // namespace protocols
