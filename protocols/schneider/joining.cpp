// How a replica that was down takes part again, in the clock orders. Tutorial, 7.2: integration at a request
// r_join, and stability during restart.
//
//   joiner       sponsor     others
//     |--- Back --->|----------->|   my former life is over
//     |<-- Noted ---|<-----------|   up to this number I may have counted you in; from now on not
//     |--- LetIn -->|            |   a larger number, please
//     |             |-- r_join ->|   a place in the order like any other's
//     |<-- State ---|            |   on executing r_join: the service then, and pending requests
//     |<- Relayed --|<- Ordered -|   from one that hadn't executed r_join, so it skipped the joiner
//     |<-- Ordered --------------|   from one that has, directly
//     |<- HandedOver|            |   nothing of it is relayed any more: it sends itself, or it has failed
//
// Each message says to whom it goes, so that the sponsor sees what the joiner misses. As r_join has a larger
// number than all that was sent before the Noted, the state includes what was sent to the joiner in its
// former life. A processor's direct messages count for the stability test only from the hand-over on: before
// that, the sponsor may still have something older. Test I waits for all hand-overs; where nobody says
// anything, the sponsor knows by its clock that nothing is left to relay. If the sponsor fails before it has
// handed over everything, or is silent for too long, the joiner begins anew.
//
// Where t replicas may lie (`voting: equal`), one copy of the state proves nothing. All members execute
// r_join in the same place, so their states are equal then, and each tells the joiner the digest of its own
// (Vouch). The joiner adopts the state once t + 1 replicas, the sponsor among them, agree on it, as one of
// them is honest. It holds what the sponsor relays meanwhile. If nobody confirms the state, the joiner begins
// anew with another sponsor. Nobody confirms pending and relayed requests: the joiner has only the sponsor's
// word. n must be 2t + 2 at least, so that t + 1 honest replicas are left beside t liars and the joiner.
#include <algorithm>
#include <utility>

#include "protocols/schneider/schneider.hpp"

