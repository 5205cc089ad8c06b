// Raft: replicas agree on a log of requests, entry by entry, by obeying one leader per term. A replica that
// wants to lead asks for votes; one with a majority of votes leads, and alone appends to the log. An entry
// that a majority holds is committed: it is executed, and the client answered.
//
//   client      leader       followers
//     | request    |            |
//     |----------->| append     |
//     |            |--Append--->| append, sync
//     |            |<-Accepted--|
//     |<-----------| commit, apply, reply        2n messages, 4 delays; later:
//     |            |--Heartbeat>| commit, apply
//
//   backup --- silence for an election timeout ---> candidate --- majority of votes ---> primary
//      ^------------- a leader of this term, or any later term, is heard of -------------|
//
// Why no committed entry is ever lost:
//   one leader   A replica votes once per term, and two majorities share a replica.
//   log matching An Append names the entry before it. A follower that lacks that refuses, and the leader goes
//                back until both agree. From there on the leader's entries replace those that differ.
//   completeness A voter refuses a candidate whose log ends earlier (by term, then by index) than its own. A
//                majority holds each committed entry, so each winner was compared with a replica that has it.
//   commit rule  Only entries of the leader's own term are committed by counting, and older ones with them
//                (an older entry on a majority could still be replaced: figure 8). A leader begins its term
//                with an entry that does nothing, so that this doesn't wait for a client.
// Term, vote and log are on disk before a message promises them: votes and Accepted wait for them.
// A replica that has voted, or stood as a candidate, waits an election timeout from then on.
//
// A client that repeats a request gets the first answer again: sessions are part of the replicated state.
// Reads go through the log; or (read_index) the leader asks a majority whether it still leads and then reads
// its own state; or (lease) it knows that it still leads, as voters sit still for an election timeout.
// With pre_vote a candidate first asks whether it could win, so that a replica that was cut off does not
// depose a working leader by its high term; with check_quorum a leader that hears no majority resigns.
// A replica replaces a long log by a snapshot; followers that are further behind get the snapshot.
//
// An operator's orders change the members and hand over the lead: see membership.cpp.
// The first term needs no election: replica 0 leads it, as if all had voted before the run.
//
// Assumptions, and what breaks without them:
//   * A majority is up and connected most of the time, and messages are faster than election timeouts.
//     Otherwise there is no progress, but never a wrong answer.
//   * Disks keep what they completed. A replica that restarts with an empty one may vote twice, or forget
//     what it accepted, so that committed entries are lost; real systems make it a new member. The same
//     goes for one that cuts its log at a corrupt record, as if it were torn (Alagappan et al., FAST 2018).
//     Here the leader brings either up to date like one that is far behind, and it takes part again: at
//     once, or (no empty_may_vote) when entries that came after its restart are committed without its help.
//   * Commands are deterministic: every replica executes them ("draw" and "stamp" make replicas diverge).
//   * Only for lease: clocks run alike. The leader counts the lease on its clock, and the voters sit still on
//     theirs; `lease_drift` shortens the lease by as much as the rates may differ. A leader whose clock is
//     slower than that reads values that another leader has overwritten.
//
// Bugs, for the judges to catch (those that a real system had name its report):
//   vote_not_persisted        A vote is not on disk: after a crash the replica votes again in the same term.
//   local_reads               Every replica answers reads from its own state.
//   commits_earlier_term      Entries of earlier terms are committed by counting, too (figure 8).
//   single_server_before_own_term  Members change before the leader has committed an entry of its own.
//   outsider_sits_still       A replica outside its own configuration never stands, even if nobody else can.
//   lease_forgotten           A restarted replica votes at once, though a lease may rest on it.
//   transfer_ignores_lease    A voter helps the successor of a transfer that is over, whose order came late.
//                             The leader reads under a new lease by then (tikv/raft-rs issue 234).
//   coarse_quorum_check       A lease is checked only twice per election timeout, and holds in between: it
//                             outlives a quorum that a partition took away (sofa-jraft pull request 34).
//   read_before_first_commit  A new leader answers reads before it knows all that is committed (etcd issue
//                             7331).
//   learner_does_not_vote     A replica that has not heard yet that it is a member votes for nobody, though
//                             the others need its vote to elect who would tell it (raft-rs issue 57).
//   no_sessions               Nobody remembers answers: a request that is asked again, as after a failover,
//                             is executed twice (etcd issue 18424).
//   early_answer              Followers and leader count an entry before it is on disk: a power failure takes
//                             back what clients were told (vitess issue 21092).
//
// Source: Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", USENIX ATC 2014;
// pre-vote, check-quorum, reads and sessions: Ongaro's thesis (Stanford 2014), sections 6.2 to 6.4 and 9.6;
// transfer and membership: 3.10 and chapter 4.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "protocols/raft/log.hpp"
#include "protocols/raft/quorum.hpp"
#include "sim/kernel/ring.hpp"
#include "sim/protocol/registry.hpp"

