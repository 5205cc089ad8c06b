// Primary-backup: one replica, the primary, takes all requests. It executes each, sends the resulting change
// to the backups, which store it, and answers the client. Because the *change* travels and not the command,
// even a command that reads a clock leaves all replicas alike (ship "state"; "command" shows the difference).
//
//   client      primary      backups
//     | request    |            |
//     |----------->| execute    |
//     |            |--Update--->| store
//     |            |<--Stored---|
//     |<-----------| reply      |
//
// The options are the decisions that a designer must make, and each choice has its cost:
//   acknowledge  before_backups answers after 2 delays, and loses acknowledged writes when the primary
//                crashes before an Update has arrived; after_backups waits 4 delays and, as long as
//                failures are detected rightly, loses none; after_one lies between.
//   detector     a longer timeout means a longer outage after a crash; a shorter one suspects a live primary,
//                and then there are two.
//   succession   fixed_order: a replica follows the first replica in the list that it does not suspect. This
//                needs no votes and works with two replicas, but each replica decides by itself: after a
//                partition both sides have a primary. election: a majority must vote, once per epoch; a
//                primary then also waits for a majority to store. succession.cpp explains why that is safe.
//   fencing      every reign has an epoch; replicas refuse the orders of an older reign, and a refused
//                primary steps down. Without it, a primary that was paused for longer than the timeout
//                carries on when it wakes. An election always fences.
//   lease        reads are answered from the primary's own state; without a lease a deposed primary
//                answers stale.
//   catch_up     a replica that missed updates gets the log from there on, or the entire state.
//   write_behind without it, an entry counts as stored, at a backup as at the primary, once it is on disk.
//                With it a crash may take back an entry that was counted: a write is lost if all its holders
//                forget it at one time, and an election may choose a replica that never heard of it.
//   truncate     by epoch, a replica that follows a new primary keeps its log up to where both were written
//                in the same reigns; by high_watermark, only up to the last entry that it knows to be
//                acknowledged, which may be less than all that are (truncation.cpp).
//
// Assumes crash failures and, for fixed_order, that suspicions are right: a bound on delay plus a detector
// timeout above it. If a suspicion is wrong, this file does what real systems do: it splits the brain.
//
// Bugs, for the judges to catch:
//   reply_before_update  The client is answered before the Update leaves.
//   vote_is_no_promise   A replica that has voted still obeys an older primary.
//   late_state           A late transfer of the entire state overwrites what was stored since.
//   read_logged_again    A read without a lease is logged again each time its client asks again.
//   resumes_as_primary   Replica 0, once restarted, acts as primary at once and asks nobody. If it has lost
//                        its disk, and nobody has missed it, its backups copy the empty state (redis issue
//                        1297).
//
// Sources: Alsberg and Day 1976; Budhiraja, Marzullo, Schneider and Toueg, "Optimal Primary-Backup Protocols"
// and "The Primary-Backup Approach"; the election compares logs as Raft does (Ongaro and Ousterhout 2014,
// section 5.4).
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/protocol/failure_detector.hpp"
#include "sim/protocol/registry.hpp"
#include "sim/protocol/sessions.hpp"

namespace protocols {

using namespace sim;

/// One executed request, as primary and backups keep it.
struct Entry {
  std::uint64_t epoch = 0;  ///< The reign in which it was made: with the index it names the entry.
  bool opening = false;     ///< Carries no request: an elected primary's first entry.
  Request request{};
  Change change{};
  Value output{};  ///< So that a backup that takes over can answer the request again.
};

/// All entries after `base`, which stands for a state received whole.
struct EntryLog {
  std::uint64_t base = 0;
  std::uint64_t base_epoch = 0;
  std::vector<Entry> entries{};

