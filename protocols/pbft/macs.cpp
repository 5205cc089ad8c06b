// Practical Byzantine Fault Tolerance without signatures (`authentication: macs`). A message authentication
// code convinces its receiver and nobody else: a replica that passes a message on may be lying. So prepared
// certificates and checkpoint proofs stay with their holders, and others only hear claims (ACM TOCS 2002,
// section 4.4 and figure 4):
//
//   all -> all            Claims: h, the last stable checkpoint; C, the states I have; P, what was prepared,
//                         the latest for each number; Q, what I accepted, the latest for each batch.
//   all -> new primary    ViewChangeAck: what the others claimed to me.
//   new primary -> all    NewView: the claims of a quorum, each heard by n - f - 2 besides author and
//                         primary, and what follows from them. Backups know these claims from their author,
//                         or from f + 1 that heard them, and decide for themselves.
//
// The decision. Start from the latest checkpoint that f + 1 have and that a quorum hasn't passed. A number
// gets the batch that somebody says was prepared if a quorum claims nothing later or different, and f + 1, so
// at least one honest replica, accepted it then or later (`bug: claims_not_backed`). It stays empty if a
// quorum says that nothing was prepared. Otherwise more claims are needed; those of all honest replicas are
// enough.
//
// The simulator's channels say who sent a message, and nothing else is used here. A statement counts only
// when it comes from its author (`credible`). In the paper a code for each receiver travels with a message,
// so that the message can be passed on. But its author decides whether it convinces the next receiver, so
// nothing may rest on it. Requests are the exception: clients are honest, so their codes convince all
// replicas (`authentic`). A client that makes codes which only some can check may stop the service for a
// while, as all wait for those that can't (Clement et al., "Making Byzantine Fault Tolerant Systems Tolerate
// Byzantine Faults", NSDI 2009).
//
// Departures. Claims carry whole batches, not digests, so the new primary has the batches that it chooses
// (the paper's A3), and NewView carries the claims. States are on disk before their checkpoint is announced.
// Elsewhere f + 1 equal statements, one of them honest, replace a proof that is passed on: for states, and
// for committed batches (the paper leaves these to the next view or checkpoint). A replica that comes late
// into a view has to hear the claims behind it, so all repeat their own claims and those they heard. These
// are therefore on disk. A replica that entered a new view counts as having heard the claims in it, as
// entering took f + 1 that had heard them.
#include <algorithm>
#include <set>
#include <utility>

#include "protocols/pbft/pbft.hpp"

