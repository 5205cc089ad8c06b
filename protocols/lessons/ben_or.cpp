// Ben-Or's randomised consensus: replicas agree on one bit without any clock and without a leader, by tossing
// coins. Fischer, Lynch and Paterson showed that no deterministic protocol can do that if one replica may
// crash; this one escapes because it ends only with probability 1.
//
// Each replica holds a bit x, at first its own proposal. Rounds have two phases, and in each a replica waits
// for n-f messages of this round, its own included: no more are sure to come.
//
//              report phase                          proposal phase
//   all  --Report(k, x)--> all     all  --Proposal(k, v or none)--> all     f+1 times v : decide v
//        more than n/2 say v: propose v                                     once v      : x = v
//        otherwise:           propose none                                  never       : x = a coin's toss
//
// Why it agrees: two majorities of reports intersect, so in one round only one v is proposed. A replica that
// decides v has seen f+1 proposals of v, and a replica that waits for n-f of them misses at most f. So all
// others see one and set x = v, all report v in the next round, and all decide v there. So a decided replica
// plays one more round, and stops.
//
// Why it ends: the replicas that toss may all toss the bit that the others hold. Against the worst of
// networks that takes some 2^n rounds in expectation; if delays are independent of the bits, few rounds are
// enough.
//
// Assumptions, and what breaks without them:
//   * n > 2f, f replicas crash: here f is the most that n allows, so that n-f is a majority. If more crash,
//     the rest wait forever; nothing wrong is decided.
//   * Channels are reliable, but as slow and disordered as they like. A lost message may be the one that
//     somebody waits for: then it waits forever. Duplicates do no harm.
//   * A crash is for good: a replica that returns has forgotten its round (nothing is on disk) and may not
//     vote again. It only asks what was decided, and still counts among the f.
//   * Nobody lies: the paper has a second protocol for that, with n > 5f.
//   * Clocks play no part: the one timer here repeats the question of a replica that has returned.
// Clients have no part in this: the bits are the replicas' own, and a request is never answered.
//
// Source: Ben-Or, Another advantage of free choice: completely asynchronous agreement protocols (PODC 1983),
// theorem 1; its proof: Aguilera and Toueg, The correctness proof of Ben-Or's randomized consensus algorithm
// (2012).
#include <array>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "sim/protocol/registry.hpp"

namespace protocols {
namespace {

using namespace sim;

struct BenOr {
  using Round = std::uint64_t;
  static std::string in_words(Round round, std::optional<bool> bit) {
    return "round=" + std::to_string(round) + " bit=" + (!bit ? "none" : *bit ? "1" : "0");
  }

  struct Report {
    Round round;
    bool bit;
    std::string text() const { return in_words(round, bit); }
  };
  struct Proposal {
    Round round;
    std::optional<bool> bit;
    std::string text() const { return in_words(round, bit); }
  };
  struct AskDecided {};
  struct Decided {
    Round round;
    bool bit;
    std::string text() const { return in_words(round, bit); }
  };
  using Message = std::variant<Report, Proposal, AskDecided, Decided>;
  enum class Timer : std::uint8_t { ask_again };

  struct Options {
    enum class Inputs : std::uint8_t { split, alike, random };
    enum class Bug : std::uint8_t { none, decide_on_one };
    Inputs inputs = Inputs::split;
    Bug bug = Bug::none;

    void describe(Fields& fields) {
      fields.choice("inputs", inputs,
                    {{"split", Inputs::split}, {"alike", Inputs::alike}, {"random", Inputs::random}},
                    "What the replicas propose: 0 and 1 in turn, all 1, or random bits.");
      fields.choice("bug", bug, {{"none", Bug::none}, {"decide_on_one", Bug::decide_on_one}},
                    "decide_on_one: a single proposal suffices to decide, instead of f + 1.");
    }
    std::string complaint(std::size_t) const { return {}; }
  };
  static ClientPolicy client_policy(const Options&, std::size_t) { return {}; }
  static bool carries_out(Action) { return false; }

  using Env = EnvOf<BenOr>;
  static constexpr Duration kAskAgain = 50ms;

  BenOr(const Options& o, const NoDisk&) : options(o) {}