namespace protocols {

using namespace sim;

struct Raft {
  // ---- messages
  struct Append {  // leader -> follower: these follow entry `after`
    std::uint64_t term;
    std::uint64_t after;
    std::uint64_t after_term;
    std::uint64_t commit;
    ShortList<RaftEntry> entries;
  };
  struct Accepted {  // follower -> leader: my disk holds your log up to `index`
    std::uint64_t term;
    std::uint64_t index;
  };
  struct Rejected {  // follower -> leader: I lack `after`; try from `hint`
    std::uint64_t term;
    std::uint64_t after;
    std::uint64_t hint;
  };
  struct Heartbeat {
    static constexpr bool background = true;
    std::uint64_t term;
    std::uint64_t commit;
    std::uint64_t announced;  ///< Sent before the last heartbeat, so it should have been accepted.
    LocalTime sent_at;        ///< By the leader's clock.
    std::uint64_t
        transfers_over;  ///< So many of this term's transfers have failed, and nobody helps them now.
  };
  struct HeartbeatReply {
    static constexpr bool background = true;
    std::uint64_t term;
    std::uint64_t announced;
    std::uint64_t verified;  ///< How far the follower knows its log to agree with the leader's.
    LocalTime echo;          ///< `sent_at`: a lease counts from it.
  };
  struct Install {  // leader -> follower: take this instead of your log
    std::uint64_t term;
    RaftSnapshot snapshot;
  };
  struct Stale {  // there is a newer term than yours
    static constexpr bool background = true;
    std::uint64_t term;
  };
  struct RequestVote {
    static constexpr bool background = true;
    std::uint64_t term;
    std::uint64_t last;
    std::uint64_t last_term;
    bool trial;              ///< pre_vote: would you?
    std::uint64_t transfer;  ///< Not 0: the leader itself wants this, so don't sit still for its sake.
  };
  struct TimeoutNow {  // leader -> its successor: your log is complete, stand
    std::uint64_t term;
    std::uint64_t transfer;  ///< Counts the transfers of this term, from 1.
  };
  struct Vote {
    static constexpr bool background = true;
    std::uint64_t term;
    bool trial;
  };
  struct Confirm {  // leader -> follower: do I still lead? (read_index)
    std::uint64_t term;
    std::uint64_t round;
  };
  struct Confirmed {
    std::uint64_t term;
    std::uint64_t round;
  };
  using Message = std::variant<Append, Accepted, Rejected, Heartbeat, HeartbeatReply, Install, Stale,
                               RequestVote, Vote, TimeoutNow, Confirm, Confirmed>;
  enum class Timer : std::uint8_t { election, heartbeat };

  struct Options {
    enum class Reads : std::uint8_t { log, read_index, lease };
    enum class Membership : std::uint8_t { single, joint };
    enum class Bug : std::uint8_t {
      none,
      vote_not_persisted,
      local_reads,
      commits_earlier_term,
      single_server_before_own_term,
      outsider_sits_still,
      lease_forgotten,
      transfer_ignores_lease,
      coarse_quorum_check,
      read_before_first_commit,
      learner_does_not_vote,
      no_sessions,
      early_answer
    };

    Duration election_timeout_min = 150ms;
    Duration election_timeout_max = 300ms;
    Duration heartbeat = 30ms;
    Reads reads = Reads::log;
    Duration lease = 100ms;
    double lease_drift = 0;
    bool pre_vote = false;
    bool check_quorum = false;
    std::int64_t compact_after = 10000;
    std::int64_t members = 0;
    Membership membership = Membership::single;
    bool empty_may_vote = true;
    Bug bug = Bug::none;

