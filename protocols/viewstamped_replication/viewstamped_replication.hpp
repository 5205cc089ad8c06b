// Viewstamped Replication: consensus on a log, without a disk. One replica, the primary, puts the requests in
// order; a majority must hold a request before it is executed and answered. A crash of f = (n - 1) / 2
// replicas cannot destroy what a majority holds, for any two majorities share a replica.
//
//   client     primary      backups         Normal case, 2n messages and 4 delays. Backups learn that an
//     | request   |            |            operation is committed from the next Prepare, or, when there is
//     |---------->|            |            none, from Commit, which is also the heartbeat.
//     |           |--Prepare-->|
//     |           |<-PrepareOk-|            Reads take the same way as writes: a primary that does not yet
//     |<----------| execute    |            know that it was deposed cannot answer from the past.
//
// Time is divided into views, numbered 0, 1, 2, ...; replica (view mod n) is the primary of a view.
//
//   View change   A backup that hears nothing for view_change_timeout enters the next view and sends
//     StartViewChange to all; a replica that gets one enters too. One that has it from a majority sends
//     DoViewChange, with its log and the last view in which it was normal, to the view's primary. The primary
//     waits for a majority, takes the log of the latest such view, the longest among equals, and sends it to
//     all in StartView. Every committed operation is in it: a majority held it, and shares a member with this
//     majority.
//   Recovery      Nothing is written to disk. A replica that restarts has lost all, even its promises. It
//     stays silent until a majority has answered its Recovery. Among them must be the primary of the latest
//     view that any of them knows; the replica takes its log. A nonce tells these answers from those to an
//     earlier life (bug `no_nonce`).
//   Crash vectors A message that a replica sent before a crash may arrive after it has recovered. A late
//     DoViewChange is then a promise that nobody keeps: its sender is back in the old view, and commits there
//     operations that the DoViewChange does not contain. So every replica counts everybody's crashes, as far
//     as it has heard. A restarting replica first asks a majority how often it has crashed, and sends one
//     more in its Recovery; replicas that answer remember that. DoViewChanges and answers carry the sender's
//     counts, and none of a majority may come from a life that another of them knows to be over. `"recovery":
//     "published"` goes without, as the report of 2012 does; scenarios/bugs/vr_stale_do_view_change.json
//     shows what that costs.
//   State transfer   A replica that sees it has missed something (a view, or committed operations) asks for
//     the log from its commit number on: GetState, NewState.
//
// Assumptions, and what breaks without them:
//   * Crash failures, n >= 2f + 1, and never more than f replicas down *or recovering*. Beyond that the
//     restarted replicas wait for each other for ever: the service stops, and operations that only they held
//     are gone. Random crashes easily exceed f, as recovery lasts until a majority is heard: of 246 hard runs
//     (each replica down for 20 to 300 ms again and again, partitions, pauses, loss) 125 stopped or lost
//     writes, and in each of these more than f were down or recovering at once. A replica that lies can do
//     anything.
//   * Channels may lose, copy, delay and reorder.
//   * Clocks matter only for progress: with a timeout that is shorter than the network's delays, views change
//     all the time and nothing is answered, yet nothing is wrong either.
//   * Commands are deterministic, for each replica executes them: `stamp` and `draw` make replicas differ.
//
// Departures from the paper. State transfer asks from the commit number on, and drops nothing before the
// answer is there: a replica that first cuts its log back, as section 5.2 says, could forget an operation
// that was committed with its help, and then vote. A replica leaves a view that it has changed to only once a
// majority has changed to it, so that one that is cut off does not come back with a view far ahead of all.
// Left out: checkpoints (logs travel whole), batching, reads under a lease, reconfiguration.
//
// Source: Liskov and Cowling, "Viewstamped Replication Revisited", MIT-CSAIL-TR-2012-021; first Oki and
// Liskov, PODC 1988. Michael et al., "Recovering Shared Objects Without Stable Storage", DISC 2017.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sim/protocol/registry.hpp"
#include "sim/protocol/sessions.hpp"

namespace protocols {

using namespace sim;

struct ViewstampedReplication {
  using View = std::uint64_t;
  using Log = std::vector<Request>;            ///< Operation number i, from 1, is at place i - 1.
  using Crashes = std::vector<std::uint64_t>;  ///< How often each replica has crashed, as far as one knows.

