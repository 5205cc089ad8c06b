// Attacks on Practical Byzantine Fault Tolerance, for nodes that a scenario makes Byzantine. An attack breaks
// the protocol when more nodes take part than it tolerates, or when the check against the attack is left out,
// and never otherwise. Nodes that collude have shared their keys, so one of them can do the work of all.
#include <algorithm>
#include <utility>

#include "protocols/pbft/pbft.hpp"

namespace protocols {

const Fields::Names<Pbft::Attack>& Pbft::attacks() {
  static const Fields::Names<Attack> names{{"equivocating_primary", Attack::equivocating_primary},
                                           {"bad_new_view", Attack::bad_new_view},
                                           {"withheld_commit", Attack::withheld_commit},
                                           {"early_answer", Attack::early_answer},
                                           {"false_claims", Attack::false_claims}};
  return names;
}

namespace pbft_attack {

// The replicas to be deceived, in order.
std::vector<NodeId> victims(const Pbft::Env& env) {
  const NodeSet fellows = env.colluders();
  std::vector<NodeId> found;
  for (std::uint16_t i = 0; i < env.cluster(); ++i) {
    if (NodeId{i} != env.self() && !fellows.contains(NodeId{i})) found.push_back(NodeId{i});
  }
  return found;
}

// Another batch for the same number, whose requests clients have signed just as well.
Pbft::Batch another(const Pbft::Batch& batch) {
  Pbft::Batch other;
  if (batch.size() > 1) other.assign(batch.rbegin(), batch.rend());
  return other;
}

}  // namespace pbft_attack

// Attacks instead of broadcasting; returns false if the message is no part of an attack.
bool Pbft::deceive(Env& env, const Message& message) {
  if (env.carries_out(Attack::equivocating_primary)) {
    if (const auto* m = std::get_if<PrePrepare>(&message)) return propose_two(env, *m);
    return leads(env) && std::holds_alternative<Commit>(message);  // they have been sent already
  }
  if (!env.carries_out(Attack::withheld_commit) || !std::holds_alternative<Commit>(message)) return false;
  const auto victims = pbft_attack::victims(env);
  if (!victims.empty()) env.send(victims.front(), message);
  return true;
}

// Answers writes as done when they are not even prepared.
void Pbft::answer_early(Env& env, const Batch& batch) {
  if (!env.carries_out(Attack::early_answer)) return;
  for (const Request& request : batch) {
    if (!is_read(request.command)) answer(env, request.id, Value{}, false);
  }
}

// Tells one half of one batch and the other half of another, in turn. Each half gets all the votes for its
// batch that this node and its accomplices can cast.
bool Pbft::propose_two(Env& env, const PrePrepare& one) {
  const Seq seq = one.vote->seq;
  Batch batch = pbft_attack::another(one.batch);
  const PrePrepareVote vote{view_, seq, digest_of(batch)};
  const PrePrepare two{env.sign(vote), std::move(batch)};
  NodeSet voters = env.colluders();
  voters.insert(env.self());
  const auto victims = pbft_attack::victims(env);
  for (std::size_t i = 0; i < victims.size(); ++i) {
    const bool first_half = i < (victims.size() + 1) / 2;
    const PrePrepare& told = first_half == (seq % 2 == 0) ? one : two;
    env.send(victims[i], told);
    for (std::uint16_t v = 0; v < replicas_; ++v) {
      const NodeId voter{v};
      if (!voters.contains(voter)) continue;
      if (options_.macs() && voter != env.self()) {  // nobody can speak for another
        env.send(voter, Plot{told, victims[i]});
        continue;
      }
      const std::uint64_t digest = told.vote->digest;
      if (voter != env.self())
        env.send(victims[i], Prepare{env.sign_as(voter, PrepareVote{view_, seq, digest})});
      env.send(victims[i], Commit{env.sign_as(voter, CommitVote{view_, seq, digest})});
    }
  }
  return true;
}

// Votes as it was agreed, twice if need be.
void Pbft::on(Env& env, NodeId from, const Plot& m) {
  if (!env.carries_out(Attack::equivocating_primary) || !env.colluders().contains(from)) return;
  const auto& [view, seq, digest] = *m.told.vote;
  env.send(m.victim, Prepare{env.sign(PrepareVote{view, seq, digest})});
  env.send(m.victim, Commit{env.sign(CommitVote{view, seq, digest})});
}

// Without signatures: claims that empty batches were prepared just now; with accomplices that plot a bad new
// view, claims that nothing was prepared.
void Pbft::falsify(Env& env, Claims& claims) {
  if (env.carries_out(Attack::false_claims)) {
    claims.prepared.clear();
    const Seq last = std::min(limit(), executed_ + 2);
    for (Seq seq = stable_ + 1; seq <= last; ++seq) claims.prepared.push_back({view_ - 1, seq, {}});
  } else if (env.carries_out(Attack::bad_new_view) && env.colluders().size() > 1) {
    claims.prepared.clear();
    claims.accepted.clear();
  }
}

// Alone, the new primary proposes batches that do not follow from the wishes: each number gets the batch of
// the next. With accomplices it makes them wish as if nothing were prepared, and its proposals do follow.
void Pbft::falsify(Env& env, Opening& opening) {
  if (!env.carries_out(Attack::bad_new_view)) return;
  const NodeSet fellows = env.colluders();
  if (fellows.size() > 1) {
    if (!options_.macs()) forge_wishes(env, opening);
    return;
  }
  const Seq stable = choice_of(opening)->stable.seq;
  std::vector<Batch> batches;
  for (PrePrepare& m : opening.proposals) batches.push_back(std::move(m.batch));
  if (batches.size() < 2) {
    batches.assign(batches.size(), {});
  } else {
    std::rotate(batches.begin(), batches.begin() + 1, batches.end());
  }
  propose_batches(env, opening, stable, std::move(batches));
}

// Hears only those honest replicas that know least.
void Pbft::forge_wishes(Env& env, Opening& opening) {
  const NodeSet fellows = env.colluders();
  std::erase_if(opening.wishes, [&](const Signed<Wish>& w) { return fellows.contains(w.signer()); });
  std::ranges::stable_sort(opening.wishes, {}, [](const Signed<Wish>& w) { return w->prepared.size(); });
  const std::size_t needed = quorum_ - std::min(quorum_, fellows.size());
  if (opening.wishes.size() > needed)
    opening.wishes.erase(opening.wishes.begin() + static_cast<std::ptrdiff_t>(needed), opening.wishes.end());
  for (std::uint16_t i = 0; i < replicas_; ++i) {
    if (fellows.contains(NodeId{i}))
      opening.wishes.push_back(env.sign_as(NodeId{i}, Wish{view_, stable_proof_, {}}));
  }
  Choice choice = choose(opening.wishes);
  propose_batches(env, opening, choice.stable.seq, std::move(choice.batches));
}

}  // namespace protocols
