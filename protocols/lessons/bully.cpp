// The bully algorithm: replicas agree on who coordinates them, and it is always the live replica with the
// highest number. A replica that finds the coordinator silent asks all above it whether they are there; if
// none answers in time, all above are dead, and it coordinates.
//
//   0 --Election--> 1, 2, 3       3 lives:  1, 2, 3 --Answer--> 0, and each holds an election of its own;
//                                           3 has nobody above it: 3 --Coordinator--> 0, 1, 2
//                                 nobody answers within 2d: 0 is alone, and coordinates itself
//
//   follows --silence--> asks --2d without an answer from above--> announces --d--> coordinates
//      ^                   |--an answer--> waits --Coordinator--> follows
//      |----------------- a Coordinator from above, at any time
//
// Replica n-1 coordinates first. A replica that finds it silent does not ask it again, and says so to those
// it asks. So if that is replica n-2, nobody is left above it: n-2 messages, all of them Coordinator. If it
// is replica 0, every one is asked by all below and answers, (n-1)(n-2)/2 times: with the announcements
// n(n-2) messages. A replica that returns has forgotten everything. It asks all, those below it as well, to
// learn the number of the latest election. If it is the highest it takes over from a coordinator that did
// nothing wrong: the bully. When all others live that costs 3(n-1) messages.
//
// Elections are numbered, and replicas agree on the winner of each number. A new coordinator announces
// itself, and coordinates once everyone must have heard that: until then the one that it bullies away still
// acts. Every step is a wait for a bounded time, so the algorithm is only as good as the bounds.
//
// Assumptions, and what breaks without them:
//   * Synchrony: no message takes longer than `bound` (d), timers run alike, replicas don't pause. Otherwise
//     silence is no proof of death: a replica that takes a slow coordinator for dead is a second one, until
//     it hears of the first.
//   * Channels lose nothing: a lost answer does the same. A partition makes one coordinator on each side, and
//     a one-way cut makes another for the replicas that hear nothing; when it ends the higher one takes over.
//   * Crashes, and returns with nothing on disk. Any number may be down, but a replica that knows the number
//     of the latest election must be up, or the number is used again. A replica that returns learns it within
//     2d.
//   * Nobody lies.
// No majority is asked: that is why it goes on with one replica, and why it splits where Raft stops.
// Clients have no part in this; a request is never answered.
//
// Bug `acts_at_once`, as in most textbooks: an announcement counts at once, though the old coordinator has
// not heard of it yet. For up to d there are two.
//
// Source: Garcia-Molina, Elections in a Distributed Computing System (IEEE ToC 1982), the bully algorithm,
// which makes sure of the same by a phase of its own; messages and counts as in Coulouris et al., Distributed
// Systems, section 15.3 (5th edition).
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "sim/protocol/registry.hpp"

namespace protocols {
namespace {

using namespace sim;

struct Bully {
  using Term = std::uint64_t;  // the number of an election, from 1; 0: has forgotten

  struct Election {  // are you there? I am holding election `term`
    Term term;
    std::optional<NodeId> dead;  ///< Not asked: the coordinator, which I or another found silent.
  };
  struct Answer {  // I am
    Term term;     ///< The highest that the sender knows.
  };
  struct Coordinator {  // I have won
    Term term;
  };
  struct Alive {  // I coordinate
    static constexpr bool background = true;
    Term term;
  };
  using Message = std::variant<Election, Answer, Coordinator, Alive>;
  enum class Timer : std::uint8_t { phase, heartbeat };

  struct Options {
    enum class First : std::uint8_t { lowest, highest };
    enum class Bug : std::uint8_t { none, acts_at_once };
    Duration bound = 5ms;
    Duration heartbeat = 20ms;
    Duration stagger{};
    First first = First::highest;
    Bug bug = Bug::none;

    void describe(Fields& f) {
      f.duration("bound", bound, {.min = 1us, .max = 1h}, "Assumed upper bound on a message's delay.");
      f.duration("heartbeat", heartbeat, {.min = 1us, .max = 1h},
                 "Interval of the coordinator's heartbeats.");
      f.duration("stagger", stagger, {.max = 1h},
                 "How much longer each replica waits than the one before it until it treats silence as a "
                 "crash.");
      f.choice("first", first, {{"lowest", First::lowest}, {"highest", First::highest}},
               "The replica that does so first.");
      f.choice("bug", bug, {{"none", Bug::none}, {"acts_at_once", Bug::acts_at_once}},
               "acts_at_once: a new coordinator acts before the old one can know of it.");
    }
    std::string complaint(std::size_t) const { return {}; }
  };
  static ClientPolicy client_policy(const Options&, std::size_t) { return {}; }
  static bool carries_out(Action) { return false; }

  using Env = EnvOf<Bully>;

  Bully(const Options& o, const NoDisk&) : options(o) {}

  void on_start(Env& env) {
    env.propose(declared(env.self()));
    if (!env.first_life()) return ask_everybody(env);
    const NodeId highest{static_cast<std::uint16_t>(env.cluster() - 1)};
    if (env.self() != highest) return follow(env, highest, 1);
    term = 1;
    act(env);
  }

  void on_request(Env&, const Request&) {}

  void on_message(Env& env, NodeId from, const Message& message) {
    if (from == env.self()) return;
    if (silent == from) silent.reset();
    std::visit([&](const auto& m) { on(env, from, m); }, message);
  }

