// CASPaxos: registers that change by compare-and-set, kept by n replicas of which fewer than half may crash.
// There is neither a log nor a leader: the replicas agree on a register's next content, again and again, by
// the rounds of single-decree Paxos.
//
//               phase 1                        phase 2
//   proposer    --Prepare(b)-->  --+         --Accept(b, content)-->  --+
//   acceptors                      Promise(b, accepted)                 Accepted(b)  --> answer the client
//
//   1. The replica that a client asks is the proposer. It takes a ballot b higher than all that it has seen
//      of this register, and asks all acceptors to prepare. An acceptor promises to take part in no lower
//      ballot, and tells the content that it accepted last, and in which ballot.
//   2. With promises from a majority, the proposer takes the content of the highest ballot among them,
//      executes the client's command on it, and asks to accept the result in b. An acceptor that has promised
//      nothing higher accepts. What a majority has accepted in one ballot is chosen; the client is answered.
//
// Why it is safe: the majority that accepted a content meets the majority of promises of every later ballot.
// So each command is executed on the content chosen last, or on a later one: contents form a chain.
//
// Reads run both phases, too. A read must not return a content that it has merely found: a minority may have
// accepted it, and the next read might find only others. The second phase makes sure that it is chosen.
//
// A content may be chosen though its proposer never learns of it: another proposer finds it at one acceptor
// and carries it on. So the content itself remembers which requests are in it, with their answers, and a
// repeated request is answered from there, whichever replica is asked. For the same reason a proposer that
// got no majority in phase 2 can't tell the client that nothing happened.
//
// Two proposers that prepare in turn void each other's ballots: a duel. So each waits for a random time
// before its next ballot, up to twice as long after each defeat: with a fixed time shorter than a round, six
// proposers duel for ever. A proposer runs one round at a time for each register, so that its own clients
// don't duel. Contention for one register costs wasted rounds nevertheless.
//
// Cost, without contention: 4n - 2 messages and 6 delays, the client's question and answer included.
//
// Assumptions, and what breaks without them:
//   * Fewer than half crash (n >= 2f + 1): otherwise operations wait, and no answer is wrong.
//   * An acceptor's disk keeps every promise and acceptance before it is told. One that forgets (a lost disk)
//     can help to choose two contents that know nothing of each other.
//   * Channels may lose, delay, duplicate and reorder. Clocks matter for progress only. Nobody lies.
//
// For the judges, each replica applies every change that it hears of once, in the order in which it hears of
// them. It may miss some, so the replicas' states mean nothing. A change is lost when no running replica has
// heard of it. So a content names the changes that may have been chosen with it, and not before.
//
// Bugs, for the judges to catch:
//   read_unrepaired     A read returns the content that it has found, without the second phase: it may return
//                       what only a minority holds, and a later read the content before.
//   timeout_is_failure  A proposer that hears of no majority in phase 2 tells the client that its cas was not
//                       met. An acceptor that did accept it is heard later, and the change appears.
//   no_memory           The content doesn't remember its requests: a repeated one is executed twice.
//
// Source: Rystsov, "CASPaxos: Replicated State Machines without logs", arXiv 1802.07000 (2018), section 2.
// The memory of requests is ours.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/protocol/registry.hpp"
#include "sim/protocol/sessions.hpp"

namespace protocols {

using namespace sim;

struct CasPaxos {
  using Key = std::uint32_t;
  using Ballot = Stamp;  // a number, and the proposer; number 0 comes before all

  struct Executed {
    Request request{};
    Change change{};  ///< Of the service.
  };
  /// What a register holds, and the requests that made it so.
  struct Content {
    Service cell{};  ///< Of one key.
    Sessions executed{};
    std::vector<Executed> recent{};  ///< Changes not known to be chosen, in order.
    std::string text() const { return cell.keys() > 0 ? text_of(cell.value(0)) : "nothing"; }
  };
  struct Accepting {
    Ballot ballot{};
    Content content{};
    std::string text() const { return content.text() + '@' + text_of(ballot); }
  };
  struct Prepare {
    Key key;
    Ballot ballot;
  };
  struct Promise {
    Key key;
    Ballot ballot;
    Accepting accepted;  ///< In the highest ballot that the acceptor has taken part in.
  };
  struct Accept {
    Key key;
    Accepting proposed;
  };
  struct Accepted {
    Key key;
    Ballot ballot;
  };
  struct Rejected {
    Key key;
    Ballot ballot;
    Ballot promised;  ///< To be outbid.
  };
  using Message = std::variant<Prepare, Promise, Accept, Accepted, Rejected>;
  enum class Timer : std::uint8_t { next_ballot };