namespace protocols {

// The view that a replica wants or wanted last; 0 if none.
Pbft::View Pbft::wished_by(std::size_t replica) const {
  if (options_.macs()) return claims_[replica] ? claims_[replica]->view : 0;
  return wishes_[replica] ? (*wishes_[replica])->view : 0;
}

// ---- what a replica claims

void Pbft::note_vote(Slot& slot, const PrePrepareVote& vote) const {
  if (!options_.macs()) return;
  std::erase_if(slot.votes, [&](const PrePrepareVote& v) { return v.digest == vote.digest; });
  slot.votes.push_back(vote);
}

Pbft::Claims Pbft::claims() const {
  Claims claims{view_, stable_, {}, {}, {}};
  if (!stable_proof_.empty()) claims.checkpoints.push_back(*stable_proof_.front());
  for (const State& state : states_) {
    if (state.seq > stable_ || stable_proof_.empty())
      claims.checkpoints.push_back({state.seq, state.slots, digest_of(state)});
  }
  for (Seq seq = stable_ + 1; seq <= limit(); ++seq) {
    const Slot& slot = slots_[seq % window_];
    if (slot.seq != seq) continue;
    if (slot.certificate) {
      const PrePrepare& m = slot.certificate->pre_prepare;
      claims.prepared.push_back({m.vote->view, seq, m.batch});
    }
    claims.accepted.insert(claims.accepted.end(), slot.votes.begin(), slot.votes.end());
  }
  return claims;
}

std::uint64_t Pbft::digest_of(const Claims& claims) {
  Digest digest;
  for (const std::uint64_t number : {claims.view, claims.stable}) digest.add(number);
  for (const Milestone& m : claims.checkpoints) {
    for (const std::uint64_t number : {m.seq, m.slots, m.digest}) digest.add(number);
  }
  for (const Claim& c : claims.prepared) {
    for (const std::uint64_t number : {c.view, c.seq, digest_of(c.batch)}) digest.add(number);
  }
  for (const PrePrepareVote& v : claims.accepted) {
    for (const std::uint64_t number : {v.view, v.seq, v.digest}) digest.add(number);
  }
  return digest.value();
}

bool Pbft::well_formed(const Env& env, const Claims& c) const {
  const auto fits = [&](View view, Seq seq) {
    return view < c.view && seq > c.stable && seq <= c.stable + window_;
  };
  if (c.view == 0 || c.stable > c.stable + window_) return false;
  std::set<Seq> prepared;
  for (const Claim& claim : c.prepared) {
    if (!fits(claim.view, claim.seq) || !prepared.insert(claim.seq).second) return false;
    if (claim.batch.size() > static_cast<std::size_t>(options_.batch)) return false;
    for (const Request& r : claim.batch) {
      if (r.ping || !env.authentic(r)) return false;
    }
  }
  return std::ranges::all_of(c.accepted, [&](const PrePrepareVote& v) { return fits(v.view, v.seq); });
}

void Pbft::claim(Env& env) {
  Claims own = claims();
  falsify(env, own);
  claims_[env.self().value] = own;
  if (options_.disk) env.persist(Disk::Leave{view_, own});
  promise(env, std::move(own));
  if (primary_of(view_) != env.self()) acknowledge(env, primary_of(view_));
}

void Pbft::on(Env& env, NodeId from, const Claims& m) {
  if (m.view < view_) return;
  auto& latest = claims_[from.value];
  if ((latest && latest->view >= m.view) || !well_formed(env, m)) {
    if (from == env.self()) count_wishes(env);
    return;
  }
  latest = m;
  join_others(env);
  if (!witness_ && m.view == view_ && primary_of(view_) != env.self()) acknowledge(env, primary_of(view_));
  count_wishes(env);
  if (offered_) on(env, offered_->opening.signer(), NewView(*offered_));
}

// After a restart: this replica's own claims, and the others' as far as it knows, for the view that it is in.
// Replicas that come later depend on hearing them.
void Pbft::remember_claims(const Env& env) {
  if (new_view_ && new_view_->opening->view == view_) {
    for (const auto& [from, claims] : new_view_->opening->claims) {
      if (from.value < replicas_) claims_[from.value] = claims;
    }
  }
  if (found_->claims && found_->claims->view == view_) claims_[env.self().value] = found_->claims;
}

// ---- who heard what

void Pbft::acknowledge(Env& env, NodeId to) {
  if (witness_) return;
  ViewChangeAck ack{view_, {}};
  for (std::uint16_t i = 0; i < replicas_; ++i) {
    if (NodeId{i} != env.self() && claims_[i] && claims_[i]->view == view_)
      ack.heard.push_back({NodeId{i}, digest_of(*claims_[i])});
  }
  if (!ack.heard.empty()) env.send(to, std::move(ack));
}

void Pbft::on(Env& env, NodeId from, const ViewChangeAck& m) {
  ViewChangeAck& latest = acks_[from.value];
  if (m.view < view_ || m.view < latest.view || m.heard.size() > replicas_) return;
  if (m.view == latest.view && m.heard.size() <= latest.heard.size()) return;
  latest = m;
  count_wishes(env);
  if (offered_) on(env, offered_->opening.signer(), NewView(*offered_));
}

std::size_t Pbft::acks_of(NodeId claimant, std::uint64_t digest, NodeId except) const {
  std::size_t acks = 0;
  for (std::uint16_t i = 0; i < replicas_; ++i) {
    if (NodeId{i} == claimant || NodeId{i} == except || acks_[i].view != view_) continue;
    acks += std::ranges::any_of(acks_[i].heard, [&](const ViewChangeAck::Heard& h) {
      return h.from == claimant && h.digest == digest;
    });
  }
  return acks;
}

// As new primary: the claims that others will be able to check.
std::vector<Pbft::Supported> Pbft::certified(const Env& env) const {
  std::vector<Supported> found;
  for (std::uint16_t i = 0; i < replicas_; ++i) {
    if (!claims_[i] || claims_[i]->view != view_) continue;
    const NodeId claimant{i};
    const bool known =
        claimant == env.self() || acks_of(claimant, digest_of(*claims_[i]), env.self()) + 2 >= quorum_;
    if (known) found.push_back({claimant, *claims_[i]});
  }
  return found;
}

void Pbft::open_by_claims(Env& env) {
  Opening opening{view_, {}, {}, certified(env)};
  std::optional<Choice> choice = decide(opening.claims);
  if (!choice) return;
  opened_ = view_;
  propose_batches(env, opening, choice->stable.seq, std::move(choice->batches));
  falsify(env, opening);
  NewView m{env.sign(std::move(opening))};
  if (options_.disk) env.persist(m);
  promise(env, std::move(m));
}

// ---- the decision (figure 4)

std::optional<Pbft::Choice> Pbft::decide(const std::vector<Supported>& s) const {
  const auto stable = decide_checkpoint(s);
  if (s.size() < quorum_ || !stable) return std::nullopt;
  Seq last = stable->seq;
  for (const auto& [from, claims] : s) {
    for (const Claim& c : claims.prepared) last = std::max(last, std::min(c.seq, stable->seq + window_));
  }
  Choice choice{*stable, {}};
  std::size_t used = 0;  // numbers after the last prepared batch need no place; an empty batch may be
  for (Seq seq = stable->seq + 1; seq <= last; ++seq) {
    if (const Claim* chosen = decide_batch(s, seq)) {
      choice.batches.push_back(chosen->batch);
      used = choice.batches.size();
    } else if (decide_null(s, seq)) {
      choice.batches.emplace_back();
    } else {
      return std::nullopt;
    }
  }
  choice.batches.resize(used);
  return choice;
}

// The latest checkpoint that f + 1 have, one of them honest, and that a quorum hasn't passed.
std::optional<Pbft::Milestone> Pbft::decide_checkpoint(const std::vector<Supported>& s) const {
  std::optional<Milestone> best;
  for (const auto& [from, claims] : s) {
    for (const Milestone& m : claims.checkpoints) {
      const auto has = [&](const Supported& o) {
        return std::ranges::find(o.claims.checkpoints, m) != o.claims.checkpoints.end();
      };
      const auto not_passed = [&](const Supported& o) { return o.claims.stable <= m.seq; };
      if (static_cast<std::size_t>(std::ranges::count_if(s, has)) <= faults_) continue;
      if (static_cast<std::size_t>(std::ranges::count_if(s, not_passed)) < quorum_) continue;
      if (!best || best->seq < m.seq) best = m;
    }
  }
  return best;
}

// A1: a quorum claims nothing later or different. A2: f + 1 accepted it then or later.
const Pbft::Claim* Pbft::decide_batch(const std::vector<Supported>& s, Seq seq) const {
  for (const auto& [from, claims] : s) {
    for (const Claim& c : claims.prepared) {
      if (c.seq != seq) continue;
      const std::uint64_t digest = digest_of(c.batch);
      const auto agrees = [&](const Supported& o) {
        return o.claims.stable < seq && std::ranges::all_of(o.claims.prepared, [&](const Claim& p) {
                 return p.seq != seq || p.view < c.view || (p.view == c.view && digest_of(p.batch) == digest);
               });
      };
      const auto accepted = [&](const Supported& o) {
        return std::ranges::any_of(o.claims.accepted, [&](const PrePrepareVote& v) {
          return v.seq == seq && v.view >= c.view && v.digest == digest;
        });
      };
      const bool unbacked = options_.bug == Options::Bug::claims_not_backed;
      if (static_cast<std::size_t>(std::ranges::count_if(s, agrees)) < quorum_) continue;
      if (unbacked || static_cast<std::size_t>(std::ranges::count_if(s, accepted)) > faults_) return &c;
    }
  }
  return nullptr;
}

// B: a quorum says that nothing was prepared.
bool Pbft::decide_null(const std::vector<Supported>& s, Seq seq) const {
  const auto empty = [&](const Supported& o) {
    return o.claims.stable < seq &&
           std::ranges::none_of(o.claims.prepared, [&](const Claim& c) { return c.seq == seq; });
  };
  return static_cast<std::size_t>(std::ranges::count_if(s, empty)) >= quorum_;
}

// As backup: whether these claims were made; another replica vouches for each.
bool Pbft::vouched_for(const Env& env, const Opening& opening) const {
  const NodeId primary = primary_of(opening.view);
  NodeSet claimants;
  for (const auto& [from, claims] : opening.claims) {
    if (from.value >= replicas_ || claims.view != opening.view || !claimants.insert(from)) return false;
    if (!well_formed(env, claims)) return false;
    const std::uint64_t digest = digest_of(claims);
    const auto& own = claims_[from.value];
    const bool heard = own && digest_of(*own) == digest;
    // the primary has heard it, too, or says so
    if (!heard && from != primary && acks_of(from, digest, primary) + 1 <= faults_) return false;
  }
  return claimants.size() >= quorum_;
}

// ---- status

// Everyone repeats the statements that only their author can make.
void Pbft::help_without_proofs(Env& env, NodeId to, const Status& m, bool is_stuck) {
  if (m.view == view_ && !m.active && !witness_) {
    const auto& own = claims_[env.self().value];
    if (own && own->view == view_) env.send(to, *own);
    acknowledge(env, to);
  }
  if (states_.front().seq == stable_ && std::min(m.stable, m.executed) < stable_) {
    const State& state = states_.front();
    if (!witness_) env.send(to, Checkpoint{env.sign(Milestone{state.seq, state.slots, digest_of(state)})});
    if (m.executed < stable_ && m.helper == env.self()) env.send(to, Transfer{{}, state});
  }
  if (!is_stuck || witness_ || m.executed >= limit()) return;
  constexpr Seq most = 16;
  const Seq last = std::min(limit(), m.executed + most);
  for (Seq seq = std::max(m.executed, stable_) + 1; seq <= last; ++seq) {
    if (const PrePrepare* committed = committed_at(seq)) env.send(to, Decided{*committed});
  }
}

// One of f + 1 is honest.
void Pbft::on(Env& env, NodeId from, const Decided& m) {
  if (!options_.macs()) return;
  Slot* slot = slot_at(m.pre_prepare.vote->seq);
  if (slot == nullptr || slot->settled || slot->committed || !acceptable(env, m.pre_prepare)) return;
  std::erase_if(slot->decided, [&](const auto& d) { return d.first == from; });
  slot->decided.emplace_back(from, m.pre_prepare);
  const auto same = [&](const auto& d) { return d.second.vote->digest == m.pre_prepare.vote->digest; };
  if (static_cast<std::size_t>(std::ranges::count_if(slot->decided, same)) <= faults_) return;
  slot->settled = Evidence{m.pre_prepare, {}, {}};
  execute(env);
}

bool Pbft::known_to_few(const Milestone& milestone) const {
  if (!stable_proof_.empty() && *stable_proof_.front() == milestone) return true;
  const auto same = [&](const auto& m) { return m && **m == milestone; };
  return static_cast<std::size_t>(std::ranges::count_if(milestones_, same)) > faults_;
}

}  // namespace protocols
