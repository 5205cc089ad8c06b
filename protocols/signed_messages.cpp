// The Byzantine generals with signed messages, SM(m): with signatures that nobody can forge, any number of
// traitors can be coped with. Three generals, one of them a traitor, now agree.
//
// What is demanded, of the loyal alone:
//   IC1  all loyal lieutenants obey the same order            (agreement);
//   IC2  a loyal commander's order is what they obey          (validity).
//
//   commander 0 --- v:0 ---> all           v:0 is the order v, signed by 0; v:0:1 is that, signed by 1 as
//   lieutenant 1 -- v:0:1 --> all but 0    well, and so on: a signature covers the order and all before it.
//   lieutenant 2 -- v:0:2 --> all but 0
//
//   1. The commander signs his order and sends it to every lieutenant.
//   2. A lieutenant who sees an order for the first time keeps it in his set V. If it bears fewer than m + 1
//      signatures, he adds his and sends it to all who have not signed it.
//   3. When m + 1 rounds are over, each lieutenant obeys choice(V): the one order in it; RETREAT if it is
//      empty, and if it holds several, for then all have seen that the commander is a traitor.
//
// Why all loyal lieutenants end with the same V: whoever takes an order on with k <= m signatures shows it to
// all himself. With m + 1 signatures one at least is loyal, and that one has done so before. That needs one
// more thing: an order with k signatures must come in round k or earlier. Otherwise a traitor keeps an order
// back until it is too late to show it to others (bug `accept_late`).
//
// Assumptions, and what breaks without them:
//   * At most m traitors, n >= m + 2 generals. With m + 1 traitors who sign for each other, an order with m +
//   1
//     signatures, none of them loyal, can be shown to one lieutenant in the last round.
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

  struct Statement {  // what one signature covers
    Order order;
    std::vector<NodeId> after;  ///< Who had signed before, in turn; none for the commander.
  };
  using Signature = Signed<Statement>;
  struct Letter {
    std::vector<Signature> signatures;  ///< The commander's first.
  };
  using Message = std::variant<Letter>;
  enum class Timer : std::uint8_t { round };

  struct Options {
    enum class Bug : std::uint8_t { none, accept_late };
    std::int64_t m = 1;
    std::int64_t commander = 0;
    Order order = Order::attack;
    Duration round = 100ms;
    Bug bug = Bug::none;

    void describe(Fields& fields) {
      fields.count("m", m, {.min = 0, .max = 62}, "How many traitors are to be coped with.");
      fields.count("commander", commander, {.min = 0, .max = 63}, "Which general gives the order.");
      fields.choice("order", order, {{"retreat", Order::retreat}, {"attack", Order::attack}},
                    "What he orders, if he is loyal.");
      fields.duration("round", round, {.min = 1us, .max = 1h}, "How long a round lasts.");
      fields.choice("bug", bug, {{"none", Bug::none}, {"accept_late", Bug::accept_late}},
                    "accept_late: an order is taken on with however few signatures, up to the end.");
    }
    std::string complaint(std::size_t replicas) const {
      if (static_cast<std::size_t>(commander) >= replicas) return "the commander must be one of the replicas";
      if (static_cast<std::size_t>(m) + 2 <= replicas) return {};
      return "m must be at most n - 2: with fewer than two loyal generals nothing is demanded";
    }
  };
  static ClientPolicy client_policy(const Options&, std::size_t) { return {}; }

  using Env = EnvOf<SignedMessages>;

  SignedMessages(const Options& o, const NoDisk&) : options(o) {}

  void on_start(Env& env) {
    if (!env.first_life()) return;  // it has forgotten what it was told
    if (env.self() == commander()) {
      env.propose(declared(options.order));
      sign_and_send(env, {}, options.order);
      return env.decide(1, declared(options.order));
    }
    round = 1;
    env.set_timer(Timer::round, options.round);
  }

  void on_request(Env&, const Request&) {}

  void on_message(Env& env, NodeId, const Message& message) {
    const auto& [signatures] = std::get<Letter>(message);
    if (round == 0) return;  // commands, is through, or has returned
    if (!is_genuine(env, signatures)) return;
    const bool in_time = signatures.size() >= round || options.bug == Options::Bug::accept_late;
    const Order order = signatures.front()->order;
    if (!in_time || !orders.insert(order).second) return;
    if (signatures.size() <= static_cast<std::size_t>(options.m)) sign_and_send(env, signatures, order);
  }

  // The end of a round.
  void on_timer(Env& env, Timer) {
    if (++round <= static_cast<std::size_t>(options.m) + 1) return env.set_timer(Timer::round, options.round);
    round = 0;
    env.decide(1, declared(choice()));
  }

  Order choice() const { return orders.size() == 1 ? *orders.begin() : Order::retreat; }

  void sign_and_send(Env& env, std::vector<Signature> signatures, Order order) {
    const std::vector<NodeId> signers = signers_of(signatures);
    signatures.push_back(env.sign(Statement{order, signers}));
    for (std::uint16_t i = 0; i < env.cluster(); ++i) {
      if (NodeId{i} == env.self() || std::ranges::find(signers, NodeId{i}) != signers.end()) continue;
      env.send(NodeId{i}, Letter{signatures});
    }
  }

  // Whether this is one order, signed by the commander and others in turn, each of them once, each knowing of
  // those before.
  bool is_genuine(Env& env, const std::vector<Signature>& signatures) const {
    if (signatures.empty() || signatures.size() > static_cast<std::size_t>(options.m) + 1) return false;
    if (signatures.front().signer() != commander() || !is_order(signatures.front()->order)) return false;
    NodeSet seen;
    std::vector<NodeId> before;
    for (const Signature& s : signatures) {
      if (s->order != signatures.front()->order || s->after != before) return false;
      if (s.signer() == env.self() || !seen.insert(s.signer())) return false;
      before.push_back(s.signer());
    }
    return true;
  }

  static std::vector<NodeId> signers_of(const std::vector<Signature>& signatures) {
    std::vector<NodeId> signers;
    for (const Signature& s : signatures) signers.push_back(s.signer());
    return signers;
  }
  static bool is_order(Order order) { return order == Order::retreat || order == Order::attack; }
  NodeId commander() const { return NodeId{static_cast<std::uint16_t>(options.commander)}; }
  static std::uint64_t declared(Order order) { return static_cast<std::uint64_t>(order); }

  Options options;
  std::size_t round = 0;     ///< The one that is under way, as a lieutenant; 0: none.
  std::set<Order> orders{};  ///< V: those that bear the commander's signature.
};

static_assert(Protocol<SignedMessages>);
const Registered<SignedMessages> signed_messages_registered{
    "signed_messages", "the Byzantine generals, SM(m): signatures cope with m traitors among m + 2"};

}  // namespace
}  // namespace protocols
