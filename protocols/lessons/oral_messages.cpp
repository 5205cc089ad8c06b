// The Byzantine generals with oral messages, OM(m): a commander gives n - 1 lieutenants an order, some of the
// generals are traitors, and no message carries proof of who said what before.
//
// The requirements, which concern the loyal alone:
//   IC1  all loyal lieutenants obey the same order            (agreement);
//   IC2  they obey a loyal commander's order                  (validity).
//
//   OM(0)  The commander tells each lieutenant his order. Each obeys what he is told, or RETREAT if nothing.
//   OM(m)  The commander tells each lieutenant his order. Each then plays the commander of OM(m-1), to tell
//          the others what he was told, and obeys the majority of what he was told himself and what came out
//          of the others' plays; RETREAT when there is none.
//
//          commander 0                      A message carries its path, the chain of its speakers. In
//        /      |      \      round 1       round r paths have r names, the commander's first, and no name
//       1       2       3                   twice; those not among them are told. After round m + 1
//      / \     / \     / \    round 2       each lieutenant holds a tree of reports, and takes majorities
//     2   3   1   3   1   2   (m = 1)       from its leaves to its root.
//
// Why it needs n > 3m. Three generals can't cope with one traitor, whatever they do. In the paper's figure 1
// lieutenant 2 lies ("he said: retreat") and in figure 2 the commander tells the two different orders.
// Lieutenant 1 hears the same in both. In the first he must attack (IC2); so he does in the second, while
// lieutenant 2, by the same reasoning, retreats: IC1 is broken. Here the option `tie` chooses which of the
// two figures breaks it. With 3m generals, let each of the three stand for m.
//
// Assumptions, and what breaks without them:
//   * n > 3m with at most m traitors. With n = 3m some attack breaks IC1 or IC2: one traitor of three, the
//     commander who splits (`split_the_loyal`) or a lieutenant who says the opposite (`contradict`); of six,
//     two lieutenants who both contradict.
//   * Every message arrives within a round, and its sender is known. A message that comes later counts as not
//     sent, and one not sent as RETREAT: a slow or lossy channel makes its sender look like a traitor, and a
//     crash as well.
//   * Rounds begin and end at the same time everywhere. Clocks lose a message if they differ by more than its
//     spare time in a round.
// Cost: (n-1) + (n-1)(n-2) + ... + (n-1)...(n-1-m) messages in m + 1 rounds; for (n, m) = (4, 1) that is 9,
// for (7, 2) 156. No protocol needs fewer rounds (Fischer and Lynch, 1982); others need far fewer messages.
// Clients have no part in this: the order is the commander's own, and a request is never answered.
//
// Source: Lamport, Shostak, Pease, The Byzantine Generals Problem (TOPLAS 1982), sections 2 and 3.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sim/protocol/registry.hpp"

namespace protocols {
namespace {

using namespace sim;

struct OralMessages {
  enum class Order : std::uint8_t { retreat = 1, attack = 2 };
  using Path = std::vector<NodeId>;  ///< The commander, then those through whom his order went, in turn.

  struct Told {
    bool attack;  ///< Otherwise the order is to retreat.
    Path path;    ///< Ends with the sender.
    std::string text() const {
      std::string text = attack ? "attack" : "retreat";
      for (const NodeId node : path) text += ':' + std::to_string(node.value);
      return text;
    }
  };
  using Message = std::variant<Told>;
  enum class Timer : std::uint8_t { round };
  enum class Attack : std::uint8_t { none, split_the_loyal, contradict, random, scripted };

  struct Options {
    enum class Tie : std::uint8_t { retreat, own };
    std::int64_t m = 1;
    std::int64_t commander = 0;
    Order order = Order::attack;
    Tie tie = Tie::retreat;
    Duration round = 100ms;
    std::int64_t script = 0;

