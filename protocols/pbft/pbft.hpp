// Practical Byzantine Fault Tolerance: replicas agree on a log although some of them lie. Up to f of the
// n = 3f + 1 replicas may do anything: tell each one something else, keep silent, work together. A quorum is
// n - f replicas, as no more are sure to answer. Two quorums share f + 1 replicas, so at least one honest
// one.
//
//   client   primary  backup  backup  backup
//     |request |        |       |       |            The primary gives a batch of requests a number;
//     |------->|------->|------>|------>| pre-prepare  backups accept one batch per number and view.
//     |        |<-------|<----->|<----->| prepare    prepared: a quorum did, so no other batch can be.
//     |        |<------>|<----->|<----->| commit     committed: a quorum knows that. It is executed: any
//     |<-------|<-------|<------|<------| reply      later view will hear of it from somebody honest.
//
// 2n^2 - n + 1 messages, 5 delays. The client believes f + 1 equal replies: one of them is honest.
//
// A prepared batch must not be executed yet: perhaps only one replica has the votes that prove it. A view
// change that hears the others gives the number to another batch (`bug: no_commit_phase`).
//
//   Checkpoints   Every `checkpoint_every` numbers each replica signs a digest of its state. A quorum of
//     equal digests makes the checkpoint stable: everything before is dropped, and a replica that missed it
//     takes the state from anybody, as the digest proves it. Numbers more than `log_window` above it are
//     refused, so that a primary can't waste them.
//   View change   Replica (view mod n) is the primary of a view. A backup that waits too long for a request
//     sends ViewChange: its last stable checkpoint, and for each number after it the latest batch that is
//     prepared there, with the signed votes that prove both. The next primary puts a quorum of these into
//     NewView and proposes again, for each number, the batch prepared in the latest view, or an empty one.
//     Each quorum has an honest member that prepared any committed batch, so that batch is among them.
//     Backups derive the same from the same votes, and follow only if it agrees (`bug:
//     new_view_not_checked`). f + 1 replicas that want a later view, or are in one, take the rest along; the
//     timeout doubles with each failure. requests.cpp says which replica waits for what, and for how long.
//
// `tentative`: a replica executes a prepared batch when all before it are committed, and the client waits for
// a quorum of equal provisional replies of one view: 4 delays. A view change rolls back uncommitted batches.
// `read_only`: reads go to all and are answered at once; a quorum of equal answers counts, otherwise the
// client asks in the ordered way. That is right only if writes have a quorum of answers, too, and the two
// share an honest replica (`bug: read_only_after_few`). Such answers may never agree, so a client that waits
// in vain asks all for final ones, after `retry` or after half of its timeout.
//
// Assumptions, and what breaks without them:
//   * n >= 3f + 1, and at most f are ever faulty. With n = 3f (`faults` set by hand) two quorums may
//     share only liars, and honest replicas execute different batches.
//   * Signatures can't be forged, and digests don't collide. Channels say who sent a message, as message
//     authentication codes would; replies and status need no more. All that is shown to others (pre-prepares,
//     prepares, commits, checkpoints, view changes) is signed, as in section 4 of the first paper; its
//     section 5 then manages with fewer signatures. Clients sign requests: nobody can invent one.
//     With `authentication: macs` nothing is signed, and a view change rests on what a quorum claims
//     (macs.cpp). The normal case and its costs stay the same.
//   * Timing matters only for progress: delays must not outgrow the timeout, doubled as often as it may be.
//   * Commands are deterministic: every replica executes them. Clients are honest.
//   * A replica that crashes keeps its disk: votes are on it before they are sent. One that comes back
//     without it (`disk: false`, or lost) may have forgotten a vote. It knows that, and becomes a witness: it
//     follows and answers, but votes no more, and counts as one of the f for ever.
//
// Departures. Lost messages are sent again when a replica's status shows no progress, and demands for a view
// change until it comes (said once, they may be lost: `bug: view_change_once`). As commits are signed,
// too, any replica can prove that a batch is committed, and need not wait for the next checkpoint.
// Certificates carry whole batches, not digests. The quorum is n - f: the paper's 2f + 1 when n = 3f + 1, and
// safe for any n above.
//
// Sources: Castro and Liskov, "Practical Byzantine Fault Tolerance", OSDI 1999, sections 4 and 5 (tentative
// execution, reads); the same, "... and Proactive Recovery", ACM TOCS 20(4), 2002 (batches, status messages).
// The price of fast reads, for writes and for progress if replicas that fell behind can't reply: Berger,
// Reiser, Bessani, "Making Reads in BFT State Machine Replication Fast, Linearizable, and Live", SRDS 2021.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocols/pbft/messages.hpp"
#include "sim/protocol/registry.hpp"
#include "sim/protocol/sessions.hpp"

