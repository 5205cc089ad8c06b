// Single-decree Paxos, the Synod: replicas agree on one value, although messages are lost and replicas crash
// and return. Every replica is acceptor and learner; the first `proposers` also propose, each a value of its
// own.
//
//                 phase 1                     phase 2
//   proposer  --Prepare(b)-->  --+      --Accept(b,v)-->  --+
//   acceptor                     Promise(b, accepted)       Accepted(b,v) --> all learners
//
//   1. A proposer takes a ballot b higher than all that it has seen, and asks all acceptors to prepare. An
//      acceptor promises to take part in no lower ballot, and tells its last accepted value and ballot.
//   2. With promises from a majority the proposer asks to accept a value v: that of the highest ballot among
//      the promises, or its own if they hold none. An acceptor that has promised nothing higher accepts.
//   3. A value that a majority has accepted in one ballot is chosen; a learner that hears of that decides.
// Why it is safe: if v is chosen in ballot b, its majority meets the majority of promises of any later
// ballot, which must thus propose v again. Ballots are numbered so that no two proposers share one.
//
// Why it need not end: a proposer's Prepare voids its rival's Accept, and the other way round. Proposers that
// try again after a `fixed` time can duel forever (Fischer, Lynch, Paterson: some run of any such protocol
// must). A `random` time ends the duel with probability 1; a leader among the proposers would avoid it.
//
// Assumptions, and what breaks without them:
//   * n > 2f, f crashed at a time: without a majority there is no progress, but nothing wrong is decided.
//   * Channels may lose, duplicate, delay and reorder: proposers start again, and the undecided ask.
//   * Clocks matter for progress only.
//   * The disk keeps every promise and acceptance before it is told: an acceptor that forgets (a lost disk)
//     can help a second majority to another value.
//   * Nobody lies: one false promise is enough for two values.
// Clients have no part in this: the value is the proposers' own, and a request is never answered.
//
// Source: Lamport, The Part-Time Parliament (TOCS 1998), section 2; Paxos Made Simple (2001), section 2.
#include <algorithm>
#include <compare>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/protocol/registry.hpp"

namespace protocols {
namespace {

using namespace sim;

struct SingleDecreePaxos {
  using Ballot = std::uint64_t;  // number * n + proposer; 0 comes before all
  struct Vote {
    Ballot ballot = 0;  ///< 0: none.
    std::uint64_t value = 0;
    auto operator<=>(const Vote&) const = default;
  };

  struct Prepare {
    Ballot ballot;
  };
  struct Promise {
    Ballot ballot;
    Vote accepted;  ///< The vote in the highest ballot that the acceptor has taken part in.
  };
  struct Rejected {
    Ballot promised;  ///< To be outbid.
  };
  struct Accept {
    Vote vote;
  };
  struct Accepted {
    Vote vote;
  };
  struct AskChosen {};
  struct Chosen {
    Vote vote;
  };
  using Message = std::variant<Prepare, Promise, Rejected, Accept, Accepted, AskChosen, Chosen>;
  enum class Timer : std::uint8_t { propose, ask };

  struct Options {
    enum class Backoff : std::uint8_t { fixed, random };
    enum class Bug : std::uint8_t { none, forget_accepted };
    std::int64_t proposers = 1;
    Duration stagger{};
    Duration retry = 20ms;
    Backoff backoff = Backoff::random;
    Bug bug = Bug::none;

    void describe(Fields& fields) {
      fields.count("proposers", proposers, {.min = 1, .max = 1000},
                   "Number of proposers, from replica 0 on.");
      fields.duration("stagger", stagger, {.max = 1h},
                      "Time from the start of one proposer to the start "
                      "of the next.");
      fields.duration("retry", retry, {.min = 1us, .max = 1h},
                      "Time after which a proposer without a decision starts a new ballot.");
      fields.choice("backoff", backoff, {{"fixed", Backoff::fixed}, {"random", Backoff::random}},
                    "Whether that time is fixed, or drawn between one and three times as much.");
      fields.choice("bug", bug, {{"none", Bug::none}, {"forget_accepted", Bug::forget_accepted}},
                    "forget_accepted: a proposer ignores values reported in promises and proposes its own.");
    }
    std::string complaint(std::size_t replicas) const {
      return static_cast<std::size_t>(proposers) <= replicas ? "" : "more proposers than replicas";
    }
  };
  static ClientPolicy client_policy(const Options&, std::size_t) { return {}; }
  static bool carries_out(Action) { return false; }

  struct Acceptor {
    Ballot promised = 0;
    Vote accepted{};
  };
  struct Disk {
    using Write = Acceptor;
    Acceptor acceptor;
    void replay(const Write& write) { acceptor = write; }
    /// The record before it counts, or the one after: each holds everything.
    bool replay_damaged(const Write&, Damage) { return true; }
  };

  struct Deferred {
    Message message;
    NodeId to{};
    bool to_all = false;
  };
  using Env = EnvOf<SingleDecreePaxos>;

  SingleDecreePaxos(const Options& o, const Disk& d)
      : options(o), acceptor(d.acceptor), highest_seen(d.acceptor.promised) {}