    void describe(Fields& fields) {
      fields.count("m", m, {.min = 0, .max = kMost},
                   "Number of traitors to tolerate: the order is relayed m times.");
      fields.count("commander", commander, {.min = 0, .max = 63}, "The general who gives the order.");
      fields.choice("order", order, {{"retreat", Order::retreat}, {"attack", Order::attack}},
                    "The order that he gives if he is loyal.");
      fields.choice("tie", tie, {{"retreat", Tie::retreat}, {"own", Tie::own}},
                    "What a lieutenant assumes when the others' reports have no majority: retreat, as in "
                    "the paper, or his own order, which is wrong even for some n > 3m.");
      fields.duration("round", round, {.min = 1us, .max = 1h}, "Length of a round.");
      fields.count(
          "script", script, {},
          "Messages of a traitor with the attack `scripted`, in turn: a number to base 3, the last digit "
          "first; 0 retreat, 1 attack, 2 nothing.");
    }
    std::string complaint(std::size_t replicas) const;
  };
  static constexpr std::int64_t kMost = 8;  // rounds
  static constexpr std::size_t kMostMessages = 1'000'000;
  static ClientPolicy client_policy(const Options&, std::size_t) { return {}; }
  static bool carries_out(Action) { return false; }

  using Env = EnvOf<OralMessages>;

  OralMessages(const Options& o, const NoDisk&) : options(o) {}

  void on_start(Env& env) {
    if (!env.first_life()) return;  // it has forgotten all that it was told
    const bool commands = env.self() == commander();
    round = commands ? 0 : 1;
    env.set_timer(Timer::round, commands ? Duration{} : options.round);
  }

  void on_request(Env&, const Request&) {}

  void on_message(Env& env, NodeId from, const Message& message) {
    const auto& told = std::get<Told>(message);
    if (round == 0) return;                // commands, is through, or has returned
    if (told.path.size() < round) return;  // too late
    if (!is_path(env, told.path) || told.path.back() != from) return;
    heard.try_emplace(told.path, told.attack ? Order::attack : Order::retreat);
  }

  // The end of a round; for the commander the beginning of the first.
  void on_timer(Env& env, Timer) {
    Path path{commander()};
    if (env.self() == commander()) {
      env.propose(declared(options.order));
      tell_the_others(env, {}, options.order);
      return env.decide(1, declared(options.order));
    }
    if (round > times_handed_on()) {
      round = 0;
      return env.decide(1, declared(believed(env, path)));
    }
    hand_on(env, path);
    ++round;
    env.set_timer(Timer::round, options.round);
  }

  // Passes on the orders that came on this round's paths beginning with `path`, to those who don't know them
  // yet.
  void hand_on(Env& env, Path& path) {
    if (path.size() == round) return tell_the_others(env, path, told_on(path));
    for_each_other(env, path, [&] { hand_on(env, path); });
  }

  void tell_the_others(Env& env, Path path, Order order) {
    path.push_back(env.self());
    for (std::uint16_t i = 0; i < env.cluster(); ++i) {
      if (std::ranges::find(path, NodeId{i}) != path.end()) continue;
      const std::optional<Order> said = spoken(env, NodeId{i}, order);
      if (said) env.send(NodeId{i}, Told{*said == Order::attack, path});
    }
  }

  // The result of the play in which the last of `path` commands.
  Order believed(Env& env, Path& path) {
    const Order own = told_on(path);
    if (path.size() > times_handed_on()) return own;
    int attack_leads_by = own == Order::attack ? 1 : -1;
    for_each_other(env, path, [&] { attack_leads_by += believed(env, path) == Order::attack ? 1 : -1; });
    if (attack_leads_by == 0 && options.tie == Options::Tie::own) return own;
    return attack_leads_by > 0 ? Order::attack : Order::retreat;
  }

  Order told_on(const Path& path) const {
    const auto found = heard.find(path);
    return found == heard.end() ? Order::retreat : found->second;
  }

  // Extends `path` by each lieutenant in turn who is not on it.
  template <class Visit> static void for_each_other(Env& env, Path& path, const Visit& visit) {
    for (std::uint16_t i = 0; i < env.cluster(); ++i) {
      if (NodeId{i} == env.self() || std::ranges::find(path, NodeId{i}) != path.end()) continue;
      path.push_back(NodeId{i});
      visit();
      path.pop_back();
    }
  }