namespace protocols {

using namespace sim;

struct Pbft : PbftMessages {
  enum class Timer : std::uint8_t { view_change, status };

  struct Options {
    enum class Authentication : std::uint8_t { signatures, macs };
    enum class Bug : std::uint8_t {
      none,
      new_view_not_checked,
      no_commit_phase,
      read_only_after_few,
      claims_not_backed,
      clock_starts_anew,
      view_change_once
    };

    std::int64_t faults = 0;
    std::int64_t batch = 8;
    std::int64_t in_progress = 16;
    std::int64_t checkpoint_every = 32;
    std::int64_t log_window = 64;
    Duration request_timeout = 200ms;
    std::int64_t doublings = 4;
    Duration status_every = 30ms;
    bool tentative = false;
    bool read_only = false;
    bool disk = true;
    Authentication authentication = Authentication::signatures;
    Bug bug = Bug::none;

    void describe(Fields& fields);
    std::string complaint(std::size_t replicas) const;
    std::size_t f(std::size_t replicas) const;
    bool macs() const { return authentication == Authentication::macs; }
    /// The longest that a replica's patience may grow to.
    Duration longest_wait() const { return request_timeout * (std::int64_t{1} << doublings); }
    std::size_t quorum(std::size_t replicas) const { return replicas - f(replicas); }
  };
  static Duration tells_again_every(const Options& options) { return options.status_every; }
  static ClientPolicy client_policy(const Options& options, std::size_t replicas);
  static std::optional<ServicePromise> promise(const Options& options, const Calm& calm);

  /// A replica's promises, and its last stable state.
  struct Disk {
    struct Begin {};  // the first life begins
    struct Leave {    // no more votes in views before this
      View view;
      std::optional<Claims> claims;  ///< macs only: the claims made then. They must not change later.
    };
    struct Prepared {  // the batch accepted last at this number is prepared, and here is the proof
      Seq seq;
      std::vector<Signed<PrepareVote>> prepares;
    };
    using Write = std::variant<Begin, Leave, NewView, PrePrepare, Prepared, StableProof, State>;
    void replay(const Write& write);
    void replay_one(const Begin&) { begun = true; }
    void replay_one(const Leave& leave);
    void replay_one(const NewView& new_view);
    void replay_one(const PrePrepare& pre_prepare);
    void replay_one(const Prepared& prepared);
    void replay_one(const StableProof& proof);
    void replay_one(const State& s);

    struct Kept {
      std::optional<PrePrepare> pre_prepare{};      ///< The latest that was accepted,
      std::vector<Signed<PrepareVote>> prepares{};  ///< and for it, if it is prepared.
      std::optional<Certificate> certificate{};     ///< The latest that was prepared before.
      std::vector<PrePrepareVote> accepted{};       ///< For each batch the latest vote: Q. macs only.
    };
    bool begun = false;
    View view = 0;
    bool active = true;
    std::optional<NewView> new_view{};
    std::optional<Claims> claims{};  ///< The latest of this replica.
    std::map<Seq, Kept> slots{};     ///< After the stable checkpoint.
    StableProof stable{};
    std::deque<State> states{};  ///< From the stable checkpoint on.
  };

