// The Byzantine generals with signed messages, SM(m): with signatures that nobody can forge, the loyal agree
// among any number of traitors. Three generals, one of them a traitor, now agree.
//
// The requirements, which concern the loyal alone:
//   IC1  all loyal lieutenants obey the same order            (agreement);
//   IC2  they obey a loyal commander's order                  (validity).
//
//   commander 0 --- v:0 ---> all           v:0 is the order v, signed by 0; v:0:1 is that, signed by 1 as
//   lieutenant 1 -- v:0:1 --> all but 0    well, and so on: a signature covers the order and all before it.
//   lieutenant 2 -- v:0:2 --> all but 0
//
//   1. The commander signs his order and sends it to every lieutenant.
//   2. A lieutenant who sees an order for the first time keeps it in his set V. If it bears fewer than m + 1
//      signatures, he adds his and sends it to all who have not signed it.
//   3. When m + 1 rounds are over, each lieutenant obeys choice(V): the one order in it, or RETREAT if it is
//      empty or holds several, as then all have seen that the commander is a traitor.
//
// Why all loyal lieutenants end with the same V: a loyal lieutenant that accepts an order with k <= m
// signatures shows it to all himself. Of m + 1 signatures one at least is loyal, and that general has shown
// the order before. One more thing is needed: an order with k signatures must come in round k or earlier.
// Otherwise a traitor keeps an order back until it is too late to show it to others (bug `accept_late`).
//
// Assumptions, and what breaks without them:
//   * At most m traitors, n >= m + 2 generals. With m + 1 traitors who sign for each other, an order with
//     m + 1 signatures, none of them loyal, can be shown to one lieutenant in the last round.
//   * Nobody forges a loyal general's signature. Here the type sees to that: only `Env::sign` makes a
//     `Signed<>`, in the signer's name, and nobody can change it.
//   * Every message arrives, within a round; rounds begin and end at the same time everywhere. A message that
//     is lost or late looks like a traitor's silence, and may break IC1 or IC2 if there are traitors as well.
// Cost: (n-1)^2 messages without traitors, for n - 1 orders are handed on by n - 1 lieutenants to n - 2
// others; m + 1 rounds, which is the least (Dolev and Strong, 1983). Clients have no part in this: the order
// is the commander's own, and a request is never answered.
//
// Source: Lamport, Shostak, Pease, The Byzantine Generals Problem (TOPLAS 1982), section 4.
#include <algorithm>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "sim/protocol/registry.hpp"

namespace protocols {
namespace {

using namespace sim;

struct SignedMessages {
  enum class Order : std::uint8_t { retreat = 1, attack = 2 };

  struct Statement {  // the content that one signature covers
    Order order;
    std::vector<NodeId> after;  ///< The earlier signers, in turn; none for the commander.
  };
  using Signatures = std::vector<Signed<Statement>>;
  struct Letter {
    Signatures signatures;  ///< The commander's first.
    std::string text() const {
      if (signatures.empty()) return "unsigned";
      std::string text(enum_name(signatures.front()->order));
      for (const auto& s : signatures) text += ':' + std::to_string(s.signer().value);
      return text;
    }
  };
  using Message = std::variant<Letter>;
  enum class Timer : std::uint8_t { round, mischief };
  enum class Attack : std::uint8_t { none, split_the_loyal, withhold, release_late, conspire, random };

  struct Options {
    enum class Bug : std::uint8_t { none, accept_late };
    std::int64_t m = 1;
    std::int64_t commander = 0;
    Order order = Order::attack;
    Duration round = 100ms;
    Bug bug = Bug::none;

    void describe(Fields& fields) {
      fields.count("m", m, {.min = 0, .max = 62}, "Number of traitors to tolerate.");
      fields.count("commander", commander, {.min = 0, .max = 63}, "The general who gives the order.");
      fields.choice("order", order, {{"retreat", Order::retreat}, {"attack", Order::attack}},
                    "The order that he gives if he is loyal.");
      fields.duration("round", round, {.min = 1us, .max = 1h}, "Length of a round.");
      fields.choice("bug", bug, {{"none", Bug::none}, {"accept_late", Bug::accept_late}},
                    "accept_late: an order is accepted with too few signatures, up to the end.");
    }
    std::string complaint(std::size_t replicas) const {
      if (static_cast<std::size_t>(commander) >= replicas) return "the commander must be one of the replicas";
      if (static_cast<std::size_t>(m) + 2 <= replicas) return {};
      return "m must be at most n - 2: with fewer than two loyal generals agreement is trivial";
    }
  };
  static ClientPolicy client_policy(const Options&, std::size_t) { return {}; }
  static bool carries_out(Action) { return false; }

