// Practical Byzantine Fault Tolerance: the view change (OSDI 1999, section 4.4), and recovery from disk after
// a restart.
#include <algorithm>
#include <utility>

#include "protocols/pbft/pbft.hpp"

namespace protocols {

// ---- leaving a view

void Pbft::change_view(Env& env, View view) {
  leave_view(env);
  view_ = view;
  active_ = false;
  env.cancel_timer(Timer::view_change);
  env.become(Role::candidate, term());
  if (options_.macs() && !witness_) return claim(env);
  if (options_.disk) env.persist(Disk::Leave{view_, {}});
  if (witness_) return;
  wishes_[env.self().value] = env.sign(wish());
  promise(env, ViewChange{*wishes_[env.self().value]});
  count_wishes(env);
}

void Pbft::leave_view(Env& env) {
  roll_back(env);
  wait_for_proposed(env);
  for (Slot& slot : slots_) {
    if (slot.seq > stable_) put_away(slot);
  }
  expected_ = 0;
}

// Keeps what later views must know of a sequence number, and drops the votes.
void Pbft::put_away(Slot& slot) const {
  if (slot.committed && !slot.settled) slot.settled = evidence_of(slot);
  if (slot.prepared) slot.certificate = certificate_of(slot);
  slot.accepted.reset();
  slot.prepares.clear();
  slot.commits.clear();
  slot.prepared = slot.committed = false;
}

Pbft::Wish Pbft::wish() const {
  Wish wish{view_, stable_proof_, {}};
  for (Seq seq = stable_ + 1; seq <= limit(); ++seq) {
    const Slot& slot = slots_[seq % window_];
    if (slot.seq == seq && slot.certificate) wish.prepared.push_back(*slot.certificate);
  }
  return wish;
}

// ---- others' wishes

bool Pbft::valid(const Env& env, const Signed<Wish>& signed_wish) const {
  const Wish& wish = *signed_wish;
  if (wish.view == 0 || wish.prepared.size() > window_) return false;
  if (!wish.stable.empty() && !proves_stable(wish.stable)) return false;
  return std::ranges::all_of(wish.prepared, [&](const Certificate& c) { return valid(env, c, wish); });
}

bool Pbft::valid(const Env& env, const Certificate& c, const Wish& wish) const {
  const auto& [view, seq, digest] = *c.pre_prepare.vote;
  if (view >= wish.view || seq <= wish.stable_seq() || seq > wish.stable_seq() + window_) return false;
  if (!acceptable(env, c.pre_prepare)) return false;
  NodeSet signers;
  signers.insert(primary_of(view));
  for (const auto& prepare : c.prepares) {
    if (*prepare == PrepareVote{view, seq, digest}) signers.insert(prepare.signer());
  }
  return signers.size() >= quorum_;
}

void Pbft::on(Env& env, NodeId, const ViewChange& m) {
  const Wish& wish = *m.wish;
  if (wish.view < view_ || (wish.view == view_ && active_)) return;
  auto& latest = wishes_[m.wish.signer().value];
  if ((latest && (*latest)->view >= wish.view) || !valid(env, m.wish)) return;
  latest = m.wish;
  if (!wish.stable.empty()) learn_stable(env, wish.stable);
  join_others(env);
  count_wishes(env);
}

// The latest view in which a replica is, or wants to be, as far as it says.
Pbft::View Pbft::seen_in(std::size_t replica) const {
  return std::max(wished_by(replica), reported_in_[replica]);
}

// One of f + 1 is honest, and has a reason. A replica that is already in the view counts, too: its reasons
// for entering need not convince others.
void Pbft::join_others(Env& env) {
  std::size_t ahead = 0;
  View earliest = 0;
  for (std::size_t i = 0; i < replicas_; ++i) {
    const View view = seen_in(i);
    if (view <= view_) continue;
    ++ahead;
    earliest = earliest == 0 ? view : std::min(earliest, view);
  }
  if (ahead > faults_) change_view(env, earliest);
}

// Once a quorum wants the view, or has wanted it, its primary has a limited time to begin it; otherwise the
// next one is tried.
void Pbft::count_wishes(Env& env) {
  if (active_ || witness_) return;
  std::size_t here = 0, here_or_beyond = 0;
  for (std::size_t i = 0; i < replicas_; ++i) {
    here += wished_by(i) == view_ ? 1 : 0;
    here_or_beyond += wished_by(i) >= view_ ? 1 : 0;
  }
  if (here_or_beyond < quorum_) return;
  if (timed_ < view_) env.set_timer(Timer::view_change, patience_);
  timed_ = view_;
  if (here >= quorum_ && primary_of(view_) == env.self() && opened_ < view_) open_view(env);
}

// ---- the new view

void Pbft::open_view(Env& env) {
  if (options_.macs()) return open_by_claims(env);
  opened_ = view_;
  Opening opening{view_, {}, {}};
  for (const auto& w : wishes_) {
    if (w && (*w)->view == view_) opening.wishes.push_back(*w);
  }
  Choice choice = choose(opening.wishes);
  propose_batches(env, opening, choice.stable.seq, std::move(choice.batches));
  falsify(env, opening);
  NewView m{env.sign(std::move(opening))};
  if (options_.disk) env.persist(m);
  promise(env, std::move(m));
}

void Pbft::propose_batches(Env& env, Opening& opening, Seq seq, std::vector<Batch> batches) {
  opening.proposals.clear();
  for (Batch& batch : batches) {
    const PrePrepareVote vote{view_, ++seq, digest_of(batch)};
    opening.proposals.push_back({env.sign(vote), std::move(batch)});
  }
}

// The latest stable checkpoint of all, and for each number after it the batch prepared in the latest view.
Pbft::Choice Pbft::choose(const std::vector<Signed<Wish>>& wishes) {
  const auto latest = std::ranges::max_element(wishes, {}, [](const auto& w) { return w->stable_seq(); });
  const Seq stable = (*latest)->stable_seq();
  std::map<Seq, const PrePrepare*> chosen;
  for (const auto& wish : wishes) {
    for (const Certificate& c : wish->prepared) {
      if (c.pre_prepare.vote->seq <= stable) continue;
      const PrePrepare*& best = chosen[c.pre_prepare.vote->seq];
      if (best == nullptr || best->vote->view < c.pre_prepare.vote->view) best = &c.pre_prepare;
    }
  }
  Choice choice{};
  if (stable > 0) choice.stable = *(*latest)->stable.front();
  for (const auto& [seq, best] : chosen) {
    choice.batches.resize(seq - stable);  // what nobody prepared stays empty
    choice.batches.back() = best->batch;
  }
  return choice;
}

std::optional<Pbft::Choice> Pbft::choice_of(const Opening& opening) const {
  if (options_.macs()) return decide(opening.claims);
  return choose(opening.wishes);
}

// Whether these are a quorum's wishes, and the proposals follow from them.
bool Pbft::follows_from_wishes(const Env& env, const Opening& opening) const {
  NodeSet signers;
  for (const auto& wish : opening.wishes) {
    if (wish->view != opening.view || !valid(env, wish)) return false;
    signers.insert(wish.signer());
  }
  if (!options_.macs() && signers.size() < quorum_) return false;
  const auto choice = choice_of(opening);
  if (!choice || choice->batches.size() != opening.proposals.size()) return false;
  Seq seq = choice->stable.seq;
  for (std::size_t i = 0; i < choice->batches.size(); ++i) {
    const PrePrepareVote expected{opening.view, ++seq, digest_of(choice->batches[i])};
    if (*opening.proposals[i].vote != expected || !acceptable(env, opening.proposals[i])) return false;
  }
  return true;
}

void Pbft::on(Env& env, NodeId from, const NewView& m) {
  const Opening& opening = *m.opening;
  if (opening.view < view_ || (opening.view == view_ && active_)) return;
  if (m.opening.signer() != primary_of(opening.view) || !credible(from, m.opening)) return;
  const bool unchecked = options_.bug == Options::Bug::new_view_not_checked;
  if (options_.macs() && !unchecked && from != env.self() && !vouched_for(env, opening)) {
    if (opening.view == view_) offered_ = m;
    return;
  }
  if (!unchecked && m.opening.signer() != env.self() && !follows_from_wishes(env, opening)) return;
  if (options_.disk && m.opening.signer() != env.self()) env.persist(m);
  enter(env, m);
}

void Pbft::enter(Env& env, const NewView& m) {
  const Opening& opening = *m.opening;
  if (opening.view > view_) leave_view(env);
  view_ = opening.view;
  active_ = entering_ = true;
  offered_.reset();
  new_view_ = m;
  raise_stable(env, opening);
  proposed_ = stable_;
  turn_since_ = expected_since_ = env.now();
  env.become(leads(env) ? Role::primary : Role::backup, term());
  if (leads(env)) show_log(env, opening);
  for (const PrePrepare& proposal : opening.proposals) {
    Slot* slot = slot_at(proposal.vote->seq);
    if (slot == nullptr || slot->accepted || !acceptable(env, proposal)) continue;
    proposed_ = std::max(proposed_, proposal.vote->seq);
    accept(env, proposal);
  }
  for (Slot& slot : slots_) {
    if (slot.seq > stable_) progress(env, slot);  // votes may have come before
  }
  entering_ = false;
  pass_on_waiting(env);
}

void Pbft::raise_stable(Env& env, const Opening& opening) {
  if (options_.macs()) {
    const auto choice = choice_of(opening);
    if (choice && choice->stable.seq > stable_) make_stable(env, {env.sign(choice->stable)});
  }
  for (const auto& wish : opening.wishes) {
    if (wish->stable_seq() > stable_ && proves_stable(wish->stable)) make_stable(env, wish->stable);
  }
}

// Tells observers what this primary's log holds.
void Pbft::show_log(Env& env, const Opening& opening) {
  const auto choice = choice_of(opening);
  std::vector<std::uint64_t> values;
  for (const PrePrepare& proposal : opening.proposals) {
    for (const Request& request : proposal.batch) values.push_back(fingerprint(request));
  }
  env.lead(term(), {choice ? choice->stable.slots : 0, values});
}

// ---- restart

void Pbft::Disk::replay(const Write& write) {
  std::visit([&](const auto& w) { replay_one(w); }, write);
}
void Pbft::Disk::replay_one(const Leave& leave) {
  view = leave.view;
  active = false;
  claims = leave.claims;
}
void Pbft::Disk::replay_one(const NewView& m) {
  view = m.opening->view;
  active = true;
  new_view = m;
  for (const PrePrepare& proposal : m.opening->proposals) replay_one(proposal);
}
void Pbft::Disk::replay_one(const PrePrepare& m) {
  Kept& kept = slots[m.vote->seq];
  if (!kept.prepares.empty()) kept.certificate = {std::move(*kept.pre_prepare), std::move(kept.prepares)};
  kept.prepares.clear();
  kept.pre_prepare = m;
  std::erase_if(kept.accepted, [&](const PrePrepareVote& v) { return v.digest == m.vote->digest; });
  kept.accepted.push_back(*m.vote);
}
void Pbft::Disk::replay_one(const Prepared& prepared) { slots[prepared.seq].prepares = prepared.prepares; }
void Pbft::Disk::replay_one(const StableProof& proof) {
  stable = proof;
  slots.erase(slots.begin(), slots.upper_bound(proof.front()->seq));
  while (states.size() > 1 && states[1].seq <= proof.front()->seq) states.pop_front();
}
void Pbft::Disk::replay_one(const State& s) {
  if (states.empty() || states.back().seq < s.seq) states.push_back(s);
  while (states.size() > 1 && !stable.empty() && states[1].seq <= stable.front()->seq) states.pop_front();
}

// A replica that finds its votes on disk goes on where it was; what it voted for is committed, or will be
// asked for.
void Pbft::recover(Env& env) {
  witness_ = !found_->begun;
  if (witness_) return;
  view_ = found_->view;
  active_ = found_->active;
  new_view_ = found_->new_view;
  if (new_view_) opened_ = new_view_->opening->view;
  stable_proof_ = found_->stable;
  stable_ = stable_proof_.empty() ? 0 : stable_proof_.front()->seq;
  if (!found_->states.empty()) {
    resume_from(env, found_->states.back());
    states_ = found_->states;
  }
  if (active_ && new_view_) raise_stable(env, *new_view_->opening);
  lasting_ = stable_;
  reads_from_ = stable_ + 2 * window_;  // it may have answered for more than it remembers, see may_answer
  proposed_ = stable_;
  for (auto& [seq, kept] : found_->slots) {
    Slot* slot = slot_at(seq);
    if (slot == nullptr) continue;
    slot->certificate = std::move(kept.certificate);
    slot->accepted = std::move(kept.pre_prepare);
    slot->prepares = std::move(kept.prepares);
    slot->prepared = !slot->prepares.empty();
    if (options_.macs()) slot->votes = std::move(kept.accepted);
    if (active_ && slot->accepted->vote->view == view_) {
      proposed_ = seq;
      vote_again(env, *slot);
    } else {
      put_away(*slot);
    }
  }
  if (options_.macs()) remember_claims(env);
  if (!active_ && !options_.macs()) wishes_[env.self().value] = env.sign(wish());
  for (Slot& slot : slots_) {
    if (slot.seq > stable_) progress(env, slot);  // a single replica is a quorum
  }
}

// These votes may have been sent before the crash. Others will have them from this replica's evidence.
void Pbft::vote_again(Env& env, Slot& slot) {
  const auto& [view, seq, digest] = *slot.accepted->vote;
  if (slot.prepared) {
    slot.commits.push_back(env.sign(CommitVote{view, seq, digest}));
  } else if (!leads(env)) {
    slot.prepares.push_back(env.sign(PrepareVote{view, seq, digest}));
  }
}

}  // namespace protocols