  struct Options {
    enum class Bug : std::uint8_t { none, read_unrepaired, timeout_is_failure, no_memory };
    Duration retransmit = 50ms;
    Duration backoff = 10ms;
    Bug bug = Bug::none;

    void describe(Fields& fields);
    std::string complaint(std::size_t) const { return {}; }
  };
  static bool becomes_alike() { return false; }
  static ClientPolicy client_policy(const Options&, std::size_t) {
    return {.target = ClientPolicy::Target::own};
  }

  static std::optional<ServicePromise> promise(const Options& options, const Calm& calm);

  struct Cell {
    Ballot promised{};
    Accepting accepted{};
  };
  struct Disk {
    struct Write {
      Key key = 0;
      Cell cell{};
      std::vector<Executed> news{};  ///< Changes of which the replica hears for the first time.
      Version version{};
    };
    std::map<Key, Cell> cells{};
    Sessions heard{};
    Snapshot snapshot{};
    void format(Snapshot empty) { snapshot = std::move(empty); }
    void replay(const Write& write) {
      cells[write.key] = write.cell;
      for (const auto& [request, change] : write.news) {
        heard.add(request, 0, {});
        snapshot.state.store(change);
        snapshot.version = write.version;
      }
    }
  };

  struct Deferred {
    NodeId to{};
    Message message;
  };
  using Env = EnvOf<CasPaxos>;
  CasPaxos(const Options& o, const Disk& d)
      : options_(o), snapshot_(d.snapshot), cells_(d.cells), heard_(d.heard) {}

  void on_start(Env& env);
  void on_message(Env& env, NodeId from, const Message& message) {
    std::visit([&](const auto& m) { on(env, from, m); }, message);
  }
  void on_request(Env& env, const Request& request);
  void on_durable(Env& env, const Deferred& said);
  void on_timer(Env& env, Timer timer);

 private:
  enum class Phase : std::uint8_t { idle, prepare, accept };
  struct Round {
    std::deque<Request> waiting{};  ///< The first is under way.
    Phase phase = Phase::idle;      ///< Idle while it waits for its next ballot.
    Ballot ballot{};
    std::uint64_t seen = 0;  ///< The highest number that outbid it.
    unsigned defeats = 0;    ///< How often it was outbid.
    NodeSet answers{};       ///< In this phase of this ballot.
    Accepting highest{};     ///< Among the promises,
    std::size_t same = 0;    ///< of which so many tell it.
    Value output{};
    LocalTime due{};  ///< Then it takes its next ballot.
  };

  // the proposer (cas_paxos.cpp)
  void take_ballot(Env& env, Key key, Round& round);
  void on(Env& env, NodeId from, const Promise& m);
  void propose(Env& env, Key key, Round& round);
  void on(Env& env, NodeId from, const Accepted& m);
  void on(Env& env, NodeId from, const Rejected& m);
  void outbid(Env& env, Round& round, Ballot promised);
  void finish(Env& env, Key key, Round& round);
  void next(Env& env, Key key, Round& round);
  static Value execute(Env& env, Content& content, const Request& request);
  static bool under_way(const Round& round, RequestId id) {
    return round.phase != Phase::idle && round.waiting.front().id == id;
  }
  void try_again(Env& env, Key key, Round& round);
  void ask_again(Env& env, Key key, const Round& round);
  void try_again_in(Env& env, Round& round, Duration delay);
  void wake_for_the_next(Env& env);
  Round* round_in(Key key, Ballot ballot, Phase phase);

  // the acceptor (acceptor.cpp)
  void on(Env& env, NodeId from, const Prepare& m);
  void on(Env& env, NodeId from, const Accept& m);
  void accept(Env& env, Key key, const Accepting& proposed);
  void spare_what_is_executed(Key key, const Content& content);

  bool has(Options::Bug bug) const { return options_.bug == bug; }

  Options options_;
  Snapshot snapshot_;  ///< The disk's content, until on_start has installed it.
  std::map<Key, Cell> cells_;
  Sessions heard_;  ///< The changes that this replica has applied.
  std::map<Key, Round> rounds_{};
};

}  // namespace protocols