  enum class Attack : std::uint8_t {
    none,
    equivocating_primary,
    bad_new_view,
    withheld_commit,
    early_answer,
    false_claims
  };
  static const Fields::Names<Attack>& attacks();

  struct Lasting {  // stable checkpoints up to here will be known after a crash
    Seq seq;
  };
  using Deferred = std::variant<Message, Lasting>;  ///< Messages are for everybody, itself included.
  using Env = EnvOf<Pbft>;
  Pbft(const Options& options, const Disk& disk);
  void on_start(Env& env);
  void on_message(Env& env, NodeId from, const Message& message);
  void on_timer(Env& env, Timer timer);
  void on_request(Env& env, const Request& request);
  void on_durable(Env& env, const Deferred& what);
  void holds(std::vector<RequestId>& all) const {
    for (const Slot& slot : slots_) {
      if (slot.seq <= executed_ || !slot.accepted) continue;
      for (const Request& request : slot.accepted->batch) all.push_back(request.id);
    }
  }

 private:
  /// This replica's knowledge of one sequence number.
  struct Slot {
    Seq seq = 0;
    // in this view
    std::optional<PrePrepare> accepted{};
    std::vector<Signed<PrepareVote>> prepares{};  ///< The first of each replica, whatever it votes for.
    std::vector<Signed<CommitVote>> commits{};    ///< Likewise.
    bool prepared = false;
    bool committed = false;
    // for ever
    std::optional<Certificate> certificate{};  ///< Prepared in an earlier view, the latest.
    std::optional<Evidence> settled{};         ///< Committed in an earlier view, or shown to be by another.
    // with macs
    std::vector<PrePrepareVote> votes{};                   ///< Q: of each batch the latest.
    std::vector<std::pair<NodeId, PrePrepare>> decided{};  ///< Batches that others say are committed.
  };

  // facts
  NodeId primary_of(View view) const { return NodeId{static_cast<std::uint16_t>(view % replicas_)}; }
  bool leads(const Env& env) const { return active_ && !witness_ && primary_of(view_) == env.self(); }
  std::uint64_t term() const { return view_ + 1; }
  Seq limit() const { return stable_ + window_; }
  /// The place of a sequence number between the water marks; nullptr outside.
  Slot* slot_at(Seq seq);
  static std::uint64_t digest_of(const Batch& batch);
  static std::uint64_t digest_of(const State& state);
  bool acceptable(const Env& env, const PrePrepare& m) const;
  bool proves_commit(const Env& env, const Evidence& m) const;

  // requests (requests.cpp)
  struct Waiting {
    Request request;
    LocalTime since;
  };
  bool answer_again(Env& env, const Request& request);
  void on(Env& env, NodeId from, const Forward& m);
  bool is_done(RequestId id) const;
  static bool is_given_up(RequestId id, const Request& latest);
  void wait_for(Env& env, const Request& request);
  void line_up(const Request& request, LocalTime now);
  bool has_number(RequestId id);
  void propose(Env& env);
  void stop_waiting(Env& env);
  void wait_for_proposed(Env& env);
  void wait_for_all(Env& env, const Batch& batch);
  void wait_for_replaced(Env& env, Seq seq, const PrePrepare& committed);
  void pass_on_waiting(Env& env);
  void forward_waiting(Env& env);
  void expect(Env& env, Seq seq);
  std::optional<LocalTime> runs_out() const;
  void watch(Env& env);
  void calm_down(const Env& env);

  // three phases
  void promise(Env& env, Message message);
  void release(Env& env, const Message& message);
  void on(Env& env, NodeId from, const PrePrepare& m);
  void accept(Env& env, const PrePrepare& m);
  void on(Env& env, NodeId from, const Prepare& m);
  void on(Env& env, NodeId from, const Commit& m);
  void progress(Env& env, Slot& slot);
  Certificate certificate_of(const Slot& slot) const;
  Evidence evidence_of(const Slot& slot) const;

