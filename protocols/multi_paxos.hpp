// Multi-Paxos: a log of requests in which every slot is an instance of Paxos of its own, and one leader runs
// them all. What makes that cheap: a ballot is promised once, for all slots at once and for those to come.
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
// log like writes. Ballots belong to their leaders: ballot b is that of replica (b-1) mod n.
//
//   acceptor  It promises to vote in no ballot below b, and tells the candidate its vote in every slot: the
//             ballot and the value. It votes for what the leader of the highest ballot it knows asks for.
//             Promise and vote are on disk before they are told.
//   leader    With promises from a majority it knows what may be chosen: in each slot the vote of the highest
//             ballot among them, which it proposes again. Slots below the last of these in which nobody has
//             voted are gaps: nothing is chosen there, and nothing will be unless the leader has a no-op
//             chosen. So it does, for slots are applied in order. Then come the clients.
//   learner   Slots are chosen in any order and applied in order, so one slow slot holds up all behind it.
//             `window` (Lamport's alpha) says how far the leader may propose ahead of what is applied. Who
//             has missed something sees that from a heartbeat, and asks: for the values, or, when they are
//             compacted away, for a snapshot.
//
// Why it is safe: if v is chosen in slot s and ballot b, a majority has voted so, and shares a member with
// the majority of promises of any later ballot b'. That member voted before it promised, so the leader of b'
// is told, proposes v, and so do all after it. A slot that has been decided stays so.
//
// Why it need not end: a Prepare makes the leader of a lower ballot powerless, and one that stands as soon as
// it is deposed deposes the other. Backups wait for a randomly chosen time of silence before they stand, and
// longer than a candidate needs: so one of them gets through.
//
// Compare Raft: there the log has no gaps and a voter compares whole logs, so the leader has everything
// before it begins. Here anybody may lead, and fetches what it lacks. The first ballot needs no phase 1:
// replica 0 leads it, as if all had promised before the run.
//
// Assumptions, and what breaks without them:
//   * n > 2f, f down at a time; without a majority that hears each other there is no progress, and no wrong
//     answer. A leader that is cut off goes on taking itself for the leader, but nothing it proposes is
//     chosen.
//   * Channels may lose, copy, delay and reorder. Clocks matter for progress only.
//   * Disks keep what they completed. An acceptor that forgets promises or votes can take part in a second
//     majority: amnesia makes two values chosen in one slot.
//   * Commands are deterministic, for every replica executes them. Nobody lies.
// Left out: reads under a lease, change of the members (Lamport does it through the log, alpha slots ahead).
//
// Bugs, for the judges to catch:
//   promise_not_persisted  A promise is not written down: after a crash the acceptor helps an older ballot.
//   ignores_accepted       A new leader proposes its own values where others may be chosen.
//   first_accepted         It takes the first vote that it hears of in a slot, not that of the highest
//   ballot. gaps_skipped           It takes a gap for empty without having a no-op chosen. No vote of its
//   majority
//                          contradicts that; but a later leader may find that of another replica.
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
    /// What observers know it by.
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
  /// Everything up to `slot`, applied.
  struct Checkpoint {
    Slot slot = 0;
    Ballot ballot = 0;         ///< In which `slot` was chosen ...
    std::uint64_t lastly = 0;  ///< ... and what, as observers know it.
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
    std::vector<VoteIn> votes;
  };
  struct Accept {  // leader -> acceptor: vote for this
    Ballot ballot;
    Slot slot;
    Value value;
  };
  struct Accepted {  // acceptor -> leader: my disk holds my vote
    Ballot ballot;
    Slot slot;
  };
  struct Rejected {  // there is a higher ballot than yours
    static constexpr bool background = true;
    Ballot ballot;
  };
  struct Chosen {  // leader -> learner: what I proposed there is chosen
    static constexpr bool background = true;
    Ballot ballot;
    Slot slot;
  };
  struct Heartbeat {  // leader -> all: I live, and all up to `commit` is chosen
    static constexpr bool background = true;
    Ballot ballot;
    Slot commit;
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
  using Message =
      std::variant<Prepare, Promise, Accept, Accepted, Rejected, Chosen, Heartbeat, Ask, Decided, Install>;
  enum class Timer : std::uint8_t { election, tick };

  struct Options {
    enum class Bug : std::uint8_t {
      none,
      promise_not_persisted,
      ignores_accepted,
      first_accepted,
      gaps_skipped,
    };
    Duration election_timeout_min = 150ms;
    Duration election_timeout_max = 300ms;
    Duration heartbeat = 30ms;
    std::int64_t window = 64;
    std::int64_t compact_after = 0;
    Bug bug = Bug::none;

    void describe(Fields& fields);
    std::string complaint(std::size_t replicas) const;
  };
  static ClientPolicy client_policy(const Options&, std::size_t) { return {}; }

  /// What survives a crash.
  struct Disk {
    using Write = std::variant<Ballot, VoteIn, Checkpoint>;
    void replay(const Write& write);

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

 private:
  struct Entry {
    Vote vote{};
    bool chosen = false;
  };
  struct Proposal {
    NodeSet accepted_by{};
    bool old = false;  ///< Made before the last tick: what is still missing is lost.
  };

  // phase 2
  bool underway(RequestId id) const;
  void propose_backlog(Env& env);
  void propose(Env& env, Slot slot, const Value& value);
  void propose_again(Env& env);
  void on(Env& env, NodeId from, const Accept& m);
  void on(Env& env, NodeId from, const Accepted& m);

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
  void settle(Env& env, Slot slot);
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
  std::optional<NodeId> leader_{};  ///< Who is known to lead that ballot.
  std::map<Slot, Entry> log_{};     ///< All slots after the checkpoint that this replica knows something of.
  Slot commit_ = 0;                 ///< Up to here all is chosen, and applied.
  Slot missed_ = 0;  ///< What the heartbeat before said to be chosen: it should have arrived by now.
  Checkpoint checkpoint_{};
  Sessions sessions_{};

  NodeSet promised_by_{};             ///< As candidate, who has promised,
  std::map<Slot, Vote> recovered_{};  ///< and the votes of the highest ballot among the promises.
  Slot next_ = 1;                     ///< As leader, the next slot to propose in,
  std::map<Slot, Proposal> open_{};   ///< the slots that are not chosen yet,
  std::deque<Request> backlog_{};     ///< and the requests that wait for the window.
};

}  // namespace protocols
