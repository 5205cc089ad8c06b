// Practical Byzantine Fault Tolerance: options, requests, and the three phases of the normal case.
#include "protocols/pbft/pbft.hpp"

#include <algorithm>
#include <utility>

namespace protocols {

namespace pbft_votes {

// Adds a vote unless its signer has voted already.
template <class Vote> bool add(std::vector<Signed<Vote>>& votes, const Signed<Vote>& vote) {
  const auto same = [&](const Signed<Vote>& v) { return v.signer() == vote.signer(); };
  if (std::ranges::any_of(votes, same)) return false;
  votes.push_back(vote);
  return true;
}

template <class Vote> std::size_t count(const std::vector<Signed<Vote>>& votes, std::uint64_t digest) {
  const auto same = [&](const Signed<Vote>& v) { return v->digest == digest; };
  return static_cast<std::size_t>(std::ranges::count_if(votes, same));
}

template <class Vote>
std::vector<Signed<Vote>> matching(const std::vector<Signed<Vote>>& votes, std::uint64_t digest) {
  std::vector<Signed<Vote>> same;
  for (const auto& vote : votes) {
    if (vote->digest == digest) same.push_back(vote);
  }
  return same;
}

}  // namespace pbft_votes

void Pbft::Options::describe(Fields& f) {
  f.count("faults", faults, {.max = 1000},
          "Number of faulty replicas tolerated (f). 0: the maximum, (n - 1) / 3. Larger values are allowed, "
          "to show what breaks.");
  f.count("batch", batch, {.min = 1, .max = 10'000}, "How many requests may share a sequence number.");
  f.count("in_progress", in_progress, {.min = 1},
          "Sequence numbers in progress at a time; further requests wait for the next batch.");
  f.count("checkpoint_every", checkpoint_every, {.min = 1, .max = 1'000'000},
          "Interval in sequence numbers at which replicas compare states and discard their logs.");
  f.count("log_window", log_window, {.min = 1, .max = 1'000'000},
          "Sequence numbers that may be used after the last stable checkpoint.");
  f.duration("request_timeout", request_timeout, {.min = 1us},
             "How long a replica waits for a request to be executed before it demands a view change. Doubles "
             "with each attempt.");
  f.count("doublings", doublings, {.max = 20},
          "How often request_timeout may double. Longer delays then stop the service while they last.");
  f.duration("status_every", status_every, {.min = 1us},
             "Interval at which a replica reports its progress; replicas that make none are sent what "
             "they miss.");
  f.flag("tentative", tentative, "Execute and answer when prepared; clients wait for a quorum of answers.");
  f.flag("read_only", read_only, "Answer reads at once, out of order; clients wait for a quorum of answers.");
  f.flag("disk", disk,
         "Whether votes are on disk before they are sent. If not, a restarted replica never "
         "votes again.");
  f.choice("authentication", authentication,
           {{"signatures", Authentication::signatures}, {"macs", Authentication::macs}},
           "How messages are authenticated: by signatures, which convince everybody, or by MACs, which "
           "convince only the addressee.");
  f.choice("bug", bug,
           {{"none", Bug::none},
            {"new_view_not_checked", Bug::new_view_not_checked},
            {"no_commit_phase", Bug::no_commit_phase},
            {"read_only_after_few", Bug::read_only_after_few},
            {"claims_not_backed", Bug::claims_not_backed},
            {"clock_starts_anew", Bug::clock_starts_anew},
            {"view_change_once", Bug::view_change_once}},
           "A planted bug: backups don't check what a new primary proposes; batches are executed as soon as "
           "they are prepared; with read_only, clients accept writes from only f + 1 replicas; with macs, a "
           "new view trusts a single replica's claim of what was prepared; a client that moves on without an "
           "answer restarts the replicas' timers; a replica demands a view change only once.");
}

std::size_t Pbft::Options::f(std::size_t replicas) const {
  return faults > 0 ? static_cast<std::size_t>(faults) : (replicas - 1) / 3;
}

std::string Pbft::Options::complaint(std::size_t replicas) const {
  if (f(replicas) >= replicas) return "faults must be smaller than the number of replicas";
  if (log_window < checkpoint_every) return "log_window must not be smaller than checkpoint_every";
  return {};
}

ClientPolicy Pbft::client_policy(const Options& o, std::size_t replicas) {
  const auto few = static_cast<std::uint32_t>(o.f(replicas) + 1);
  const auto quorum = static_cast<std::uint32_t>(o.quorum(replicas));
  const bool reads_alone = o.read_only && o.bug != Options::Bug::read_only_after_few;
  ClientPolicy policy{.write_answers = reads_alone ? quorum : few,
                      .read_answers = o.read_only ? quorum : few,
                      .equal_answers = true,
                      .provisional_answers = o.tentative ? quorum : few,
                      .retry_everyone = true};
  if (o.read_only) policy.read_target = ClientPolicy::Target::everyone;
  return policy;
}

Pbft::Pbft(const Options& options, const Disk& disk)
    : options_(options),
      found_(disk),
      window_(static_cast<std::uint64_t>(options.log_window)),
      patience_(options.request_timeout) {}

// ---- what comes in

void Pbft::on_start(Env& env) {
  replicas_ = env.cluster();
  faults_ = options_.f(replicas_);
  quorum_ = options_.quorum(replicas_);
  slots_.resize(window_);
  milestones_.resize(replicas_);
  wishes_.resize(replicas_);
  claims_.resize(replicas_);
  acks_.resize(replicas_);
  reported_in_.resize(replicas_);
  helper_ = env.self();
  states_.push_back({.snapshot = env.empty_snapshot()});
  if (!env.first_life()) recover(env);
  found_.reset();
  if (env.first_life() && options_.disk) env.persist(Disk::Begin{});
  env.become(!active_ ? Role::candidate : leads(env) ? Role::primary : Role::backup, term());
  if (env.first_life() && leads(env)) env.lead(term(), {});
  env.set_timer(Timer::status, options_.status_every);
}

void Pbft::on_message(Env& env, NodeId from, const Message& message) {
  std::visit([&](const auto& m) { on(env, from, m); }, message);
}

// ---- the three phases

Pbft::Slot* Pbft::slot_at(Seq seq) {
  if (seq <= stable_ || seq > limit()) return nullptr;
  Slot& slot = slots_[seq % window_];
  if (slot.seq == seq) return &slot;
  slot.seq = seq;
  slot.accepted.reset();
  slot.prepares.clear();
  slot.commits.clear();
  slot.prepared = slot.committed = false;
  slot.certificate.reset();
  slot.settled.reset();
  slot.votes.clear();
  slot.decided.clear();
  return &slot;
}

std::uint64_t Pbft::digest_of(const Batch& batch) {
  Digest digest;
  for (const Request& request : batch) {
    digest.add(fingerprint(request));
    digest.add(request.oldest_pending);
  }
  return digest.value();
}

// Whether the primary of some view has signed this, and clients the requests in it.
bool Pbft::acceptable(const Env& env, const PrePrepare& m) const {
  return m.vote.signer() == primary_of(m.vote->view) && m.vote->digest == digest_of(m.batch) &&
         m.batch.size() <= static_cast<std::size_t>(options_.batch) &&
         std::ranges::all_of(m.batch, [&](const Request& r) { return !r.ping && env.authentic(r); });
}

// Sends to everybody, and to this replica's own tally, once everything written so far is on disk.
void Pbft::promise(Env& env, Message message) {
  if (witness_) return;
  if (!options_.disk) return release(env, message);
  env.when_durable(std::move(message));
}

void Pbft::on_durable(Env& env, const Deferred& what) {
  if (const auto* lasting = std::get_if<Lasting>(&what)) {
    lasting_ = std::max(lasting_, lasting->seq);
  } else {
    release(env, std::get<Message>(what));
  }
}

void Pbft::release(Env& env, const Message& message) {
  if (!deceive(env, message)) env.broadcast(message);
  on_message(env, env.self(), message);
}

void Pbft::on(Env& env, NodeId from, const PrePrepare& m) {
  if (!credible(from, m.vote) || !active_ || m.vote->view != view_) return;
  Slot* slot = slot_at(m.vote->seq);
  if (slot == nullptr) return;
  if (leads(env)) return progress(env, *slot);  // its own: a single replica is a quorum
  if (slot->accepted || !acceptable(env, m)) return;
  if (options_.disk) env.persist(m);
  accept(env, m);
}

// From now on, in this view, accepts nothing else at this sequence number.
void Pbft::accept(Env& env, const PrePrepare& m) {
  Slot& slot = *slot_at(m.vote->seq);
  slot.accepted = m;
  note_vote(slot, *m.vote);
  if (!m.batch.empty()) expect(env, m.vote->seq);
  answer_early(env, m.batch);
  if (!leads(env)) promise(env, Prepare{env.sign(PrepareVote{view_, m.vote->seq, m.vote->digest})});
}

// Votes may come before their pre-prepare, or before the view has begun here.
void Pbft::on(Env& env, NodeId from, const Prepare& m) {
  if (!credible(from, m.vote) || m.vote->view != view_ || m.vote.signer() == primary_of(view_)) return;
  Slot* slot = slot_at(m.vote->seq);
  if (slot != nullptr && pbft_votes::add(slot->prepares, m.vote)) progress(env, *slot);
}

void Pbft::on(Env& env, NodeId from, const Commit& m) {
  if (!credible(from, m.vote) || m.vote->view != view_) return;
  Slot* slot = slot_at(m.vote->seq);
  if (slot != nullptr && pbft_votes::add(slot->commits, m.vote)) progress(env, *slot);
}

// The pre-prepare stands for the primary's prepare.
void Pbft::progress(Env& env, Slot& slot) {
  if (!active_ || !slot.accepted || slot.committed) return;
  const auto [view, seq, digest] = *slot.accepted->vote;
  if (!slot.prepared) {
    if (pbft_votes::count(slot.prepares, digest) + 1 < quorum_) return;
    slot.prepared = true;
    slot.committed = options_.bug == Options::Bug::no_commit_phase;
    if (options_.disk) env.persist(Disk::Prepared{seq, pbft_votes::matching(slot.prepares, digest)});
    promise(env, Commit{env.sign(CommitVote{view, seq, digest})});
    if (slot.seq != seq) return;  // the vote came back at once, and the slot is another number's by now
  }
  if (pbft_votes::count(slot.commits, digest) >= quorum_) slot.committed = true;
  execute(env);
}

Pbft::Certificate Pbft::certificate_of(const Slot& slot) const {
  return {*slot.accepted, pbft_votes::matching(slot.prepares, slot.accepted->vote->digest)};
}

Pbft::Evidence Pbft::evidence_of(const Slot& slot) const {
  if (slot.settled && (!options_.macs() || !slot.accepted)) return *slot.settled;
  const std::uint64_t digest = slot.accepted->vote->digest;
  return {*slot.accepted, pbft_votes::matching(slot.prepares, digest),
          pbft_votes::matching(slot.commits, digest)};
}

const Registered<Pbft> pbft_registered{
    "pbft",
    "practical Byzantine fault tolerance: three phases and quorums of n - f tolerate f = (n - 1) / 3 liars"};

}  // namespace protocols