  // execution
  const PrePrepare* committed_at(Seq seq);
  void execute(Env& env);
  void commit_batch(Env& env, Seq seq, const PrePrepare& m);
  enum class Answers : std::uint8_t { none, provisional, final };
  void run(Env& env, Seq seq, const Batch& batch, Answers answers);
  void answer(Env& env, RequestId id, const Value& output, bool provisional);
  void execute_tentatively(Env& env);
  void roll_back(Env& env);
  void read(Env& env, const Request& request);
  void answer_reads(Env& env);
  bool may_answer(Seq seq) const;

  // checkpoints and state transfer
  void take_checkpoint(Env& env);
  bool proves_stable(const StableProof& proof) const;
  Seq next_stable_seq() const { return next_stable_.empty() ? 0 : next_stable_.front()->seq; }
  void on(Env& env, NodeId from, const Checkpoint& m);
  void learn_stable(Env& env, const StableProof& proof);
  void make_stable(Env& env, const StableProof& proof);
  void on(Env& env, NodeId from, const Transfer& m);

  // view change
  void change_view(Env& env, View view);
  void leave_view(Env& env);
  void put_away(Slot& slot) const;
  Wish wish() const;
  bool valid(const Env& env, const Signed<Wish>& wish) const;
  bool valid(const Env& env, const Certificate& c, const Wish& wish) const;
  void on(Env& env, NodeId from, const ViewChange& m);
  void join_others(Env& env);
  void count_wishes(Env& env);
  void open_view(Env& env);
  void propose_batches(Env& env, Opening& opening, Seq seq, std::vector<Batch> batches);
  struct Choice {
    Milestone stable{};
    std::vector<Batch> batches{};  ///< For each sequence number after it.
  };
  static Choice choose(const std::vector<Signed<Wish>>& wishes);
  std::optional<Choice> choice_of(const Opening& opening) const;
  bool follows_from_wishes(const Env& env, const Opening& opening) const;
  void on(Env& env, NodeId from, const NewView& m);
  void enter(Env& env, const NewView& m);
  void raise_stable(Env& env, const Opening& opening);
  void show_log(Env& env, const Opening& opening);
  void recover(Env& env);
  void resume_from(Env& env, const State& state);
  void vote_again(Env& env, Slot& slot);

  // without signatures (macs.cpp)
  /// Whether `statement` counts when it comes from `from`.
  template <class T> bool credible(NodeId from, const Signed<T>& statement) const {
    return !options_.macs() || from == statement.signer();
  }
  View wished_by(std::size_t replica) const;
  View seen_in(std::size_t replica) const;
  void note_vote(Slot& slot, const PrePrepareVote& vote) const;
  Claims claims() const;
  static std::uint64_t digest_of(const Claims& claims);
  bool well_formed(const Env& env, const Claims& claims) const;
  void claim(Env& env);
  void remember_claims(const Env& env);
  void on(Env& env, NodeId from, const Claims& m);
  void acknowledge(Env& env, NodeId to);
  void on(Env& env, NodeId from, const ViewChangeAck& m);
  std::size_t acks_of(NodeId claimant, std::uint64_t digest, NodeId except) const;
  std::vector<Supported> certified(const Env& env) const;
  void open_by_claims(Env& env);
  std::optional<Choice> decide(const std::vector<Supported>& s) const;
  std::optional<Milestone> decide_checkpoint(const std::vector<Supported>& s) const;
  const Claim* decide_batch(const std::vector<Supported>& s, Seq seq) const;
  bool decide_null(const std::vector<Supported>& s, Seq seq) const;
  bool vouched_for(const Env& env, const Opening& opening) const;
  void help_without_proofs(Env& env, NodeId to, const Status& m, bool is_stuck);
  void on(Env& env, NodeId from, const Decided& m);
  bool known_to_few(const Milestone& milestone) const;

