// Optimal primary-backup: how many servers, how much waiting and how long without a primary does each kind of
// failure cost? Six protocols, one for each kind, built from the same parts, so that what differs is the
// answer.
//
// The model. Clocks are synchronised. Links are FIFO, lose nothing by themselves, and take at most `delta`.
// At most f components fail. A server acts as primary when it says so (Prmy); the specification is
//   Pb1  at every instant at most one server is primary;
//   Pb2  a client sends each request to one server;
//   Pb3  a request that reaches a server that isn't primary is not executed;
//   Pb4  outages fall into at most k intervals of at most Delta: the service is one (k, Delta)-bofo server.
//
//   variant  failures           servers    blocking   without a primary, f = 1   file
//   C0       crash              f + 1      0          delta + tau                crash.cpp
//   CL       crash, links       f + 2      0          2 delta + tau              crash_and_link.cpp
//   R0       receive omission   2f + 1     0          2 delta + tau              receive_omission.cpp
//   O2       one omission       2, f = 1   delta      2 delta + tau              two_servers.cpp
//   G        general omission   2f + 1     2 delta    2 delta + tau              general_omission.cpp
//   G1       the same           3, f = 1   delta      2 delta + tau              general_omission.cpp
//
// Blocking is the longest wait, from request to answer, while nothing fails. Each stronger kind of failure
// takes something: links a server, deaf servers a round trip before the next one may begin, mute ones the
// right to answer before somebody else has the update, both together a majority.
//
// What they share. The leader of reign r is server r mod n; reign 0 begins with the run. A primary speaks at
// least every `tau`: an update when there is one, else a dummy. Its messages are numbered, and each carries
// the time at which it was sent, its stamp: by the last one everybody knows by when the next must have been
// sent, and `delta` later that it is missing. The first message of a reign opens it with the new primary's
// whole state, which the others adopt.
//
// Assumes what the model says. With a longer delay than `delta`, or one more failure, or another kind, each
// of these has two primaries, or none: tests show that for every row. A server that comes back after a
// crash has forgotten everything, and stays out; so how many more may fail depends on the past, and nothing
// is promised (sim/protocol/service_promise.hpp).
//
// Sources, and how far they go. The problem, the specification and the bounds are those of Budhiraja,
// Marzullo, Schneider and Toueg, "Optimal Primary-Backup Protocols" (WDAG 1992; also "The Primary-Backup
// Approach", 1993). The bodies of these papers were not at hand. [V] means read in an abstract, a title page
// or a course summary; [R] recalled; [D] derived here; [D+] derived here and run against a random adversary.
//   [V]  Pb1 to Pb4, the (k, Delta)-bofo server, the simple protocol: "update before answer".
//   [R]  The lower bounds: servers more than f, f + 1, floor(3f/2), f, 2f; blocking 0, 0, 0, delta and 2
//        delta (f = 1 and more), the same; failover f delta for crashes and 2 f delta otherwise, for tau ->
//        0.
//   [D+] All six protocols. Those of the paper may differ. R0 and G with f > 1 are not optimal: each
//        further failure takes 3 delta and more, not 2 delta + tau (see receive_omission.cpp).
//   [D]  Client links are reliable, and clients are correct: a server deaf to its clients only would stay
//        primary for ever.
#pragma once

#include <compare>
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

struct OptimalPrimaryBackup {
  /// A message of a primary: which of its reign, from 0, and when it was sent.
  struct Place {
    std::uint64_t reign = 0;
    std::uint64_t number = 0;
    LocalTime stamp{};
  };
  /// All that a server knows. Of two, the better holds the update of the later reign, or else the more.
  struct Log {
    Snapshot state{};
    Sessions sessions{};
    std::uint64_t reign = 0;  ///< In which its last update was made.
    std::uint64_t length = 0;
    bool better_than(const Log& other) const {
      return std::pair(reign, length) > std::pair(other.reign, other.length);
    }
  };

  struct Opening {  // primary -> all, first: adopt this
    static constexpr bool background = true;
    Place place;
    Log log;
  };
  struct Update {  // primary -> all: store what this request changed
    Place place;
    Request request;
    Change change;
    Value output;
  };
  struct Dummy {  // primary -> all: I am here
    static constexpr bool background = true;
    Place place;
  };
  struct Stored {  // -> primary: I have the update of this number, and all before it
    std::uint64_t reign;
    std::uint64_t number;
  };
  struct Heard {  // -> primary: the same of an opening or a dummy
    static constexpr bool background = true;
    std::uint64_t reign;
    std::uint64_t number;
  };
  struct Suspicion {  // to all, and passed on: `by` lacks a message sent by `missing`
    static constexpr bool background = true;
    std::uint64_t reign;
    NodeId by;
    LocalTime missing;
    Log log;
  };
  struct Awaits {  // G, to the next leader: I had not given you up before `stamp` plus lateness()
    static constexpr bool background = true;
    std::uint64_t reign;
    LocalTime stamp;
  };
  struct Report {  // O2, backup -> primary, every tau: I am here, and may have missed something of yours
    static constexpr bool background = true;
    std::uint64_t number;
    LocalTime stamp;
    std::optional<LocalTime> missing;
  };
  using Message = std::variant<Opening, Update, Dummy, Stored, Heard, Suspicion, Awaits, Report>;
  enum class Timer : std::uint8_t { speak, miss, succeed, confirm, await, report, hear_report };

  struct Options {
    enum class Variant : std::uint8_t { C0, CL, R0, O2, G, G1 };
    enum class Bug : std::uint8_t {
      none,
      answer_before_send,
      short_timeout,
      no_relay,
      complaint_ignored,
      early_takeover,
      late_leader,
      no_halt,
      no_gap_detection
    };
    Variant variant = Variant::C0;
    Duration tau = 10ms;
    Duration delta = 3ms;
    Bug bug = Bug::none;

