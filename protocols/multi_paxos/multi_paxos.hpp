// Multi-Paxos: a log of requests in which every slot is a separate instance of Paxos, and one leader runs
// them all. This is cheap because a ballot is promised once, for all slots at once and for those to come.
//
//   phase 1, once per leader, all slots                  phase 2, for each slot
//   candidate        acceptors              client      leader        acceptors
//      |--Prepare(b)---->| promise, sync      |--------->| slot s, sync   |
//      |<-Promise(b, votes > commit)          |          |--Accept(b,s,v)>| vote, sync
//      |                                      |          |<-Accepted(b,s)-|
//   leads ballot b                            |<---------| chosen: apply, reply
//                                                        |--Chosen(b,s)-->| apply (upkeep)
//
// An operation costs 2n messages and 4 delays, and n-1 notices that nobody waits for. Reads go through the
// log like writes; or (read_index) the leader asks a majority whether they have promised anything higher, and
// then reads its own state; or (lease) it need not ask, as a replica that has answered its heartbeat promises
// nothing for a while. Ballots belong to their leaders: ballot b is that of replica (b-1) mod n.
//
//   acceptor  It promises to vote in no ballot below b, and tells the candidate its vote in every slot: the
//             ballot and the value. It votes for the proposals of the leader of the highest ballot it knows.
//             Promise and vote are on disk before they are told.
//   leader    From a majority's promises it knows what may be chosen: in each slot the vote of the highest
//             ballot among them, which it proposes again. Slots below the last of these in which nobody has
//             voted are gaps: nothing is chosen there, and nothing will be unless the leader proposes a
//             no-op. So it does, for slots are applied in order. Then come the clients. The leader adopts
//             without a vote what a promise says to be chosen already. So a replica that has forgotten in a
//             crash how much of its log is chosen learns that again, and its whole history is not voted on
//             once more. Consecutive slots to be voted on again share one Accept.
//   learner   Slots are chosen in any order and applied in order, so one slow slot holds up all behind it.
//             `window` (Lamport's alpha) says how far the leader may propose ahead of the applied slots. With
//             `batch`, requests that have waited for the window share an Accept, a write to disk and an
//             answer, each in a slot of its own. A replica that has missed something sees that from a
//             heartbeat, and asks for the values or, if they are compacted away, for a snapshot.
//
// Why it is safe: if v is chosen in slot s and ballot b, a majority has voted for it, and shares a member
// with the majority of promises of any later ballot b'. That member voted before it promised, so the leader
// of b' is told, proposes v, and so do all after it. A slot that has been decided stays so.
//
// Why it need not end: a Prepare makes the leader of a lower ballot powerless, and a leader that stands again
// as soon as it is deposed deposes the other. Backups wait for a random time of silence before they stand,
// and longer than a candidate needs, so one of them gets through.
//
// Compare Raft: there the log has no gaps and a voter compares whole logs, so the leader has everything
// before it begins. Here anybody may lead, and fetches what it lacks. The first ballot needs no phase 1:
// replica 0 leads it, as if all had promised before the run.
//
// Assumptions, and what breaks without them:
//   * n > 2f, f down at a time. Without a majority that hears each other there is no progress, and no wrong
//     answer. A leader that is cut off still takes itself for the leader, but none of its proposals is
//     chosen.
//   * Channels may lose, copy, delay and reorder. Clocks matter for progress only.
//   * Disks keep what they completed. An acceptor that forgets promises or votes can take part in a second
//     majority: amnesia makes two values chosen in one slot.
//   * Commands are deterministic, for every replica executes them. Nobody lies.
//   * Only for lease: clocks run alike, but for `lease_drift`.
// Left out: change of the members. Lamport puts a new configuration into the log, and it rules the slots from
// alpha later on; so promises, votes, leases and read index would each have to ask which configuration rules
// which slot, checkpoints would have to carry configurations, and the judges of membership to follow them
// slot by slot. Raft shows the change of members here (protocols/raft/membership.cpp).
//
// Bugs, for the judges to catch:
//   promise_not_persisted  A promise is not on disk: after a crash the acceptor helps an older ballot.
//   ignores_accepted       A new leader proposes its own values where others may be chosen.
//   first_accepted         It takes the first vote that it hears of in a slot, not the highest ballot's.
//   gaps_skipped           It takes a gap for empty without having a no-op chosen. No vote of its majority
//                          contradicts that; but a later leader may find another replica's vote.
//   promises_under_lease   A replica that has answered a heartbeat still promises a higher ballot at once.
//   lease_forgotten        It does so after a crash.
//   no_sessions            Nobody remembers answers: a request that is asked again, as after a failover, is
//                          executed twice (etcd issue 18424).
//
// Source: Lamport, Paxos Made Simple (2001), section 3; van Renesse and Altinbuken, Paxos Made Moderately
// Complex (ACM Computing Surveys 2015); Chandra, Griesemer, Redstone, Paxos Made Live (PODC 2007), for disks,
// catching up and snapshots.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/kernel/short_list.hpp"
#include "sim/protocol/registry.hpp"
#include "sim/protocol/sessions.hpp"