  using Env = EnvOf<SignedMessages>;

  SignedMessages(const Options& o, const NoDisk&) : options(o) {}

  void on_start(Env& env) {
    if (!env.first_life()) return;  // it has forgotten what it was told
    const bool commands = env.self() == commander();
    round = commands ? 0 : 1;
    env.set_timer(Timer::round, commands ? Duration{} : options.round);
  }

  void on_request(Env&, const Request&) {}

  void on_message(Env& env, NodeId, const Message& message) {
    const auto& [signatures] = std::get<Letter>(message);
    if (round == 0) return;  // commands, is through, or has returned
    if (!is_genuine(env, signatures)) return;
    if (betrays(env, signatures)) return;
    const bool in_time = signatures.size() >= round || options.bug == Options::Bug::accept_late;
    const Order order = signatures.front()->order;
    if (!in_time || !orders.insert(order).second) return;
    if (signatures.size() <= most_handed_on()) sign_and_send(env, signatures, order);
  }

  void on_timer(Env& env, Timer timer) {
    if (timer == Timer::mischief) return make_mischief(env);
    if (env.self() == commander()) return command(env);
    if (++round <= most_handed_on() + 1) return env.set_timer(Timer::round, options.round);
    round = 0;  // the last one is over
    env.decide(1, declared(choice()));
  }

  void command(Env& env) {
    env.propose(declared(options.order));
    if (betrays(env, {})) return;
    sign_and_send(env, {}, options.order);
    env.decide(1, declared(options.order));
  }

  Order choice() const { return orders.size() == 1 ? *orders.begin() : Order::retreat; }

  void sign_and_send(Env& env, Signatures signatures, Order order) {
    const std::vector<NodeId> signers = signers_of(signatures);
    signatures.push_back(env.sign(Statement{order, signers}));
    for (std::uint16_t i = 0; i < env.cluster(); ++i) {
      if (NodeId{i} == env.self() || std::ranges::find(signers, NodeId{i}) != signers.end()) continue;
      env.send(NodeId{i}, Letter{signatures});
    }
  }

  // Whether this is one order, signed by the commander and others in turn, each of them once, each knowing of
  // those before.
  bool is_genuine(Env& env, const Signatures& signatures) const {
    if (signatures.empty() || signatures.size() > most_handed_on() + 1) return false;
    if (signatures.front().signer() != commander() || !is_order(signatures.front()->order)) return false;
    NodeSet seen;
    std::vector<NodeId> before;
    for (const auto& s : signatures) {
      if (s->order != signatures.front()->order || s->after != before) return false;
      if (s.signer() == env.self() || !seen.insert(s.signer())) return false;
      before.push_back(s.signer());
    }
    return true;
  }

  static std::vector<NodeId> signers_of(const Signatures& signatures) {
    std::vector<NodeId> signers;
    for (const auto& s : signatures) signers.push_back(s.signer());
    return signers;
  }
  std::size_t most_handed_on() const { return static_cast<std::size_t>(options.m); }  // with its signatures
  static bool is_order(Order order) { return order == Order::retreat || order == Order::attack; }
  NodeId commander() const { return NodeId{static_cast<std::uint16_t>(options.commander)}; }
  static std::uint64_t declared(Order order) { return static_cast<std::uint64_t>(order); }

  // ---- treason: nobody can forge, but a traitor can keep quiet, sign two orders, or choose its time

  static const Fields::Names<Attack>& attacks() {
    static const Fields::Names<Attack> names{{"split_the_loyal", Attack::split_the_loyal},
                                             {"withhold", Attack::withhold},
                                             {"release_late", Attack::release_late},
                                             {"conspire", Attack::conspire},
                                             {"random", Attack::random}};
    return names;
  }