  void on_start(Env& env) {
    if (!env.first_life()) return ask(env);
    switch (options.inputs) {
      case Options::Inputs::split: x = env.self().value % 2 == 1; break;
      case Options::Inputs::alike: x = true; break;
      case Options::Inputs::random: x = toss(env); break;
    }
    env.propose(declared(x));
    enter_round(env, 1);
  }

  void on_request(Env&, const Request&) {}
  void on_timer(Env& env, Timer) {
    if (!decided) ask(env);
  }

  void on_message(Env& env, NodeId from, const Message& message) {
    std::visit([&](const auto& m) { on(env, from, m); }, message);
  }

  // ---- rounds

  struct Heard {  // of one round; bits index the arrays
    NodeSet reporters{};
    std::array<NodeSet, 2> reports{};
    NodeSet proposers{};
    std::array<NodeSet, 2> proposals{};
  };

  void on(Env& env, NodeId from, const Report& m) {
    if (phase == Phase::out || m.round < round) return;
    Heard& heard = rounds[m.round];
    if (!heard.reporters.insert(from)) return;
    heard.reports[m.bit ? 1 : 0].insert(from);
    go_on(env);
  }

  void on(Env& env, NodeId from, const Proposal& m) {
    if (phase == Phase::out || m.round < round) return;
    Heard& heard = rounds[m.round];
    if (!heard.proposers.insert(from)) return;
    if (m.bit) heard.proposals[*m.bit ? 1 : 0].insert(from);
    go_on(env);
  }

  // One's own messages arrive as events of their own, so no phase ends within the handler that began it.
  void go_on(Env& env) {
    const Heard& heard = rounds[round];
    if (phase == Phase::report && heard.reporters.size() >= env.majority()) return end_reports(env, heard);
    if (phase == Phase::proposal && heard.proposers.size() >= env.majority()) end_proposals(env, heard);
  }

  void end_reports(Env& env, const Heard& heard) {
    std::optional<bool> proposal;
    for (const bool bit : {false, true}) {
      if (heard.reports[bit ? 1 : 0].size() >= env.majority()) proposal = bit;
    }
    phase = Phase::proposal;
    send_to_all(env, Proposal{round, proposal});
    if (decided) phase = Phase::out;  // this was the additional round: with it the others decide, too
  }

  void end_proposals(Env& env, const Heard& heard) {
    const std::size_t crashes = env.cluster() - env.majority();  // f
    const std::size_t enough = options.bug == Options::Bug::decide_on_one ? 1 : crashes + 1;
    bool seen = false;
    for (const bool bit : {false, true}) {
      const std::size_t votes = heard.proposals[bit ? 1 : 0].size();
      if (votes == 0) continue;
      seen = true;
      x = bit;
      if (votes >= enough) decide(env, {round, bit});
    }
    if (!seen) x = toss(env);
    enter_round(env, round + 1);
  }

  void enter_round(Env& env, Round next) {
    round = next;
    phase = Phase::report;
    rounds.erase(rounds.begin(), rounds.lower_bound(round));
    send_to_all(env, Report{round, x});
  }

  void decide(Env& env, const Decided& what) {
    if (decided) return;
    decided = what;
    env.decide(1, declared(what.bit), what.round);
  }

  static void send_to_all(Env& env, const Message& message) {
    env.broadcast(message);
    env.send(env.self(), message);
  }
  static bool toss(Env& env) { return env.rng().below(2) == 1; }
  static std::uint64_t declared(bool bit) { return bit ? 2 : 1; }  // 0 would stand for "nothing"

  // ---- after a crash

  void ask(Env& env) {
    env.broadcast(AskDecided{});
    env.set_timer(Timer::ask_again, kAskAgain);
  }
  void on(Env& env, NodeId from, const AskDecided&) {
    if (decided) env.send(from, *decided);
  }
  void on(Env& env, NodeId, const Decided& m) { decide(env, m); }

  Options options;
  enum class Phase : std::uint8_t { out, report, proposal };
  Phase phase = Phase::out;  ///< Out: has returned from a crash, or is through.
  Round round = 0;
  bool x = false;
  std::map<Round, Heard> rounds{};  ///< This one, and later ones in which others are already.
  std::optional<Decided> decided{};
};

static_assert(Protocol<BenOr>);
const Registered<BenOr> ben_or_registered{
    "ben_or", "randomised consensus on a bit: rounds of votes, with coin flips when a round fails"};

}  // namespace
}  // namespace protocols