namespace protocols {

using namespace sim;

struct MultiPaxos {
  using Ballot = std::uint64_t;  ///< From 1; 0 comes before all.
  using Slot = std::uint64_t;    ///< From 1.

  struct Value {
    bool noop = true;
    Request request{};
    /// How observers identify it.
    std::uint64_t shown() const { return noop ? 0 : fingerprint(request); }
  };
  struct Vote {
    Ballot ballot = 0;
    Value value{};
  };
  struct VoteIn {
    Slot slot = 0;
    Vote vote{};
  };
  using Values = ShortList<Value>;
  /// Everything up to `slot`, applied.
  struct Checkpoint {
    Slot slot = 0;
    Ballot ballot = 0;         ///< In which `slot` was chosen ...
    std::uint64_t lastly = 0;  ///< ... and the chosen value, as observers know it.
    Snapshot state{};
    Sessions sessions{};
  };

  // ---- messages
  struct Prepare {  // candidate -> acceptor: promise me this ballot; I know all that is chosen up to `after`
    static constexpr bool background = true;
    Ballot ballot;
    Slot after;
  };
  struct Promise {  // acceptor -> candidate: so be it, and these are my votes after `after`
    static constexpr bool background = true;
    Ballot ballot;
    std::optional<Checkpoint> checkpoint;  ///< Instead of votes that are compacted away.
    Slot chosen;                           ///< Up to here the votes are for chosen values.
    std::vector<VoteIn> votes;
  };
  struct Accept {  // leader -> acceptor: vote for these, in `slot` and those that follow
    Ballot ballot;
    Slot slot;
    Values values;
  };
  struct Accepted {  // acceptor -> leader: my disk holds my votes in the `count` slots from `slot` on
    Ballot ballot;
    Slot slot;
    Slot count;
  };
  struct Rejected {  // there is a higher ballot than yours
    static constexpr bool background = true;
    Ballot ballot;
  };
  struct Chosen {  // leader -> learner: what I proposed in these `count` slots is chosen
    static constexpr bool background = true;
    Ballot ballot;
    Slot slot;
    Slot count;
  };
  struct Heartbeat {  // leader -> all: I live, and all up to `commit` is chosen
    static constexpr bool background = true;
    Ballot ballot;
    Slot commit;
    LocalTime sent_at;  ///< By the leader's clock.
  };
  struct HeartbeatReply {  // lease: I promise no higher ballot for an election timeout
    static constexpr bool background = true;
    Ballot ballot;
    LocalTime echo;  ///< `sent_at`: the lease counts from it.
  };
  struct Confirm {  // leader -> acceptor: have you promised a higher ballot? (read_index)
    Ballot ballot;
    std::uint64_t round;
  };
  struct Confirmed {  // no
    Ballot ballot;
    std::uint64_t round;
  };
  struct Ask {  // learner -> leader: what was chosen after `after`?
    static constexpr bool background = true;
    Slot after;
  };
  struct Decided {  // the values of the slots that follow `after`
    static constexpr bool background = true;
    Slot after;
    std::vector<Vote> votes;
  };
  struct Install {
    static constexpr bool background = true;
    Checkpoint checkpoint;
  };
  using Message = std::variant<Prepare, Promise, Accept, Accepted, Rejected, Chosen, Heartbeat, Ask, Decided,
                               Install, HeartbeatReply, Confirm, Confirmed>;
  enum class Timer : std::uint8_t { election, tick };

  struct Options {
    enum class Reads : std::uint8_t { log, read_index, lease };
    enum class Bug : std::uint8_t {
      none,
      promise_not_persisted,
      ignores_accepted,
      first_accepted,
      gaps_skipped,
      promises_under_lease,
      lease_forgotten,
      no_sessions,
    };
    Duration election_timeout_min = 150ms;
    Duration election_timeout_max = 300ms;
    Duration heartbeat = 30ms;
    std::int64_t window = 64;
    std::int64_t batch = 1;
    std::int64_t compact_after = 10000;
    Reads reads = Reads::log;
    Duration lease = 100ms;
    double lease_drift = 0;
    Bug bug = Bug::none;

    void describe(Fields& fields);
    std::string complaint(std::size_t replicas) const;
  };
  static Duration tells_again_every(const Options& options) { return options.heartbeat; }
  static ClientPolicy client_policy(const Options&, std::size_t) { return {}; }
  static std::optional<ServicePromise> promise(const Options& options, const Calm& calm);

  /// What survives a crash.
  struct Disk {
    struct Votes {  // in `slot` and those that follow
      Ballot ballot;
      Slot slot;
      Values values;
    };
    using Write = std::variant<Ballot, Votes, Checkpoint>;
    void replay(const Write& write);
    /// The end of what is replayed, even of a log that goes on: then promises and votes are forgotten.
    bool replay_damaged(const Write&, Damage) { return false; }

