// Practical Byzantine Fault Tolerance: execution of committed or only prepared batches; checkpoints and state
// transfer.
#include <algorithm>
#include <utility>

#include "protocols/pbft/pbft.hpp"

namespace protocols {

// ---- execution

// The batch that is known to be committed at a sequence number; nullptr while none is.
const Pbft::PrePrepare* Pbft::committed_at(Seq seq) {
  const Slot* slot = slot_at(seq);
  if (slot == nullptr) return nullptr;
  if (slot->settled) return &slot->settled->pre_prepare;
  return slot->committed ? &*slot->accepted : nullptr;
}

void Pbft::execute(Env& env) {
  const Seq before = executed_;
  while (const PrePrepare* next = committed_at(executed_ + 1)) commit_batch(env, executed_ + 1, *next);
  execute_tentatively(env);
  if (executed_ == before) return;
  expected_since_ = env.now();
  watch(env);
  if (!ahead_) answer_reads(env);
  propose(env);
}

void Pbft::commit_batch(Env& env, Seq seq, const PrePrepare& m) {
  if (ahead_ && ahead_digest_ != m.vote->digest) roll_back(env);
  if (!ahead_) run(env, seq, m.batch, Answers::final);
  ahead_ = false;
  executed_ = seq;
  settled_ = std::max(settled_, m.vote->view + 1);
  for (const Request& request : m.batch) {
    last_value_ = fingerprint(request);
    env.decide(++ordered_, last_value_, settled_);
  }
  wait_for_replaced(env, seq, m);
  stop_waiting(env);
  if (active_ && m.vote->view == view_ && !m.batch.empty()) calm_down(env);
  if (seq % static_cast<Seq>(options_.checkpoint_every) == 0) take_checkpoint(env);
}

// A request may be ordered twice; it is executed once.
void Pbft::run(Env& env, Seq seq, const Batch& batch, Answers answers) {
  for (const Request& request : batch) {
    if (sessions_.is_over(request.id) || sessions_.find(request.id) != nullptr) continue;
    Value output = env.apply(request).output;
    if (answers != Answers::none && may_answer(seq))
      answer(env, request.id, output, answers == Answers::provisional);
    sessions_.add(request, seq, std::move(output));
  }
}

void Pbft::answer(Env& env, RequestId id, const Value& output, bool provisional) {
  if (provisional) return env.reply_provisionally(id, output, primary_of(view_), term());
  env.reply(id, output, primary_of(view_));
}

// ---- tentative execution (OSDI 1999, section 5.1)

void Pbft::execute_tentatively(Env& env) {
  if (!options_.tentative || ahead_ || !active_) return;
  const Slot* slot = slot_at(executed_ + 1);
  if (slot == nullptr || !slot->prepared) return;
  ahead_ = true;
  ahead_digest_ = slot->accepted->vote->digest;
  run(env, executed_ + 1, slot->accepted->batch, Answers::provisional);
}

// Goes back to the committed batches: executes them again from this replica's latest checkpoint. A client may
// have believed a provisional answer, so reads must not miss what it answered.
void Pbft::roll_back(Env& env) {
  if (!ahead_) return;
  ahead_ = false;
  reads_.clear();
  reads_from_ = std::max(reads_from_, executed_ + 1);
  const State& state = states_.back();
  env.install(state.snapshot);
  sessions_ = state.sessions;
  for (Seq seq = state.seq + 1; seq <= executed_; ++seq) {
    run(env, seq, committed_at(seq)->batch, Answers::none);
  }
}

// ---- reads out of order (OSDI 1999, section 5.1)

// Tentative execution must be settled before anybody reads its result.
void Pbft::read(Env& env, const Request& request) {
  reads_.push_back(request);
  if (!ahead_) answer_reads(env);
}

// Whether this replica, after a crash, will know that it may have been there. Others' votes may take it far
// ahead of a slow disk. If its answers counted then, it could contradict them after a crash, by reading from
// the older state that it remembers.
bool Pbft::may_answer(Seq seq) const {
  return !options_.read_only || !options_.disk || seq <= lasting_ + 2 * window_;
}

void Pbft::answer_reads(Env& env) {
  if (!witness_ && executed_ >= reads_from_ && may_answer(executed_)) {
    for (const Request& request : reads_) answer(env, request.id, env.apply(request).output, false);
  }
  reads_.clear();  // the client turns to the ordered way
}

// ---- checkpoints (section 4.3)

void Pbft::take_checkpoint(Env& env) {
  states_.push_back({executed_, ordered_, last_value_, env.snapshot(), sessions_});
  const Milestone milestone{executed_, ordered_, digest_of(states_.back())};
  if (executed_ == next_stable_seq()) make_stable(env, StableProof(next_stable_));
  if (options_.macs() && options_.disk && executed_ > stable_) env.persist(states_.back());
  promise(env, Checkpoint{env.sign(milestone)});
}

std::uint64_t Pbft::digest_of(const State& state) {
  Digest digest;
  digest.add(state.seq);
  digest.add(state.slots);
  digest.add(state.last_value);
  digest.add(state.snapshot.state.digest());
  state.sessions.add_to(digest);
  return digest.value();
}

bool Pbft::proves_stable(const StableProof& proof) const {
  NodeSet signers;
  for (const auto& milestone : proof) {
    if (*milestone == *proof.front()) signers.insert(milestone.signer());
  }
  return signers.size() >= quorum_;
}

void Pbft::on(Env& env, NodeId from, const Checkpoint& m) {
  const Seq needed = options_.macs() ? std::min(stable_, executed_) : stable_;
  if (m.milestone->seq <= needed || !credible(from, m.milestone)) return;
  auto& latest = milestones_[m.milestone.signer().value];
  if (latest && (*latest)->seq >= m.milestone->seq) return;
  latest = m.milestone;
  StableProof equal;
  for (const auto& other : milestones_) {
    if (other && **other == *m.milestone) equal.push_back(*other);
  }
  if (equal.size() >= quorum_) learn_stable(env, equal);
}

// A replica that has not come so far keeps its log: it may still get there by itself.
void Pbft::learn_stable(Env& env, const StableProof& proof) {
  const Seq seq = proof.front()->seq;
  if (seq <= stable_ || seq <= next_stable_seq()) return;
  if (executed_ >= seq) return make_stable(env, proof);
  next_stable_ = proof;
}

// Drops everything before the checkpoint, whether or not this replica has the state.
void Pbft::make_stable(Env& env, const StableProof& proof) {
  stable_ = proof.front()->seq;
  stable_proof_ = proof;
  if (next_stable_seq() <= stable_) next_stable_.clear();
  while (states_.size() > 1 && states_[1].seq <= stable_) states_.pop_front();
  if (options_.disk) {
    env.persist(stable_proof_);
    if (states_.front().seq == stable_) env.persist(states_.front());
    if (options_.read_only) env.when_durable(Lasting{stable_});
  }
  propose(env);
}

// ---- state transfer

void Pbft::on(Env& env, NodeId, const Transfer& m) {
  const bool proven = proves_stable(m.proof);
  if (!options_.macs() && !proven) return;
  if (options_.macs() && (!m.state || m.state->seq <= executed_)) return;
  if (!m.state || m.state->seq <= executed_) return learn_stable(env, m.proof);
  const Milestone held{m.state->seq, m.state->slots, digest_of(*m.state)};
  if (options_.macs() ? !known_to_few(held) : held != *m.proof.front()) return;
  resume_from(env, *m.state);
  if (executed_ >= stable_) make_stable(env, options_.macs() ? StableProof{env.sign(held)} : m.proof);
  stop_waiting(env);
  watch(env);
  execute(env);
}

void Pbft::resume_from(Env& env, const State& state) {
  ahead_ = false;
  env.install(state.snapshot);
  sessions_ = state.sessions;
  executed_ = state.seq;
  ordered_ = state.slots;
  last_value_ = state.last_value;
  settled_ = std::max(settled_, term());
  if (ordered_ > 0) env.decide(ordered_, last_value_, settled_);
  states_ = {state};
}

}  // namespace protocols