    void describe(Fields& fields);
    std::string complaint(std::size_t replicas) const;
    bool is(Variant which) const { return variant == which; }
    bool has(Bug which) const { return bug == which; }
    /// Whether a reign ends by the suspicions of several servers.
    bool counts_suspicions() const { return is(Variant::R0) || is(Variant::G) || is(Variant::G1); }
    /// Whether a primary waits until others have acknowledged what it sent, and halts if they don't.
    bool needs_quorum() const { return is(Variant::G) || is(Variant::G1); }
  };
  using Variant = Options::Variant;
  using Bug = Options::Bug;
  static ClientPolicy client_policy(const Options& options, std::size_t replicas);
  /// A server that has missed something is a faulty one, and stays behind until another reign opens.
  static bool becomes_alike() { return false; }

  using Env = EnvOf<OptimalPrimaryBackup>;
  OptimalPrimaryBackup(const Options& options, const NoDisk&) : options_(options) {}
  void on_start(Env& env);
  void on_message(Env& env, NodeId from, const Message& message);
  void on_timer(Env& env, Timer timer);
  void on_request(Env& env, const Request& request);

 private:
  struct Waiting {         // an answer that is not safe yet
    std::uint64_t number;  ///< Of the message that must be with others first.
    LocalTime overdue;     ///< O2: by then the other would have complained.
    RequestId request;
    Value output;
  };

  // ---- the shared parts (optimal_primary_backup.cpp)
  NodeId leader_of(const Env& env, std::uint64_t reign) const;
  void enter(Env& env, std::uint64_t reign, LocalTime first_by);
  void lead(Env& env);
  template <class M> void speak(Env& env, M message);
  Place next_place(Env& env);
  void send_in_order(Env& env, const Message& message) const;
  void execute(Env& env, const Request& request);
  void answer_when_safe(Env& env, Waiting answer);
  void answer_those_before(Env& env, std::uint64_t number);
  void step_down(Env& env);
  void hear_primary(Env& env, NodeId from, const Message& message, const Place& place);
  void adopt(Env& env, const Message& message, const Place& place);
  void expect(Env& env, LocalTime stamp);
  static LocalTime believable(Env& env, LocalTime stamp);
  void miss(Env& env, LocalTime stamp);
  Duration patience() const;
  Log log(const Env& env) const;
  void install(Env& env, const Log& log);

  // ---- C0 (crash.cpp)
  void succeed_at_once(Env& env);

  // ---- CL (crash_and_link.cpp)
  void pass_on(Env& env, NodeId from, const Message& message, const Place& place) const;

  // ---- R0 (receive_omission.cpp), and the suspicions of G
  void suspect(Env& env, LocalTime missing);
  void on_suspicion(Env& env, const Suspicion& suspicion);
  void end_reigns(Env& env);
  std::optional<LocalTime> over_at(const Env& env, std::uint64_t reign) const;
  std::size_t enough(const Env& env) const;
  Duration lateness(const Env& env) const;

  // ---- O2 (two_servers.cpp)
  void complain(Env& env, LocalTime missing);
  void report(Env& env);
  void on_report(Env& env, const Report& report);
  void peer_is_mute(Env& env);
  LocalTime next_overdue() const;
  void answer_overdue(Env& env);
  void store_for_two(Env& env, const Message& message, const Place& place);

  // ---- G, G1 (general_omission.cpp)
  void acknowledge(Env& env, const Message& message, const Place& place);
  void on_acknowledged(Env& env, NodeId from, std::uint64_t reign, std::uint64_t number);
  void halt_if_unheard(Env& env);
  void await_next(Env& env, std::uint64_t reign);
  void on_awaits(Env& env, NodeId from, const Awaits& awaits);
  bool is_awaited(const Env& env, std::uint64_t reign) const;

  Options options_;
  bool member_ = false;
  bool primary_ = false;
  std::uint64_t reign_ = 0;
  // the log, but for the service's state
  Sessions sessions_{};
  std::uint64_t length_ = 0;
  std::uint64_t log_reign_ = 0;

  // as primary
  std::uint64_t spoken_ = 0;          ///< So many messages of this reign,
  LocalTime spoken_at_{};             ///< the latest at this time.
  std::deque<Waiting> waiting_{};     ///< Ascending numbers.
  std::vector<std::uint64_t> has_{};  ///< G: per server, how many of them it has acknowledged.
  struct Unheard {
    std::uint64_t number;
    LocalTime stamp;
  };
  std::deque<Unheard> unheard_{};  ///< G: not acknowledged by enough.
  std::uint64_t confirmed_ = 0;    ///< G: so many are.

  // as backup
  std::uint64_t next_ = 0;                    ///< The number of the message to be adopted next,
  LocalTime next_by_{};                       ///< which is sent by then, if the primary lives.
  std::map<std::uint64_t, Message> early_{};  ///< Came before it.
  bool suspects_ = false;                     ///< This reign.
  std::map<std::uint64_t, std::map<NodeId, Suspicion>> suspicions_{};  ///< By reign and server.
  std::map<std::uint64_t, std::map<NodeId, LocalTime>> awaited_{};     ///< G: the latest of Awaits.

  // O2
  std::optional<LocalTime> complaint_{};  ///< As backup: something sent by then is missing.
  std::uint64_t reports_ = 0;             ///< Sent, or as primary heard.
  bool mute_ = false;                     ///< As primary: a report is missing.
};

}  // namespace protocols