  void on_start(Env& env) {
    env.set_timer(Timer::ask, options.retry);
    if (!is_proposer(env)) return;
    if (env.first_life()) env.propose(own_value(env));
    env.set_timer(Timer::propose, env.first_life() ? options.stagger * env.self().value : options.retry);
  }

  void on_request(Env&, const Request&) {}

  void on_message(Env& env, NodeId from, const Message& message) {
    std::visit([&](const auto& m) { on(env, from, m); }, message);
  }

  void on_timer(Env& env, Timer timer) {
    if (decided.ballot > 0) return;
    if (timer == Timer::propose) return take_ballot(env);
    env.broadcast(AskChosen{});
    env.set_timer(Timer::ask, options.retry);
  }

  // ---- proposer

  bool is_proposer(Env& env) const { return env.self().value < options.proposers; }
  static std::uint64_t own_value(Env& env) { return env.self().value + 1u; }

  // The ballot is on disk, as a promise to oneself, before anybody hears of it: no later life reuses it.
  void take_ballot(Env& env) {
    ballot = highest_seen = (highest_seen / env.cluster() + 1) * env.cluster() + env.self().value;
    phase = Phase::prepare;
    promised_by.clear();
    highest_vote = {};
    acceptor.promised = ballot;
    say_when_safe(env, {.message = Prepare{ballot}, .to_all = true});
    const bool random = options.backoff == Options::Backoff::random;
    const auto more = 2 * static_cast<std::uint64_t>(options.retry.count());
    const Duration extra{random ? static_cast<std::int64_t>(env.rng().below(more + 1)) : 0};
    env.set_timer(Timer::propose, options.retry + extra);
  }

  void on(Env& env, NodeId from, const Promise& m) {
    if (phase != Phase::prepare || m.ballot != ballot) return;  // of an earlier ballot, or one too many
    if (!promised_by.insert(from)) return;
    highest_vote = std::max(highest_vote, m.accepted);
    if (promised_by.size() < env.majority()) return;
    phase = Phase::accept;
    const bool free = highest_vote.ballot == 0 || options.bug == Options::Bug::forget_accepted;
    send_to_all(env, Accept{{ballot, free ? own_value(env) : highest_vote.value}});
  }

  void on(Env&, NodeId, const Rejected& m) { highest_seen = std::max(highest_seen, m.promised); }

  // ---- acceptor

  void on(Env& env, NodeId from, const Prepare& m) {
    highest_seen = std::max(highest_seen, m.ballot);
    if (decided.ballot > 0) return env.send(from, Chosen{decided});
    if (m.ballot < acceptor.promised) return env.send(from, Rejected{acceptor.promised});
    acceptor.promised = m.ballot;
    say_when_safe(env, {.message = Promise{m.ballot, acceptor.accepted}, .to = from});
  }

  void on(Env& env, NodeId from, const Accept& m) {
    highest_seen = std::max(highest_seen, m.vote.ballot);
    if (decided.ballot > 0) return env.send(from, Chosen{decided});
    if (m.vote.ballot < acceptor.promised) return env.send(from, Rejected{acceptor.promised});
    acceptor = {.promised = m.vote.ballot, .accepted = m.vote};
    say_when_safe(env, {.message = Accepted{m.vote}, .to_all = true});
  }

  // Messages wait for the disk, and say what held when they were written.
  void say_when_safe(Env& env, const Deferred& saying) {
    env.persist(acceptor);
    env.when_durable(saying);
  }
  void on_durable(Env& env, const Deferred& saying) {
    if (saying.to_all) return send_to_all(env, saying.message);
    env.send(saying.to, saying.message);
  }
  static void send_to_all(Env& env, const Message& message) {
    env.broadcast(message);
    env.send(env.self(), message);
  }

  // ---- learner

  void on(Env& env, NodeId from, const Accepted& m) {
    if (decided.ballot > 0) return;
    NodeSet& voters = accepted_by[m.vote];
    voters.insert(from);
    if (voters.size() >= env.majority()) decide(env, m.vote);
  }

  void on(Env& env, NodeId from, const AskChosen&) {
    if (decided.ballot > 0) env.send(from, Chosen{decided});
  }

  void on(Env& env, NodeId, const Chosen& m) {
    if (decided.ballot == 0 && m.vote.ballot > 0) decide(env, m.vote);
  }

  void decide(Env& env, Vote vote) {
    decided = vote;
    phase = Phase::idle;
    accepted_by.clear();
    env.decide(1, vote.value, vote.ballot);
  }

  Options options;

  Acceptor acceptor;

  enum class Phase : std::uint8_t { idle, prepare, accept };
  Phase phase = Phase::idle;
  Ballot ballot = 0;        ///< The proposer's own.
  Ballot highest_seen = 0;  ///< Of anybody's.
  NodeSet promised_by{};
  Vote highest_vote{};  ///< Among the promises.

  std::map<Vote, NodeSet> accepted_by{};
  Vote decided{};  ///< Its ballot is 0 until then.
};

static_assert(Protocol<SingleDecreePaxos>);
const Registered<SingleDecreePaxos> single_decree_paxos_registered{
    "single_decree_paxos", "Paxos for one value: promises from a majority, then acceptances from a majority"};

}  // namespace
}  // namespace protocols