  std::uint64_t last() const { return base + entries.size(); }
  bool has(std::uint64_t index) const { return index > base && index <= last(); }
  const Entry& operator[](std::uint64_t index) const { return entries[index - base - 1]; }
  std::uint64_t epoch_at(std::uint64_t index) const {
    return index == base ? base_epoch : (*this)[index].epoch;
  }
  std::uint64_t last_epoch() const { return epoch_at(last()); }
  /// Whether this log holds the entry `index` of reign `epoch`, and so everything before it.
  bool matches(std::uint64_t index, std::uint64_t epoch) const {
    return index >= base && index <= last() && epoch_at(index) == epoch;
  }
};

/// All that a replica knows: sent when it is sent whole.
struct Everything {
  Snapshot snapshot{};
  Sessions sessions{};
  std::uint64_t index = 0;
  std::uint64_t epoch = 0;  ///< Of the entry at `index`.
  struct Step {
    Entry entry;
    Version version;  ///< Reached by it.
  };
  void add(const Step& step);
};

struct PrimaryBackup {
  // ---- messages. `reign` is the sender's epoch.
  struct Update {  // primary -> backup: store these, which follow entry `after`
    std::uint64_t reign;
    std::uint64_t after;
    std::uint64_t after_epoch;
    std::uint64_t watermark;  ///< Entries up to here are acknowledged.
    Entry entry;
    std::vector<Entry> more;  ///< Empty unless updates are batched or a replica catches up.
  };
  struct Stored {  // backup -> primary: I hold everything up to `index`
    std::uint64_t reign;
    std::uint64_t index;
  };
  struct State {  // primary -> backup: store this instead of what you have
    std::uint64_t reign;
    Everything everything;
  };
  struct Behind {  // backup -> primary: this is how far I am; send me the rest
    std::uint64_t reign;
    std::uint64_t index;
    std::uint64_t epoch;
  };
  struct Refused {  // there is a newer reign than yours
    std::uint64_t reign;
  };
  struct VoteForMe {
    std::uint64_t reign;
    std::uint64_t index;
    std::uint64_t epoch;
    bool trial;  ///< Would you?
  };
  struct Vote {
    std::uint64_t reign;
    bool trial;  ///< I would.
  };
  struct Heartbeat {
    static constexpr bool background = true;
    std::uint64_t reign;
    std::uint64_t number;
    std::uint64_t index;      ///< How far the primary's log reaches, or a backup's that is stored ...
    std::uint64_t epoch;      ///< ... and the reign of the entry there.
    std::uint64_t watermark;  ///< From a primary: entries up to here are acknowledged.
    bool acting;              ///< The sender acts as primary.
    bool returning;           ///< The sender has restarted and may lack what others have.
    LocalTime sent_at;        ///< By the sender's clock ...
    LocalTime echo;  ///< ... and that of the receiver's heartbeat, as primary, that a lease counts from.
  };
  struct Ping {
    static constexpr bool background = true;
    std::uint64_t number;
  };
  using Message = std::variant<Update, Stored, Heartbeat, Ping, State, Behind, Refused, VoteForMe, Vote>;
  enum class Timer : std::uint8_t { heartbeat, suspicion, batch, retransmit, election };

  struct Options {
    enum class Acknowledge : std::uint8_t { before_backups, after_one, after_backups };
    enum class Ship : std::uint8_t { state, command };
    enum class Succession : std::uint8_t { fixed_order, election };
    enum class CatchUp : std::uint8_t { log, state };
    enum class Truncate : std::uint8_t { epoch, high_watermark };
    enum class Bug : std::uint8_t {
      none,
      reply_before_update,
      vote_is_no_promise,
      late_state,
      read_logged_again,
      resumes_as_primary
    };

    Acknowledge acknowledge = Acknowledge::after_backups;
    Ship ship = Ship::state;
    Succession succession = Succession::fixed_order;
    bool fencing = true;
    CatchUp catch_up = CatchUp::log;
    Truncate truncate = Truncate::epoch;
    std::optional<Duration> lease{};
    std::optional<Duration> batch{};
    std::optional<Duration> retransmit{};
    bool write_behind = false;
    DetectorOptions detector{};
    Bug bug = Bug::none;