  void on_timer(Env& env, Timer timer) {
    if (timer == Timer::heartbeat) return beat(env);
    switch (phase) {
      case Phase::follows: silent = coordinator; return hold_election(env, term + 1);
      case Phase::asks: return announce(env);
      case Phase::waits: return hold_election(env, term + 1);  // the one that answered has died since
      case Phase::announces: return act(env);
      case Phase::acts: return;
    }
  }

  // ---- elections

  void hold_election(Env& env, Term number) {
    term = number;
    returns = false;
    change(env, Phase::asks, Role::candidate);
    bool asked = false;
    for (std::uint16_t i = env.self().value + 1u; i < env.cluster(); ++i) {
      if (silent == NodeId{i}) continue;
      env.send(NodeId{i}, Election{term, silent});
      asked = true;
    }
    if (!asked) return announce(env);
    env.set_timer(Timer::phase, 2 * options.bound);
  }

  void ask_everybody(Env& env) {
    returns = true;
    change(env, Phase::asks, Role::candidate);
    env.broadcast(Election{term, std::nullopt});
    env.set_timer(Timer::phase, 2 * options.bound);
  }

  // A replica that hears of a new election takes part; one that returns is only told what it wants to know.
  void on(Env& env, NodeId from, const Election& m) {
    const bool news = m.term > term;
    env.send(from, Answer{std::max(term, m.term)});
    if (from > env.self()) return give_way(env, from);
    if (!news) {
      if (phase == Phase::acts) env.send(from, Coordinator{term});
      return;
    }
    if (phase == Phase::asks || phase == Phase::waits) {
      term = m.term;  // the elections become one
      return;
    }
    if (phase == Phase::follows && m.dead == coordinator) silent = coordinator;
    hold_election(env, m.term);
  }

  // One above has returned, and will take over: from now on the coordinator's silence proves nothing.
  void give_way(Env& env, NodeId above) {
    if (phase == Phase::asks || phase == Phase::announces) return wait(env);
    if (phase != Phase::follows) return;
    if (above == coordinator) env.set_timer(Timer::phase, 4 * options.bound);
    coordinator.reset();
  }

  void on(Env& env, NodeId from, const Answer& m) {
    if (phase != Phase::asks && phase != Phase::waits) return;
    term = std::max(term, m.term);
    if (from > env.self() && phase == Phase::asks) wait(env);
  }

  // Waits for the highest live replica, which asks, waits 2d, and announces itself.
  void wait(Env& env) {
    change(env, Phase::waits, Role::candidate);
    env.set_timer(Timer::phase, 4 * options.bound);
  }

  // ---- coordinators

  void announce(Env& env) {
    if (returns) ++term;
    returns = false;
    change(env, Phase::announces, Role::candidate);
    for (std::uint16_t i = 0; i < env.self().value; ++i) env.send(NodeId{i}, Coordinator{term});
    if (options.bug == Options::Bug::acts_at_once) return act(env);
    env.set_timer(Timer::phase, options.bound);
  }

  void act(Env& env) {
    coordinator = env.self();
    change(env, Phase::acts, Role::primary);
    decide(env);
    beat(env);
  }

  void beat(Env& env) {
    if (phase != Phase::acts) return;
    env.broadcast(Alive{term});
    env.set_timer(Timer::heartbeat, options.heartbeat);
  }

  void on(Env& env, NodeId from, const Coordinator& m) { hear(env, from, m.term); }

  void on(Env& env, NodeId from, const Alive& m) {
    if (hear(env, from, m.term)) decide(env);
  }

  // Somebody claims to coordinate. A claim from above is believed, one from below is contradicted.
  bool hear(Env& env, NodeId from, Term number) {
    if (number < term) return false;  // that is over
    if (from > env.self()) {
      follow(env, from, number);
      return true;
    }
    if (returns) {
      term = number;
    } else {
      hold_election(env, number + 1);
    }
    return false;
  }

  void decide(Env& env) {
    const std::pair won{term, *coordinator};
    if (std::exchange(decided, won) != won) env.decide(term, declared(*coordinator), term);
  }

  void follow(Env& env, NodeId whom, Term number) {
    coordinator = whom;
    term = number;
    returns = false;
    change(env, Phase::follows, Role::backup);
    const auto above = static_cast<std::int64_t>(env.cluster()) - 1 - env.self().value;
    const std::int64_t rank = options.first == Options::First::lowest ? env.self().value : above - 1;
    env.set_timer(Timer::phase,
                  options.heartbeat + 2 * options.bound + std::max<std::int64_t>(rank, 0) * options.stagger);
  }

  static std::uint64_t declared(NodeId node) { return node.value + 1u; }  // 0 would stand for "nobody"

  enum class Phase : std::uint8_t { follows, asks, waits, announces, acts };
  void change(Env& env, Phase to, Role role) {
    phase = to;
    env.become(role, term);
  }

  Options options;
  Phase phase = Phase::asks;
  Term term = 0;         ///< The highest that this replica knows.
  bool returns = false;  ///< From a crash, and has to learn the term first.
  std::optional<NodeId> coordinator{};
  std::pair<Term, NodeId> decided{};  ///< The last election, and its winner, that is known to be settled.
  std::optional<NodeId> silent{};     ///< Found dead, and not heard of since.
};

static_assert(Protocol<Bully>);
const Registered<Bully> bully_registered{
    "bully", "elects the highest live replica; relies on answers that arrive in time"};

}  // namespace
}  // namespace protocols