  // Whether an order can have come this way: from the commander, through others, and nobody twice.
  bool is_path(Env& env, const Path& path) const {
    if (path.empty() || path.size() > times_handed_on() + 1 || path.front() != commander()) return false;
    NodeSet seen;
    return std::ranges::all_of(path, [&](NodeId node) {
      return node.value < env.cluster() && node != env.self() && seen.insert(node);
    });
  }

  NodeId commander() const { return NodeId{static_cast<std::uint16_t>(options.commander)}; }
  std::size_t times_handed_on() const { return static_cast<std::size_t>(options.m); }
  static std::uint64_t declared(Order order) { return static_cast<std::uint64_t>(order); }

  // ---- treason: a traitor can say something else, or nothing, to each on each path

  static const Fields::Names<Attack>& attacks() {
    static const Fields::Names<Attack> names{{"split_the_loyal", Attack::split_the_loyal},
                                             {"contradict", Attack::contradict},
                                             {"random", Attack::random},
                                             {"scripted", Attack::scripted}};
    return names;
  }

  // The order to tell `to` when the true one was `order`: a loyal general tells the truth.
  std::optional<Order> spoken(Env& env, NodeId to, Order order) {
    if (env.carries_out(Attack::split_the_loyal))
      return is_in_first_half(env, to) ? Order::attack : Order::retreat;
    if (env.carries_out(Attack::contradict)) {  // whatever others told it of the commander's order
      const Path direct{commander()};
      return opposite(env.self() == commander() ? order : told_on(direct));
    }
    if (env.carries_out(Attack::random)) return whim(env, to, order);
    if (env.carries_out(Attack::scripted)) {
      const auto digit = script % 3;
      script /= 3;
      return digit == 2 ? std::nullopt : std::optional(digit == 1 ? Order::attack : Order::retreat);
    }
    return order;
  }

  // Whether a general is among the first half of the loyal, as far as this traitor knows.
  static bool is_in_first_half(Env& env, NodeId general) {
    const NodeSet fellows = env.colluders();
    std::size_t loyal = 0, before = 0;
    for (std::uint16_t i = 0; i < env.cluster(); ++i) {
      if (NodeId{i} == env.self() || fellows.contains(NodeId{i})) continue;
      ++loyal;
      before += NodeId{i} < general ? 1 : 0;
    }
    return 2 * before < loyal;
  }

  // Deceives each general in its own manner: never, always the other way, one order, nothing, or anew each
  // time.
  std::optional<Order> whim(Env& env, NodeId to, Order order) {
    const auto [manner, is_new] = manners.try_emplace(to, 0);
    if (is_new) manner->second = env.rng().below(6);
    switch (manner->second) {
      case 0: return order;
      case 1: return opposite(order);
      case 2: return Order::attack;
      case 3: return Order::retreat;
      case 4: return std::nullopt;
      default: break;
    }
    const auto drawn = env.rng().below(3);
    return drawn == 2 ? std::nullopt : std::optional(drawn == 1 ? Order::attack : Order::retreat);
  }

  static Order opposite(Order order) { return order == Order::attack ? Order::retreat : Order::attack; }

  Options options;
  std::size_t round = 0;                      ///< The one that is under way, as a lieutenant; 0: none.
  std::map<Path, Order> heard{};              ///< The order in the first message on each path.
  std::int64_t script = options.script;       ///< As a traitor: the rest of it,
  std::map<NodeId, std::uint64_t> manners{};  ///< and how each is deceived.
};

std::string OralMessages::Options::complaint(std::size_t replicas) const {
  if (static_cast<std::size_t>(commander) >= replicas) return "the commander must be one of the replicas";
  if (static_cast<std::size_t>(m) + 2 > replicas)
    return "m must be at most n - 2: nobody is left to be told after that";
  std::size_t messages = 0, paths = 1;
  for (std::size_t r = 0; r <= static_cast<std::size_t>(m); ++r) messages += paths *= replicas - 1 - r;
  return messages <= kMostMessages ? "" : "so many generals would send more than a million messages";
}

static_assert(Protocol<OralMessages>);
const Registered<OralMessages> oral_messages_registered{
    "oral_messages", "the Byzantine generals, OM(m): obey a commander despite m traitors among 3m + 1"};

}  // namespace
}  // namespace protocols