    void describe(Fields& fields);
    std::string complaint(std::size_t replicas) const;
    bool by_watermark() const { return truncate == Truncate::high_watermark; }
    bool elects() const { return succession == Succession::election; }
    bool has(Bug which) const { return bug == which; }
    /// Whether numbers tell which reign is later; without them, the replica higher in rank is believed.
    bool ordered() const { return fencing || elects(); }
  };
  static Duration tells_again_every(const Options& options) {
    return std::max(
        {options.batch.value_or(0ns), options.retransmit.value_or(0ns), options.detector.heartbeat});
  }
  static ClientPolicy client_policy(const Options& options, std::size_t replicas);
  static std::optional<ServicePromise> promise(const Options& options, const Calm& calm);

  /// What survives a crash. Votes wait for it, as does anything that counts as stored.
  struct Disk {
    using Stored = Everything::Step;
    struct Reign {  // this replica votes in none up to here, and obeys none before
      std::uint64_t reign;
    };
    struct Watermark {  // with truncate = high_watermark: entries up to here are known to be acknowledged
      Everything acknowledged;
    };
    using Write = std::variant<Stored, Everything, Reign, Watermark>;
    void format(const Snapshot& empty) { everything.snapshot = acknowledged.snapshot = empty; }
    void replay(const Write& write);

    Everything everything;
    Everything acknowledged;
    std::uint64_t reign = 1;
  };

  /// An entry by its name, and with it everything before.
  struct Position {
    std::uint64_t index = 0;
    std::uint64_t epoch = 0;
  };
  struct Safe {  // the log is on disk up to `end`
    Position end;
    Stored stored;               ///< The message to the primary ...
    std::optional<NodeId> tell;  ///< ... if it is to be told.
  };
  using Deferred = std::variant<Safe, Addressed<Vote>>;  // a vote for oneself begins a candidacy
  using Env = EnvOf<PrimaryBackup>;
  PrimaryBackup(const Options& options, const Disk& disk);
  void on_start(Env& env);
  void on_message(Env& env, NodeId from, const Message& message);
  void on_timer(Env& env, Timer timer);
  void on_request(Env& env, const Request& request);
  void on_durable(Env& env, const Deferred& said);
  void on_failure(Env& env, NodeId failed);

 private:
  struct Peer {
    FailureDetector detector;
    bool suspected = false;
    bool returning = false;
    std::uint64_t heard = 0;     ///< Number of its latest heartbeat, from 0,
    std::uint64_t acted_at = 0;  ///< and one above that of the latest as primary; 0: there was none.
    bool gone = false;           ///< Known to have failed for good.
    std::uint64_t stored = 0;    ///< As primary: it holds our log up to here.
    LocalTime lease_until{};     ///< As primary: it promised not to depose us before.
  };
  struct Waiting {  // a client to be answered once `index` is stored widely enough
    std::uint64_t index;
    RequestId request;
    Value output;
  };

  // normal case
  void read_the_long_way(Env& env, const Request& request);
  void execute(Env& env, const Request& request);
  void append(Env& env, Entry entry);
  void ship(Env& env, std::uint64_t first);
  Update update_from(std::uint64_t index) const;
  void on(Env& env, NodeId from, const Update& update);
  void store(Env& env, const Entry& entry);
  void stored_up_to_here(Env& env);
  bool agrees(std::uint64_t index, std::uint64_t epoch) const;
  void call_safe(Env& env, std::optional<NodeId> tell);
  void is_safe(Env& env, const Safe& safe);
  void on(Env& env, NodeId from, const Stored& stored);
  std::uint64_t acknowledged(const Env& env) const;
  void answer_waiting(Env& env);
  bool lease_holds(const Env& env) const;