    Ballot promised = 1;
    std::map<Slot, Vote> votes{};
    Checkpoint checkpoint{};
  };

  using Env = EnvOf<MultiPaxos>;
  MultiPaxos(const Options& options, const Disk& disk);
  void on_start(Env& env);
  void on_message(Env& env, NodeId from, const Message& message);
  void on_timer(Env& env, Timer timer);
  void on_request(Env& env, const Request& request);
  void holds(std::vector<RequestId>& all) const {
    for (auto at = log_.upper_bound(commit_); at != log_.end(); ++at) {
      if (!at->second.vote.value.noop) all.push_back(at->second.vote.value.request.id);
    }
  }

 private:
  struct Entry {
    Vote vote{};
    bool chosen = false;
  };
  struct Proposal {  // of values for slots in a row, in one Accept
    Slot count = 0;
    NodeSet accepted_by{};
    bool old = false;  ///< Made before the last tick: missing answers are lost.
  };
  struct Recovered {
    Vote vote{};
    bool chosen = false;
  };
  struct Read {  // waits for a majority to confirm that it has promised nothing higher
    std::uint64_t round;
    Request request;
    NodeSet confirmed{};
  };

  // phase 2
  bool underway(RequestId id) const;
  void wait_for_window(const Request& request);
  void propose_backlog(Env& env);
  void propose(Env& env, Slot slot, const Values& values);
  void propose_again(Env& env);
  Values proposed(Slot slot, Slot count) const;
  void on(Env& env, NodeId from, const Accept& m);
  void on(Env& env, NodeId from, const Accepted& m);

  // reads (reads.cpp)
  void read(Env& env, const Request& request);
  void confirm_again(Env& env);
  bool reads_by_itself() const;
  bool hears_majority(const Env& env, Duration within) const;
  bool content(const Env& env) const;
  void on(Env& env, NodeId from, const HeartbeatReply& m);
  void on(Env& env, NodeId from, const Confirm& m);
  void on(Env& env, NodeId from, const Confirmed& m);

  // learning
  void choose(Env& env, Slot slot, Entry& entry);
  void apply_chosen(Env& env);
  void apply(Env& env, Slot slot, const Value& value);
  void compact(Env& env);
  void install(Env& env, const Checkpoint& checkpoint);
  void on(Env& env, NodeId from, const Chosen& m);
  void on(Env& env, NodeId from, const Heartbeat& m);
  void on(Env& env, NodeId from, const Ask& m);
  void on(Env& env, NodeId from, const Decided& m);
  void on(Env& env, NodeId from, const Install& m);

  // phase 1, and who leads
  static NodeId owner_of(const Env& env, Ballot ballot);
  Ballot next_ballot(const Env& env) const;
  void arm_election(Env& env);
  void stand(Env& env);
  Promise promise_of(Ballot ballot, Slot after) const;
  void on(Env& env, NodeId from, const Prepare& m);
  void on(Env& env, NodeId from, const Promise& m);
  void on(Env& env, NodeId from, const Rejected& m);
  void lead(Env& env);
  Slot last_recovered() const;
  void settle(Env& env, Slot last);
  std::optional<Value> to_propose(Env& env, Slot slot);
  void tick(Env& env);
  bool obeys(Env& env, NodeId from, Ballot ballot);
  void follow(Env& env, Ballot ballot);
  void write_promise(Env& env);

  bool leads() const { return role_ == Role::primary; }
  bool has_bug(Options::Bug bug) const { return options_.bug == bug; }

  Options options_;
  Role role_ = Role::backup;
  Ballot ballot_ =
      1;  ///< The highest that this replica knows, and thereby has promised; its own if it stands.
  std::optional<NodeId> leader_{};  ///< The known leader of that ballot.
  std::map<Slot, Entry> log_{};     ///< All slots after the checkpoint that this replica knows something of.
  Slot commit_ = 0;                 ///< Up to here all is chosen, and applied.
  Slot missed_ = 0;  ///< The previous heartbeat said that it is chosen: it should have arrived by now.
  Checkpoint checkpoint_{};
  Sessions sessions_{};

  NodeSet promised_by_{};                     ///< As candidate, those that have promised,
  std::map<Slot, Recovered> recovered_{};     ///< and the votes of the highest ballot among the promises.
  Slot next_ = 1;                             ///< As leader, the next slot to propose in,
  std::map<Slot, Proposal> open_{};           ///< proposals not chosen yet, by first slot,
  std::deque<Request> backlog_{};             ///< the requests that wait for the window,
  std::vector<std::uint32_t> needed_from_{};  ///< by client, the first of them that it still needs,
  Slot recovers_to_ = 0;                      ///< and the last slot that others may know to be chosen.

  LocalTime heard_{};  ///< When the leader was last heard of.
  std::vector<std::optional<LocalTime>>
      answered_;  ///< As leader: `sent_at` of the latest heartbeat answered.
  std::deque<Read> reads_{};
  std::uint64_t round_ = 0, round_at_tick_ = 0;
};

}  // namespace protocols