  // status
  void send_status(Env& env);
  bool needs_help(std::uint64_t stuck) const;
  void on(Env& env, NodeId from, const Status& m);
  void send_stable(Env& env, NodeId to, const Status& m);
  void send_evidence(Env& env, NodeId to, Seq after);
  void on(Env& env, NodeId from, const Evidence& m);

  // attacks (attacks.cpp): never true, or without effect, for honest nodes
  bool deceive(Env& env, const Message& message);
  void answer_early(Env& env, const Batch& batch);
  bool propose_two(Env& env, const PrePrepare& one);
  void falsify(Env& env, Opening& opening);
  void forge_wishes(Env& env, Opening& opening);
  void falsify(Env& env, Claims& claims);
  void on(Env& env, NodeId from, const Plot& m);

  Options options_;
  std::optional<Disk> found_{};  ///< The last life's disk, until on_start has taken it over.
  std::size_t replicas_ = 1, faults_ = 0, quorum_ = 1;
  std::uint64_t window_;
  bool witness_ = false;  ///< Has forgotten what it voted for.

  View view_ = 0;
  bool active_ = true;     ///< Whether the view has begun here; if not, this replica waits for NewView.
  bool entering_ = false;  ///< Its first batches are not accepted yet: nothing else gets a number.
  std::optional<NewView> new_view_{};
  std::vector<Slot> slots_{};  ///< Of the window's numbers, number s at place s mod window.
  Seq stable_ = 0;             ///< The low water mark.
  StableProof stable_proof_{};
  StableProof next_stable_{};                                   ///< Known to be stable, but not executed yet.
  std::vector<std::optional<Signed<Milestone>>> milestones_{};  ///< The latest of each replica.
  std::deque<State> states_{};  ///< This replica's states since the last stable checkpoint that it reached.

  Seq executed_ = 0;    ///< Committed, and executed.
  bool ahead_ = false;  ///< The next number is executed, too: tentatively.
  std::uint64_t ahead_digest_ = 0;
  std::uint64_t ordered_ = 0;  ///< Slots of the common log up to `executed_`.
  std::uint64_t last_value_ = 0;
  std::uint64_t settled_ = 0;  ///< In which term; a batch's slots depend on all that is before.
  Sessions sessions_{};
  Seq lasting_ = 0;               ///< The last stable checkpoint that is known to be on disk. read_only only.
  Seq reads_from_ = 0;            ///< May answer reads at once again when it has executed this.
  std::vector<Request> reads_{};  ///< Wait for tentative execution to be settled.

  Seq proposed_ = 0;               ///< As primary: the last number given.
  std::deque<Waiting> waiting_{};  ///< Not executed, the oldest first. As primary: has no number yet.
  LocalTime turn_since_{};         ///< Since when it has been the turn of the oldest.
  Seq expected_ = 0;               ///< The last number of this view whose batch holds requests.
  LocalTime expected_since_{};     ///< Since when the next such number has been due.
  Duration patience_;              ///< How long all this may last now.
  std::vector<std::optional<Signed<Wish>>> wishes_{};  ///< The latest of each replica.
  std::vector<std::optional<Claims>> claims_{};        ///< The same with macs,
  std::vector<ViewChangeAck> acks_{};                  ///< and what each says that it heard.
  std::optional<NewView> offered_{};                   ///< A new view that is not vouched for yet.
  View opened_ = 0;                                    ///< The last view for which this primary sent NewView.
  View timed_ = 0;                                     ///< The last view whose beginning was given a time.
  struct Said {
    View view = 0;
    bool active = true;
    Seq executed = 0;
    bool operator==(const Said&) const = default;
  };
  Said said_{};                      ///< In this replica's last status,
  std::uint64_t stuck_ = 0;          ///< and how often in a row before it.
  std::vector<View> reported_in_{};  ///< The view in the last status of each replica.
  NodeId helper_{};
};

}  // namespace protocols