  // upkeep
  void on(Env& env, NodeId from, const Heartbeat& heartbeat);
  void on(Env& env, NodeId from, const Ping& ping);
  Heartbeat heartbeat_to(const Env& env, NodeId to, std::uint64_t number) const;
  void beat(Env& env);
  void hear_primary(Env& env, NodeId from, const Heartbeat& beat);
  bool behind(const Heartbeat& beat) const;
  void check_suspicions(Env& env);
  void arm_suspicion(Env& env);
  void react_to_suspicions(Env& env);
  void lose_primary(Env& env);
  void retransmit(Env& env);

  // truncation by high watermark
  void keep(Env& env, const Entry& entry, Version version);
  void raise_watermark(Env& env, std::uint64_t to);
  void cut_back(Env& env);
  bool matches(std::uint64_t index, std::uint64_t epoch) const;

  // catching up
  void ask_for_rest(Env& env);
  void on(Env& env, NodeId from, const Behind& behind);
  void on(Env& env, NodeId from, const State& state);
  void adopt(Env& env, const Everything& whole);

  // succession
  void succeed(Env& env);
  NodeId first_in_order(const Env& env) const;
  std::uint64_t next_reign(Env& env);
  void take_over(Env& env, std::uint64_t reign);
  void enter(Env& env, std::uint64_t reign);
  void follow(Env& env, std::optional<NodeId> primary, std::uint64_t reign);
  bool obeys(Env& env, NodeId from, std::uint64_t reign);
  void arm_election(Env& env);
  VoteForMe trial() const;
  void try_to_stand(Env& env);
  void stand(Env& env);
  void ask_for_votes(Env& env);
  void count_vote(Env& env, NodeId voter);
  bool content(const Env& env);
  void voted(Env& env, const Addressed<Vote>& vote);
  void on(Env& env, NodeId from, const VoteForMe& candidate);
  void on(Env& env, NodeId from, const Vote& vote);
  void on(Env& env, NodeId from, const Refused& refused);

  bool acting() const { return role_ == Role::primary; }
  Peer& peer(NodeId id) { return peers_[id.value]; }

  Options options_;
  Disk disk_;  ///< As found at start.
  EntryLog log_{};
  Sessions sessions_{};
  Role role_ = Role::none;
  bool returning_ = false;
  std::uint64_t reign_ = 1;          ///< It obeys none before, and votes only in a later one.
  std::optional<NodeId> primary_{};  ///< The replica that this one follows (itself when it acts).
  Position safe_{};                  ///< How far the log is on disk.
  std::vector<Peer> peers_{};

  // as primary
  std::deque<Waiting> waiting_{};  ///< Ascending index.
  std::uint64_t shipped_ = 0;      ///< Batches: entries up to here have been sent.
  std::uint64_t opened_at_ = 0;    ///< election: where this reign's first entry is.
  struct Due {
    LocalTime at;
    std::uint64_t index;
  };
  std::deque<Due> resend_{};  ///< Entries to be sent again at a time unless stored by then.

  // as backup
  std::map<std::uint64_t, Entry> early_{};  ///< Entries that overtook others, by index.
  std::uint64_t announced_ = 0;             ///< How far the primary's log reached one heartbeat ago.
  /// The log is known to agree with that of this reign's primary up to here.
  std::uint64_t agreed_ = 0;
  LocalTime ask_again_at_{};
  LocalTime promised_until_{};  ///< No taking over before: the primary may hold a lease ...
  LocalTime promised_for_{};    ///< ... for a heartbeat that it sent then, by its clock.

  // truncation by high watermark
  Everything acknowledged_{};             ///< The state up to the last entry known to be acknowledged,
  std::deque<Disk::Stored> uncertain_{};  ///< and the entries after that.

  // as candidate
  bool trial_ = false;      ///< It only asks who would vote ...
  bool gives_way_ = false;  ///< ... not for the first time.
  NodeSet votes_{};
};

}  // namespace protocols
