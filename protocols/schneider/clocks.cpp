// The clock orders: a request's identifier is the time at which a processor got it from its client, on a
// logical clock or a real one, and the processor's number. Tutorial, 3.2.1 and 3.2.2.
#include <algorithm>

#include "protocols/schneider/schneider.hpp"

namespace protocols {

// Gives the item this processor's next place, and tells everyone.
void Schneider::submit(Env& env, const Item& item) {
  const Ordered m{take_stamp(env), item, members(env)};
  if (item.kind == Item::Kind::request) {
    send_to_members(env, m);
  } else {
    send_to_members(env, Upkeep{m});
  }
  enter(env, m, true);
  advance(env);
}

// Real clocks may stand still between two requests, or be set back: stamps never are.
std::uint64_t Schneider::next_number(const Env& env) const {
  if (options_.order == Options::Order::logical_clocks) return clock_ + 1;
  const auto now = std::max(Duration{0}, env.now().time_since_epoch());
  return std::max(static_cast<std::uint64_t>(now.count()), clock_ + 1);
}

Stamp Schneider::take_stamp(Env& env) {
  said_ = clock_ = next_number(env);
  return {clock_, env.self().value};
}

NodeSet Schneider::members(const Env& env) const {
  NodeSet members;
  for (std::uint16_t i = 0; i < env.cluster(); ++i) {
    if (alive(NodeId{i})) members.insert(NodeId{i});
  }
  return members;
}

template <class M> void Schneider::send_to_members(Env& env, const M& message) {
  if (down_.empty()) return env.broadcast(message);
  for (std::uint16_t i = 0; i < env.cluster(); ++i) {
    if (NodeId{i} != env.self() && alive(NodeId{i})) env.send(NodeId{i}, message);
  }
}

// ---- null requests

void Schneider::say_null(Env& env) { submit(env, {}); }

void Schneider::beat(Env& env) {
  if (said_ == said_at_beat_) say_null(env);
  said_at_beat_ = said_;
  env.set_timer(Timer::null, options_.null_every);
}

// ---- others' messages

// A joiner that waits for its state keeps the messages that come: each comes after r_join, or is part of the
// state.
void Schneider::on(Env& env, NodeId from, const Ordered& m) {
  if (!options_.by_clock() || m.uid.owner != from.value) return;
  enter(env, m, member_ && peers_[from.value].direct);
  if (!member_) return;
  relay(env, m);
  const bool asks = options_.null_at_once && options_.test_2() && m.item.kind == Item::Kind::request;
  if (asks && Stamp{said_, env.self().value} < m.uid) return say_null(env);
  advance(env);
}

void Schneider::enter(Env& env, const Ordered& m, bool counts) {
  if (m.uid.number > kLargest || m.uid.owner >= env.cluster()) return;
  if (options_.order == Options::Order::logical_clocks) clock_ = std::max(clock_, m.uid.number);
  if (m.item.kind != Item::Kind::null) pending_.emplace(m.uid, m.item);
  Peer& peer = peers_[m.uid.owner];
  std::uint64_t& heard = counts ? peer.heard : peer.heard_early;
  heard = std::max(heard, m.uid.number);
}

// ---- stability

bool Schneider::stable(const Env& env, Stamp uid) const {
  const auto now = static_cast<std::uint64_t>(std::max(Duration{0}, env.now().time_since_epoch()).count());
  const auto delta = static_cast<std::uint64_t>(options_.delta.count());
  if (options_.test_1() && now > uid.number + delta && settled(env)) return true;
  if (!options_.test_2()) return false;
  for (std::uint16_t i = 0; i < env.cluster(); ++i) {
    const std::uint64_t least = NodeId{i} == env.self() ? next_number(env) : peers_[i].heard;
    if (alive(NodeId{i}) && Stamp{least, i} < uid) return false;
  }
  return true;
}

// Executes the stable requests, and makes the clock's progress known.
void Schneider::advance(Env& env) {
  while (!pending_.empty() && stable(env, pending_.begin()->first)) {
    const auto [uid, item] = *pending_.begin();
    pending_.erase(pending_.begin());
    if (item.kind == Item::Kind::join) {
      integrate(env, uid, item);
    } else if (!sessions_.is_over(item.request.id)) {
      const NodeId processor{static_cast<std::uint16_t>(uid.owner)};
      env.reply(item.request.id, execute(env, item.request), processor);
    }
  }
  if (pending_.empty() || !options_.test_1() || !settled(env)) return;
  const Duration uid{static_cast<std::int64_t>(pending_.begin()->first.number)};
  const Duration wait = uid + options_.delta + 1ns - env.now().time_since_epoch();
  env.set_timer(Timer::stable, std::min<Duration>(wait, std::chrono::hours{1}));
}

}  // namespace protocols