    void describe(Fields& fields);
    std::string complaint(std::size_t replicas) const;
    bool has(Bug which) const { return bug == which; }
    /// How long a lease lasts on the leader's clock.
    Duration lease_span() const;
  };
  static Duration tells_again_every(const Options& options) { return options.heartbeat; }
  static ClientPolicy client_policy(const Options& options, std::size_t replicas);
  static std::optional<ServicePromise> promise(const Options& options, const Calm& calm);

  /// What survives a crash.
  struct Disk {
    struct Ballot {
      std::uint64_t term;
      std::optional<NodeId> vote;
      bool empty = false;  ///< It was found empty or corrupt, and is not repaired yet.
    };
    struct Entries {  // replace what follows `after`
      std::uint64_t after;
      ShortList<RaftEntry> entries;
    };
    using Write = std::variant<Ballot, Entries, RaftSnapshot>;
    void replay(const Write& write);
    /// A record that fails its check sum ends the log. A torn one promised nothing; without a corrupt one
    /// and those that follow, the replica can't tell what it has promised: it is as if it were empty.
    bool replay_damaged(const Write&, Damage damage) {
      ballot.empty |= damage == Damage::corrupt;
      return false;
    }

    Ballot ballot{1, NodeId{0}};
    RaftLog log{};
    RaftSnapshot snapshot{};
    bool written = false;  ///< Ever.
  };

  struct Deferred {  // to be sent once everything written so far is safe
    NodeId to;
    std::variant<Accepted, Vote> message;
  };

  using Env = EnvOf<Raft>;
  Raft(const Options& options, const Disk& disk);
  void on_start(Env& env);
  void on_message(Env& env, NodeId from, const Message& message);
  void on_timer(Env& env, Timer timer);
  void on_request(Env& env, const Request& request);
  void on_durable(Env& env, const Deferred& promise);
  void on_order(Env& env, OrderId id, const Order& order);
  void holds(std::vector<RequestId>& all) const;

 private:
  struct Peer {
    std::uint64_t next = 1;   ///< The entry to send next.
    std::uint64_t match = 0;  ///< It holds our log up to here.
    std::uint64_t sent = 0;   ///< Was sent our log up to here.
    bool probing = true;      ///< Where its log meets ours is not known: `next` is a guess, and stays.
    bool restarted = false;   ///< No longer knows what it has confirmed.
    std::uint64_t announced = 0;
    std::optional<LocalTime> answered{};  ///< `sent_at` of the latest heartbeat that it answered.
    // For a learner, no member yet: it has caught up once it gets in time to where the log ended.
    std::uint64_t goal = 0;
    LocalTime goal_set{};
    int rounds = 0;
    bool caught_up = false;
  };
  struct Read {  // waits for a majority to confirm that this replica leads
    std::uint64_t round;
    Request request;
    NodeSet confirmed;
  };
  struct Wish {  // the members that the operator has ordered
    OrderId order;
    std::uint64_t members;
    std::uint64_t term;  ///< In which this leader last had it.
  };
  struct Successor {  // is about to be handed the lead
    OrderId order;
    NodeId node;
  };

  // requests
  void read(Env& env, const Request& request);
  void append(Env& env, const RaftEntry& entry);
  bool pending(RequestId id) const;
  bool lease_holds(const Env& env) const;
  void on(Env& env, NodeId from, const Confirm& confirm);
  void on(Env& env, NodeId from, const Confirmed& confirmed);

  // replication
  void send_log(Env& env, NodeId to);
  void on(Env& env, NodeId from, const Append& append);
  std::uint64_t hint_for(std::uint64_t after) const;
  bool adopt(Env& env, const Append& append);
  void on(Env& env, NodeId from, const Accepted& accepted);
  void on(Env& env, NodeId from, const Rejected& rejected);
  void beat(Env& env);
  void on(Env& env, NodeId from, const Heartbeat& heartbeat);
  void on(Env& env, NodeId from, const HeartbeatReply& reply);
  void on(Env& env, NodeId from, const Install& install);
  void advance_commit(Env& env);
  void commit_up_to(Env& env, std::uint64_t index);
  void apply(Env& env, std::uint64_t index);
  void compact(Env& env);
  void promise(Env& env, const Deferred& promise);