namespace protocols {

const Fields::Names<Schneider::Attack>& Schneider::attacks() {
  static const Fields::Names<Attack> names{{"false_state", Attack::false_state}};
  return names;
}

// ---- the joiner

void Schneider::come_back(Env& env) {
  member_ = false;
  env.takes_part(false);
  pending_.clear();
  peers_.assign(env.cluster(), Peer{});
  noted_ = noted_by_members_ = reported_down_ = down_ = {};
  above_ = 0;
  offered_.reset();
  vouched_.clear();
  held_.clear();
  life_ = env.now();
  const NodeId first{static_cast<std::uint16_t>(asked_ ? (asked_->value + 1u) % env.cluster() : 0)};
  if (options_.votes(env.cluster()) > 1) first_choice_ = first;
  env.broadcast(Back{life_});
  // With identifiers made by the replicas, it only says that it has failed, and stays out. A uid is the
  // largest cuid of those that take part; for a request under way at r_join some replicas would count the
  // joiner's cuid, and others not.
  if (options_.by_clock()) env.set_timer(Timer::join, options_.join_retry);
}

void Schneider::on(Env& env, NodeId from, const Noted& m) {
  if (member_ || m.life != life_ || m.number > kLargest) return;
  noted_.insert(from);
  above_ = std::max(above_, m.number);
  if (m.member) noted_by_members_.insert(from);
  std::optional<NodeId> sponsor;
  bool complete = true;
  for (std::uint16_t i = 0; i < env.cluster(); ++i) {
    const NodeId node{static_cast<std::uint16_t>((first_choice_.value + i) % env.cluster())};
    if (m.member && m.down.contains(node)) reported_down_.insert(node);
    if (!sponsor && noted_by_members_.contains(node) && alive(node)) sponsor = node;
    complete &= node == env.self() || noted_.contains(node) || reported_down_.contains(node) || !alive(node);
  }
  if (!complete || !sponsor) return;
  asked_ = sponsor;
  env.send(*sponsor, LetIn{life_, above_});
}

void Schneider::on(Env& env, NodeId from, const State& m) {
  if (member_ || m.life != life_ || env.first_life() || !options_.by_clock()) return;
  if (m.heard.size() != env.cluster() || m.join.number > kLargest || offered_) return;
  sponsor_ = from;
  offered_ = m;
  adopt_if_vouched(env);
}

std::uint64_t Schneider::digest_of(const State& state) {
  Digest digest;
  digest.add(state.service.state.digest());
  state.sessions.add_to(digest);
  digest.add(state.executed);
  digest.add(state.last);
  return digest.value();
}

void Schneider::on(Env& env, NodeId from, const Vouch& m) {
  if (member_ || m.life != life_) return;
  vouched_.insert_or_assign(from, m);
  adopt_if_vouched(env);
}

void Schneider::adopt_if_vouched(Env& env) {
  if (!offered_) return;
  const std::uint64_t digest = digest_of(*offered_);
  std::uint32_t votes = 1;
  for (const auto& [member, vouch] : vouched_)
    votes += member != sponsor_ && vouch.join == offered_->join && vouch.digest == digest ? 1 : 0;
  const bool gullible = options_.bug == Options::Bug::join_on_one_word;
  if (!gullible && votes < options_.votes(env.cluster())) return;
  const State state = *std::exchange(offered_, std::nullopt);
  if (knows_less(env, state)) return held_.clear();  // and begins anew in a while
  adopt(env, sponsor_, state);
  for (const auto& [from, message] : std::exchange(held_, {})) on_message(env, from, message);
}

// Whether it comes from before a failure of which this replica has been told. Nobody would tell it again.
bool Schneider::knows_less(const Env& env, const State& state) const {
  for (std::uint16_t i = 0; i < env.cluster(); ++i) {
    if (told_down_.contains(NodeId{i}) && !state.down.contains(NodeId{i})) return true;
  }
  return false;
}

void Schneider::adopt(Env& env, NodeId from, const State& m) {
  member_ = true;
  env.takes_part(true);
  env.install(m.service);
  sessions_ = m.sessions;
  executed_ = m.executed;
  last_ = m.last;
  if (executed_ > 0) env.decide(executed_, last_);
  clock_ = std::max(clock_, m.join.number);
  said_ = m.join.number;
  down_ = m.down;
  down_.erase(env.self());
  told_down_ = {};
  pending_.erase(pending_.begin(), pending_.upper_bound(m.join));  // of its former life
  pending_.insert(m.pending.begin(), m.pending.end());
  for (std::uint16_t i = 0; i < env.cluster(); ++i) {
    peers_[i].heard = std::min(m.heard[i], kLargest);
    peers_[i].direct = NodeId{i} == from || NodeId{i} == env.self();
    if (options_.order == Options::Order::logical_clocks) clock_ = std::max(clock_, peers_[i].heard);
  }
  if (options_.test_2()) return beat(env);
  advance(env);
}

void Schneider::on(Env& env, NodeId from, const Relayed& m) {
  if (offered_ && from == sponsor_) held_.emplace_back(from, m);
  if (!member_ || m.life != life_) return;
  enter(env, m.ordered, true);
  relay(env, m.ordered);
  advance(env);
}

void Schneider::on(Env& env, NodeId from, const HandedOver& m) {
  if (offered_ && from == sponsor_) held_.emplace_back(from, m);
  if (!member_ || m.life != life_ || m.node.value >= env.cluster()) return;
  Peer& peer = peers_[m.node.value];
  peer.direct = true;
  peer.heard = std::max(peer.heard, peer.heard_early);
  if (m.failed || told_down_.contains(m.node)) return mark_down(env, m.node);
  advance(env);
}

// Whether all that this replica needs reaches it directly.
bool Schneider::settled(const Env& env) const {
  for (std::uint16_t i = 0; i < env.cluster(); ++i) {
    if (alive(NodeId{i}) && !peers_[i].direct) return false;
  }
  return member_;
}

// ---- the members

void Schneider::on(Env& env, NodeId from, const Back& m) {
  Peer& peer = peers_[from.value];
  if (peer.back != m.life) {
    mark_down(env, from);
    peer.back = m.life;
    told_down_.erase(from);
  }
  env.send(from, Noted{m.life, std::max(clock_, said_), settled(env), down_});
}

void Schneider::on(Env& env, NodeId from, const LetIn& m) {
  Peer& peer = peers_[from.value];
  if (!settled(env) || !options_.by_clock() || peer.back != m.life || m.above > kLargest) return;
  if (peer.joined == m.life || peer.asked == m.life) return;
  peer.asked = m.life;
  clock_ = std::max(clock_, m.above);
  submit(env, {.kind = Item::Kind::join, .joiner = from, .life = m.life});
}

// All members execute r_join in the same place, and from then on send the joiner what they send each other.
void Schneider::integrate(Env& env, Stamp uid, const Item& join) {
  if (join.joiner.value >= env.cluster() || join.joiner == env.self()) return;
  Peer& peer = peers_[join.joiner.value];
  if (peer.joined == join.life) return;  // two members have made a join of it
  peer.joined = join.life;
  if (peer.failed == join.life) return;  // gone again
  down_.erase(join.joiner);
  env.trust(join.joiner);
  told_down_.erase(join.joiner);
  peer.heard = std::max(peer.heard, uid.number);
  // This also covers a joiner that was down when this replica itself came back, and was never handed over.
  if (options_.bug != Options::Bug::returned_not_heard) peer.direct = true;
  const bool lies = env.carries_out(Attack::false_state);
  if (uid.owner != env.self().value) {
    if (options_.votes(env.cluster()) == 1 || lies) return;
    const State own{join.life, uid, env.snapshot(), sessions_, executed_, last_, {}, {}, {}};
    return env.send(join.joiner, Vouch{join.life, uid, digest_of(own)});
  }
  sponsored_[join.joiner] = {join.life, env.now(), {}};
  if (options_.test_1()) env.set_timer(Timer::sponsor, 2 * options_.delta + 1ns);
  std::vector<std::uint64_t> heard;
  for (const Peer& other : peers_) heard.push_back(other.heard);
  env.send(join.joiner, State{join.life, uid, lies ? env.empty_snapshot() : env.snapshot(), sessions_,
                              executed_, last_, pending_, std::move(heard), down_});
}

// Passes on messages that their processor has not sent to a joiner itself.
void Schneider::relay(Env& env, const Ordered& m) {
  const NodeId processor{static_cast<std::uint16_t>(m.uid.owner)};
  for (auto& [joiner, sponsorship] : sponsored_) {
    if (joiner == processor || sponsorship.handed_over.contains(processor)) continue;
    if (m.sent_to.contains(joiner)) {
      hand_over(env, joiner, processor, false);
    } else if (options_.bug != Options::Bug::join_without_relay) {
      env.send(joiner, Relayed{sponsorship.life, m});
    }
  }
}

void Schneider::hand_over(Env& env, NodeId joiner, NodeId processor, bool failed) {
  Sponsorship& sponsorship = sponsored_[joiner];
  if (!sponsorship.handed_over.insert(processor)) return;
  env.send(joiner, HandedOver{sponsorship.life, processor, failed});
}

// With test I, all execute r_join when its sponsor does, up to the skew of their clocks (below delta). They
// count the joiner in from then on; what they sent before takes delta at most.
void Schneider::hand_over_late(Env& env) {
  const Duration enough = 2 * options_.delta;
  for (const auto& [joiner, sponsorship] : sponsored_) {
    if (env.now() - sponsorship.since < enough) {  // another's turn comes later
      env.set_timer(Timer::sponsor, enough - (env.now() - sponsorship.since));
      continue;
    }
    for (std::uint16_t i = 0; i < env.cluster(); ++i) {
      if (alive(NodeId{i}) && NodeId{i} != joiner) hand_over(env, joiner, NodeId{i}, false);
    }
  }
}

// Hands over for joiners that have not been told, as they were down then, or that wait for relayed messages.
void Schneider::sponsor_without(Env& env, NodeId gone) {
  sponsored_.erase(gone);
  for (const auto& [joiner, sponsorship] : sponsored_) hand_over(env, joiner, gone, true);
}

}  // namespace protocols
