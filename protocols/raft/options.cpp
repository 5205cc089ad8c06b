// Raft's options, and what follows from them for clients and judges.
#include "protocols/elections.hpp"
#include "protocols/raft/raft.hpp"

namespace protocols {

void Raft::Options::describe(Fields& f) {
  f.duration("election_timeout_min", election_timeout_min, {.min = 1us},
             "Shortest silence of a leader after which a replica becomes a candidate.");
  f.duration("election_timeout_max", election_timeout_max, {.min = 1us},
             "Longest such silence; each replica draws its timeout each time, so that split votes are "
             "rare.");
  f.duration("heartbeat", heartbeat, {.min = 1us}, "Interval of the leader's heartbeats.");
  f.choice("reads", reads, {{"log", Reads::log}, {"read_index", Reads::read_index}, {"lease", Reads::lease}},
           "How reads are answered: as entries of the log, after asking a majority, or under a lease.");
  f.duration("lease", lease, {.min = 1us},
             "reads: lease. How long the leader may answer reads alone after a majority acknowledged a "
             "heartbeat.");
  f.number("lease_drift", lease_drift, {0, 0.5},
           "reads: lease. Assumed bound on clock drift, in seconds per second; leases are shortened by it.");
  f.flag("pre_vote", pre_vote,
         "Whether a candidate first asks if it could win, before it starts a new "
         "term.");
  f.flag("check_quorum", check_quorum,
         "Whether a leader that hears from no majority steps down, and replicas that hear from a leader "
         "don't vote.");
  f.count("compact_after", compact_after, {},
          "Number of log entries after which the state is "
          "snapshotted; 0: never.");
  f.count("members", members, {0, 64},
          "Number of initial members, from replica 0 on; the others wait to be added; 0: all.");
  f.choice("membership", membership, {{"single", Membership::single}, {"joint", Membership::joint}},
           "How members are changed (at most 64 replicas): one replica at a time, or all at once through a "
           "joint configuration.");
  f.flag("empty_may_vote", empty_may_vote,
         "Whether a replica that restarts with an empty or corrupt disk votes and accepts at once; else it "
         "waits until entries that the leader appended after its restart are committed without it.");
  f.choice(
      "bug", bug,
      {{"none", Bug::none},
       {"vote_not_persisted", Bug::vote_not_persisted},
       {"local_reads", Bug::local_reads},
       {"commits_earlier_term", Bug::commits_earlier_term},
       {"single_server_before_own_term", Bug::single_server_before_own_term},
       {"outsider_sits_still", Bug::outsider_sits_still},
       {"lease_forgotten", Bug::lease_forgotten},
       {"transfer_ignores_lease", Bug::transfer_ignores_lease},
       {"coarse_quorum_check", Bug::coarse_quorum_check},
       {"read_before_first_commit", Bug::read_before_first_commit},
       {"learner_does_not_vote", Bug::learner_does_not_vote},
       {"no_sessions", Bug::no_sessions},
       {"early_answer", Bug::early_answer}},
      "A planted bug: a restarted replica has forgotten its vote; each replica answers reads from its own "
      "state; entries of earlier terms are also committed by counting; members change before an entry of "
      "the leader's own term is committed; a replica outside its own configuration never stands, though "
      "that configuration may be known to nobody else; a restarted replica votes at once, though a leader "
      "may still read under its lease; so does a voter whom a transfer asks that is over; a lease is checked "
      "only now and then; a new leader reads before it knows all that is committed; a new member does not "
      "vote until it knows that it is one; requests that are asked again are executed again; entries count "
      "before they are on disk.");
}

std::string Raft::Options::complaint(std::size_t replicas) const {
  if (members > static_cast<std::int64_t>(replicas)) return "more members than replicas";
  if (election_timeout_max < election_timeout_min)
    return "election_timeout_max is shorter than election_timeout_min";
  if (reads == Reads::lease && lease >= election_timeout_min)
    return "a lease must be shorter than election_timeout_min, for which replicas don't vote";
  return {};
}

// The leader's clock may be slow by the drift while the voters' are fast by it.
Duration Raft::Options::lease_span() const {
  return Duration{
      static_cast<std::int64_t>(static_cast<double>(lease.count()) * (1 - lease_drift) / (1 + lease_drift))};
}

ClientPolicy Raft::client_policy(const Options& options, std::size_t) {
  if (options.bug == Options::Bug::local_reads) return {.read_target = ClientPolicy::Target::own};
  return {};
}

std::optional<ServicePromise> Raft::promise(const Options& o, const Calm& calm) {
  return promise_of_elections({.timeout_min = o.election_timeout_min,
                               .timeout_max = o.election_timeout_max,
                               .heartbeat = o.heartbeat},
                              calm);
}

namespace {
static_assert(Protocol<Raft>);
const Registered<Raft> raft_registered{
    "raft", "one leader per term appends to a log; entries stored by a majority are committed"};
}  // namespace
}  // namespace protocols