  // membership, transfer
  template <class M> void tell_members(Env& env, const M& message);
  bool in_audience(NodeId id) const { return members_.contains(id) || learners_.contains(id); }
  std::pair<RaftMembers, std::uint64_t> members_up_to(std::uint64_t index) const;
  void adopt_members();
  void change_members(Env& env);
  void change_to(Env& env, std::uint64_t wish);
  bool may_stand(const Env& env) const;
  void repair(Env& env, std::uint64_t leaders_last);
  void declare_members(Env& env, std::uint64_t index, const RaftMembers& members) const;
  void drop_wish(Env& env, std::string_view why);
  void keep_wish(Env& env);
  void end_transfer(Env& env, std::string_view why);
  void append_members(Env& env, const RaftMembers& members);
  bool all_caught_up(Env& env, std::uint64_t added);
  void learns(Env& env, NodeId id);
  void resign(Env& env);
  void transfer_to(Env& env, const Successor& successor);
  void hand_over(Env& env);
  void on(Env& env, NodeId from, const TimeoutNow& order);

  // elections
  bool obeys(Env& env, NodeId from, std::uint64_t term);
  void follow(Env& env, std::uint64_t term, std::optional<NodeId> leader);
  void enter(std::uint64_t term);
  void step_back(Env& env, std::optional<NodeId> leader);
  void begin_disk(Env& env);
  void arm_election(Env& env);
  void election_timeout(Env& env);
  bool hears_majority(const Env& env, Duration within, LocalTime after = LocalTime::min()) const;
  bool helps_transfer(const Env& env, std::uint64_t term, std::uint64_t transfer) const;
  void stand(Env& env, bool trial, std::uint64_t transfer = 0);
  void on(Env& env, NodeId from, const RequestVote& request);
  void on(Env& env, NodeId from, const Vote& vote);
  void on(Env& env, NodeId from, const Stale& stale);
  void lead(Env& env);
  bool reaches_as_far(const RequestVote& request) const;
  bool content(const Env& env) const;
  void write_ballot(Env& env);
  void vote(Env& env, NodeId candidate);

  bool leads() const { return role_ == Role::primary; }
  /// Whether an entry of this leader's own term is committed: only then does it know all that is committed.
  bool settled() const { return commit_ >= opened_at_; }
  bool knows_committed() const { return settled() || options_.has(Options::Bug::read_before_first_commit); }
  Peer& peer(NodeId id) { return peers_[id.value]; }

  Options options_;
  std::uint64_t term_ = 1;
  std::optional<NodeId> vote_{};
  RaftLog log_{};
  RaftSnapshot snapshot_{};
  Sessions sessions_{};
  RaftMembers members_{};         ///< As of the last entry that says so, committed or not ...
  std::uint64_t members_at_ = 0;  ///< ... which is this one.
  std::uint64_t commit_ = 0;      ///< Committed, and applied.
  Role role_ = Role::backup;
  std::optional<NodeId> leader_{};
  LocalTime heard_{};                 ///< When the leader was last heard of.
  LocalTime orders_from_{};           ///< Until then it may have forgotten transfers that are over.
  std::uint64_t transfers_over_ = 0;  ///< So many of this term's transfers have failed.
  bool empty_ = false;                ///< Its disk was empty at a restart: it neither votes nor accepts ...
  std::uint64_t repaired_at_ = 0;     ///< ... before this entry is committed.
  std::uint64_t verified_ = 0;  ///< Follower: the log is known to agree with this term's leader's up to here.

  // as leader or candidate
  std::vector<Peer> peers_{};
  std::deque<Read> reads_{};
  std::uint64_t round_ = 0;
  LocalTime led_since_{};
  std::uint64_t opened_at_ = 0;  ///< Where this leader's first entry is.
  std::optional<Wish> wish_{};
  NodeSet learners_{};  ///< Are brought up to date before they become members.
  std::optional<Successor> successor_{};
  bool lease_over_ = false;    ///< Since a successor may have been elected any time.
  LocalTime checked_until_{};  ///< coarse_quorum_check: until then nobody asks whether a lease holds.
  LocalTime lease_from_{};     ///< A lease counts only messages sent later: voters must know which are over.
  NodeSet votes_{};
  std::vector<std::uint64_t> held_{};  ///< Room for a computation.
  bool trial_ = false;
  std::uint64_t transfer_ = 0;  ///< The transfer for which this candidate stands.
};

// Sends to all members but itself.
template <class M> void Raft::tell_members(Env& env, const M& message) {
  env.multicast(message, [&](NodeId id) { return members_.contains(id); });
}

}  // namespace protocols