  // ---- messages. `view` is the sender's; `commit` the number of the last operation it knows to be
  // committed.
  struct Prepare {
    View view;
    std::uint64_t op;
    std::uint64_t commit;
    Request request;
  };
  struct PrepareOk {  // I hold everything up to `op`
    View view;
    std::uint64_t op;
  };
  struct Commit {
    static constexpr bool background = true;
    View view;
    std::uint64_t commit;
  };
  struct StartViewChange {
    View view;
  };
  struct DoViewChange {
    View view;
    View last_normal;  ///< The latest view in which the sender's status was normal.
    std::uint64_t commit;
    Log log;
    Crashes crashes;
  };
  struct StartView {
    View view;
    std::uint64_t commit;
    Log log;
  };
  struct Recovery {
    std::uint64_t nonce;
    bool counted;  ///< False: only asks how often the sender has crashed.
    Crashes crashes;
  };
  struct RecoveryResponse {
    View view;
    std::uint64_t nonce;
    std::uint64_t
        commit;  ///< This and the log come from the primary only, and not when it is asked to count.
    Log log;
    Crashes crashes;
  };
  struct GetState {  // send me what follows operation `after`, if you are in this view or a later one
    View view;
    std::uint64_t after;
  };
  struct NewState {
    View view;
    std::uint64_t after;
    std::uint64_t commit;
    Log rest;
  };
  using Message = std::variant<Prepare, PrepareOk, Commit, StartViewChange, DoViewChange, StartView, Recovery,
                               RecoveryResponse, GetState, NewState>;
  enum class Timer : std::uint8_t { commit, view_change, retransmit };

  struct Options {
    enum class Recovering : std::uint8_t { crash_vectors, published };
    enum class Bug : std::uint8_t { none, no_nonce };
    Duration commit_interval = 10ms;
    Duration view_change_timeout = 100ms;
    Duration retransmit = 30ms;
    Recovering recovery = Recovering::crash_vectors;
    Bug bug = Bug::none;

    void describe(Fields& fields);
    std::string complaint(std::size_t replicas) const;
  };
  static Duration tells_again_every(const Options& options) {
    return std::max(options.commit_interval, options.retransmit);
  }
  static ClientPolicy client_policy(const Options&, std::size_t) { return {}; }
  static std::optional<ServicePromise> promise(const Options& options, const Calm& calm);

  using Env = EnvOf<ViewstampedReplication>;
  ViewstampedReplication(const Options& options, const NoDisk&) : options_(options) {}
  void on_start(Env& env);
  void on_message(Env& env, NodeId from, const Message& message);
  void on_timer(Env& env, Timer timer);
  void on_request(Env& env, const Request& request);
  void holds(std::vector<RequestId>& all) const {
    for (std::uint64_t op = commit_; op < log_.size(); ++op) all.push_back(log_[op].id);
  }

 private:
  enum class Status : std::uint8_t { normal, view_change, recovering };

  std::uint64_t last() const { return log_.size(); }
  static NodeId primary_of(const Env& env, View view);
  bool is_primary(const Env& env) const;
  bool is_backup(const Env& env) const;
  /// Whether a message sent only in a running view shows that this replica must join `view`.
  bool missed(View view) const;

  // normal case
  bool underway(RequestId id) const;
  void on(Env& env, NodeId from, const Prepare& m);
  void on(Env& env, NodeId from, const PrepareOk& m);
  void on(Env& env, NodeId from, const Commit& m);
  void prepared(Env& env, NodeId by, std::uint64_t up_to);
  void execute(Env& env, std::uint64_t up_to);
  void prepare_again(Env& env);

  // view change
  void change_view(Env& env, View view);
  void joined(Env& env, NodeId node);
  void on(Env& env, NodeId from, const StartViewChange& m);
  void on(Env& env, NodeId from, const DoViewChange& m);
  void on(Env& env, NodeId from, const StartView& m);
  DoViewChange vote() const;
  void count(Env& env, NodeId from, const DoViewChange& m);
  void lead(Env& env);
  void follow(Env& env, View view);

  // recovery and state transfer
  void recover(Env& env);
  void on(Env& env, NodeId from, const Recovery& m);
  void on(Env& env, NodeId from, const RecoveryResponse& m);
  void rejoin(Env& env);
  void learn(const Crashes& crashes);
  bool is_stale(NodeId node, const Crashes& crashes) const;
  void ask_for_state(Env& env, NodeId whom, View view);
  void on(Env& env, NodeId from, const GetState& m);
  void on(Env& env, NodeId from, const NewState& m);

  Options options_;
  Status status_ = Status::normal;
  View view_ = 0;
  View last_normal_ = 0;
  Log log_{};
  std::uint64_t commit_ = 0;  ///< Executed up to here.
  Sessions sessions_{};

  std::map<std::uint64_t, Request> early_{};    ///< As backup: arrived before those that precede them.
  std::map<std::uint64_t, NodeSet> holders_{};  ///< As primary: the holders of each uncommitted operation.
  std::uint64_t sent_long_ago_ = 0;             ///< As primary: prepared up to here an interval ago.
  NodeSet joined_{};                            ///< In a view change: those known to have entered the view,
  std::map<NodeId, DoViewChange> votes_{};      ///< and, as its primary, the votes it was sent.
  Crashes crashes_{};
  bool counted_ = false;                          ///< Recovering: knows how often it has crashed;
  std::uint64_t nonce_ = 0;                       ///< names this attempt,
  std::map<NodeId, RecoveryResponse> answers_{};  ///< and the answers to it.
  LocalTime ask_again_at_{};                      ///< Not to ask for state with each message.
};

}  // namespace protocols