  // Whether this general, now that it has an order (as the commander: none yet), does something else with it
  // than the protocol says. All but `random` say nothing as lieutenants.
  bool betrays(Env& env, const Signatures& signatures) {
    const bool commands = signatures.empty();
    if (env.carries_out(Attack::split_the_loyal)) {
      const std::vector<NodeId> loyal = loyal_generals(env);
      for (std::size_t i = 0; commands && i < loyal.size(); ++i)
        env.send(loyal[i],
                 Letter{with(env, {}, env.self(), 2 * i < loyal.size() ? Order::attack : Order::retreat)});
      return true;
    }
    if (env.carries_out(Attack::release_late)) return plot(env, commands, last_moment());
    if (env.carries_out(Attack::conspire)) {
      const std::size_t traitors = env.colluders().size();
      const auto rounds = static_cast<std::int64_t>(traitors == 0 ? 0 : traitors - 1);
      return plot(env, commands, rounds * options.round);
    }
    if (env.carries_out(Attack::random)) {
      if (!commands) possessed.push_back(signatures);
      env.set_timer(Timer::mischief, options.round / 4);
      return true;
    }
    return env.carries_out(Attack::withhold);
  }

  // A commander gives the order to all, and plans to show the opposite one to one lieutenant alone later on.
  bool plot(Env& env, bool commands, Duration later) {
    if (!commands) return true;
    sign_and_send(env, {}, options.order);
    env.set_timer(Timer::mischief, later);
    return true;
  }

  // So late in the last round that it arrives in time, but can't be handed on.
  Duration last_moment() const { return options.m * options.round + options.round * 7 / 8; }

  void make_mischief(Env& env) {
    if (env.carries_out(Attack::random)) return act_on_a_whim(env);
    const std::vector<NodeId> loyal = loyal_generals(env);
    if (loyal.empty()) return;
    const Order order = options.order == Order::attack ? Order::retreat : Order::attack;
    Signatures signatures = with(env, {}, env.self(), order);
    for (std::uint16_t i = 0; env.carries_out(Attack::conspire) && i < env.cluster(); ++i) {
      const NodeId fellow{i};  // the more of them sign, the later it may be shown
      if (fellow != env.self() && env.colluders().contains(fellow))
        signatures = with(env, std::move(signatures), fellow, order);
    }
    env.send(loyal.back(), Letter{std::move(signatures)});
  }

  // Shows somebody an order that it came by or, if the commander is in the plot, a new one, with the
  // signatures of some accomplices.
  void act_on_a_whim(Env& env) {
    NodeSet fellows = env.colluders();
    fellows.insert(env.self());
    const bool invents = fellows.contains(commander()) && (possessed.empty() || env.rng().chance(0.5));
    if (!invents && possessed.empty()) return;
    Signatures signatures;
    if (!invents) signatures = possessed[env.rng().below(possessed.size())];
    const Order order = !invents                ? signatures.front()->order
                        : env.rng().chance(0.5) ? Order::attack
                                                : Order::retreat;
    if (invents) signatures = with(env, {}, commander(), order);
    for (std::uint16_t i = 0; i < env.cluster(); ++i) {
      const std::vector<NodeId> signers = signers_of(signatures);
      const bool has_signed = std::ranges::find(signers, NodeId{i}) != signers.end();
      if (fellows.contains(NodeId{i}) && !has_signed && env.rng().chance(0.5))
        signatures = with(env, std::move(signatures), NodeId{i}, order);
    }
    const auto to = static_cast<std::uint16_t>(env.rng().below(env.cluster()));
    if (NodeId{to} != env.self()) env.send(NodeId{to}, Letter{std::move(signatures)});
    env.set_timer(Timer::mischief, Duration{static_cast<std::int64_t>(env.rng().below(
                                       static_cast<std::uint64_t>(options.round.count()) / 2))});
  }

  // The order with one more signature, in an accomplice's name.
  static Signatures with(Env& env, Signatures signatures, NodeId signer, Order order) {
    const std::vector<NodeId> before = signers_of(signatures);
    signatures.push_back(env.sign_as(signer, Statement{order, before}));
    return signatures;
  }

  static std::vector<NodeId> loyal_generals(Env& env) {
    const NodeSet fellows = env.colluders();
    std::vector<NodeId> loyal;
    for (std::uint16_t i = 0; i < env.cluster(); ++i) {
      if (NodeId{i} != env.self() && !fellows.contains(NodeId{i})) loyal.push_back(NodeId{i});
    }
    return loyal;
  }

  Options options;
  std::size_t round = 0;                ///< The one that is under way, as a lieutenant; 0: none.
  std::set<Order> orders{};             ///< V: those that bear the commander's signature.
  std::vector<Signatures> possessed{};  ///< As a traitor at random: the orders it was shown.
};

static_assert(Protocol<SignedMessages>);
const Registered<SignedMessages> signed_messages_registered{
    "signed_messages", "the Byzantine generals, SM(m): signatures tolerate m traitors among m + 2"};

}  // namespace
}  // namespace protocols
