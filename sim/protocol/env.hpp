// Everything that a protocol's handler may know and do. Facts come out of it, effects go into it; there is no
// other access to clock, network, disk, clients or randomness.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sim/kernel/check.hpp"
#include "sim/kernel/pool.hpp"
#include "sim/protocol/misbehaving.hpp"
#include "sim/protocol/protocol.hpp"
#include "sim/world/world.hpp"

namespace sim {

/// How many of `n` replicas are a majority.
constexpr std::size_t majority_of(std::size_t n) { return n / 2 + 1; }

/// A statement that can be passed on, and whose author everyone can verify. Only `Env::sign` makes one: an
/// unforgeable signature, as the Byzantine protocols assume it. A node that lies can repeat a signed
/// statement or keep it back, not change it.
template <class T> class Signed {
 public:
  const T& operator*() const { return statement_; }
  const T* operator->() const { return &statement_; }
  NodeId signer() const { return signer_; }
  bool operator==(const Signed&) const = default;

 private:
  template <class, class, class, class> friend class Env;
  Signed(T statement, NodeId signer) : statement_(std::move(statement)), signer_(signer) {}
  T statement_;
  NodeId signer_;
};

template <class Message, class Timer, class Write = NoDisk::Write, class Deferred = Addressed<Message>>
class Env {
 public:
  class Keeper {  // kept by the typed host for a node
   public:
    virtual void enqueue(NodeId node, Write&& write, Time now, Time completes) = 0;
    virtual void defer(NodeId node, Deferred&& deferred) = 0;
    virtual std::vector<Message>& sent_before(NodeId node) = 0;

   protected:
    ~Keeper() = default;
  };

  /// `node` is the node's place in the world, `self` its name: a twin bears another's.
  Env(World& world, Pool<Message>& messages, Keeper& keeper, NodeId node, NodeId self)
      : world_(world), messages_(messages), keeper_(keeper), node_(node), self_(self) {}

  // ---- facts

  NodeId self() const { return self_; }
  /// The number of replicas, this one included.
  std::size_t cluster() const { return world_.replicas(); }
  /// The smallest number of replicas of which any two sets intersect.
  std::size_t majority() const { return majority_of(cluster()); }
  /// This node's clock; other nodes' may differ.
  LocalTime now() const { return world_.clock(node_); }
  /// This node's own stream of random numbers.
  Rng& rng() { return world_.rng(node_); }
  /// Which version of the service this replica has reached.
  Version version() const { return world_.version(node_); }
  /// A copy of this replica's whole service.
  Snapshot snapshot() const { return world_.snapshot(node_); }
  /// The service as it is before the first request.
  Snapshot empty_snapshot() const { return world_.empty_snapshot(); }
  /// Whether a client has asked exactly this: a client's signature shows it, whoever passed the request on.
  bool authentic(const Request& request) const { return world_.authentic(request); }

  // ---- messages

  /// Sends to one replica; to oneself, it arrives at once and costs nothing.
  template <class M> void send(NodeId to, M&& message) {
    if (world_.misbehaviour(node_) != nullptr) return send_as_told(to, std::forward<M>(message));
    dispatch(to, std::forward<M>(message));
  }
  /// Sends to every other replica. The message is stored once.
  template <class M> void broadcast(M&& message) {
    multicast(std::forward<M>(message), [](NodeId) { return true; });
  }
  /// The same to those other replicas for which `who` holds.
  template <class M, class Who> void multicast(M&& message, const Who& who) {
    if (world_.misbehaviour(node_) != nullptr) return multicast_as_told(std::forward<M>(message), who);
    const auto handle = messages_.put(std::forward<M>(message));
    const std::uint8_t tag = tag_of(messages_[handle]);
    std::uint32_t copies = 0;
    for (std::uint16_t i = 0; i < cluster(); ++i) {
      const NodeId to{i};
      if (to != self_ && who(to)) copies += world_.send(node_, to, handle, tag, kBackground[tag]);
    }
    messages_.set_references(handle, copies);
  }

  /// Signs a statement as this replica.
  template <class T> Signed<T> sign(T statement) const { return {std::move(statement), self_}; }

  // ---- timers: one of each kind; setting it again replaces it

  /// Calls on_timer after `delay` on this node's clock.
  void set_timer(Timer timer, Duration delay) {
    world_.set_timer(node_, static_cast<std::uint8_t>(timer), delay);
  }
  void cancel_timer(Timer timer) { world_.cancel_timer(node_, static_cast<std::uint8_t>(timer)); }

  // ---- clients

  /// Answers a client's request.
  void reply(RequestId request, Value output) {
    world_.reply(node_, {.id = request, .output = std::move(output)});
  }
  /// Answers, and tells the client whom to ask next time: for protocols in which others than the primary
  /// answer.
  void reply(RequestId request, Value output, NodeId primary) {
    world_.reply(node_, {.id = request, .hint = primary, .names_primary = true, .output = std::move(output)});
  }
  /// Answers the first of two rounds (see ClientPolicy): the client chooses among the replicas' offers, and
  /// tells `on_chosen`. The client shall not wait for offers from the `excused`, which this replica knows to
  /// have failed.
  void offer(RequestId request, Offer offer, NodeSet excused = {}) {
    world_.reply(node_, {.id = request,
                         .status = Reply::Status::offer,
                         .output = std::move(offer.value),
                         .stamp = offer.stamp,
                         .excused = std::move(excused)});
  }
  /// Answers with an output that may still be taken back: it counts only together with answers of the same
  /// term.
  void reply_provisionally(RequestId request, Value output, NodeId primary, std::uint64_t term) {
    world_.reply(node_, {.id = request,
                         .hint = primary,
                         .names_primary = true,
                         .provisional = term,
                         .output = std::move(output)});
  }
  /// Tells the client to ask another replica.
  void redirect(RequestId request, NodeId to) {
    world_.reply(node_, {.id = request, .status = Reply::Status::redirect, .hint = to});
  }

  // ---- the replicated service

  /// Executes the request's command on this replica's service.
  Applied apply(const Request& request) { return world_.apply(node_, request); }
  /// Adopts the change that another replica's execution of `request` made.
  Version store(RequestId request, const Change& change) { return world_.store(node_, request, change); }
  /// Replaces this replica's whole service.
  void install(const Snapshot& snapshot) { world_.install(node_, snapshot); }

  // ---- disk

  /// Whether this is the replica's first life: false after a restart, even when the disk was lost.
  bool first_life() const { return world_.first_life(node_); }
  /// Starts a write to disk. Writes complete in order and in their own time; a crash before that may lose
  /// them.
  void persist(Write write) {
    const Time completes = world_.persist(node_);
    keeper_.enqueue(node_, std::move(write), world_.written_by(node_), completes);
  }
  /// Whether everything persisted so far is safe on disk, and no deferred message waits.
  bool durable() const { return world_.durable(node_); }
  /// Says something once everything persisted so far is safe on disk: a vote, a promise, "stored". With an
  /// idle disk that is as soon as the handler that runs has returned.
  ///
  /// Each call waits for earlier writes only, and deferred messages go out in the order of the calls. A crash
  /// forgets them together with the writes that they waited for: nothing is said that a restart could not
  /// stand by. A replica that has moved on in the meantime (a later term, another leader) sends them
  /// nevertheless, as if they had been sent at once and the network had been slow. So a deferred message must
  /// name its term and its index rather than have them read from the replica when the disk is done. A replica
  /// that acts on its own message (a candidate on its own vote) checks that it is still of that term.
  ///
  /// A message is sent by itself (`Addressed`: `env.when_durable({to, message})`); a protocol with a
  /// `Deferred` of its own gets it back in `on_durable`.
  void when_durable(Deferred deferred) {
    keeper_.defer(node_, std::move(deferred));
    world_.sync(node_);
  }

  // ---- the operator

  /// Declines an order, for a reason of some words (a literal). With `instead` the operator turns to that
  /// replica.
  void refuse(OrderId order, std::string_view why, std::optional<NodeId> instead = std::nullopt) {
    world_.refuse(node_, order, why, instead);
  }
  /// Gives up an order that this replica had taken.
  void give_up(OrderId order, std::string_view why) { world_.give_up(order, why); }
  /// Says that the order is carried out. Observers see for themselves when a transfer's successor leads, and
  /// when the members that were ordered are declared.
  void carried_out(OrderId order) { world_.carried_out(order); }

  // ---- what observers see

  /// Declares this replica's role from now on, and in which term (view, ballot, epoch) if there are terms: in
  /// one term there may be only one primary.
  void become(Role role, std::uint64_t term = 0) { world_.become(node_, role, term); }
  /// For a primary of a protocol with a log, as its term begins: shows what its log holds, so that observers
  /// can tell whether everything that was decided in earlier terms is there.
  void lead(std::uint64_t term, const LogView& log) { world_.lead(node_, term, log); }
  /// Declares that the service consists of these replicas from now on, for good as far as this one knows:
  /// they, and no others, should hold its state. `version` ascends with each change (a place in the log, the
  /// number of a view). The first declaration of a version counts, and no earlier version counts after it.
  void members(std::uint64_t version, const NodeSet& members) {
    world_.declare_members(node_, version, members);
  }
  /// Declares that this replica takes no part from now on, or does again: one that came back without its
  /// state says so until it is repaired. Meanwhile nobody expects it to hold the others' state.
  void takes_part(bool does) { world_.takes_part(node_, does); }
  /// Proposes a value to agree on, for protocols that agree on values of their own rather than on clients'
  /// requests. Call it in the first handler that makes the proposal.
  void propose(std::uint64_t value) { world_.propose(node_, value); }
  /// Declares that `slot` of the agreed log (from 1; 1 where there is only one) holds `value` for good, as
  /// far as this replica knows: `fingerprint(request)`, 0 for an empty slot, or a value that was proposed.
  /// `term` is the term in which it was settled.
  void decide(std::uint64_t slot, std::uint64_t value, std::uint64_t term = 0) {
    world_.decide(node_, slot, value, term);
  }
  /// Declares that this replica's failure detector suspects `node`, or trusts it again.
  void suspect(NodeId node) { world_.suspect(node_, node, true); }
  void trust(NodeId node) { world_.suspect(node_, node, false); }

  // ---- for a protocol's own attacks: what a Byzantine node may do beyond deceiving in general

  /// Whether a fault makes this node carry out the protocol's attack of that name at the moment. A protocol
  /// with attacks has `enum class Attack : std::uint8_t { none, ... }` and names them for scenarios in
  /// `static const Fields::Names<Attack>& attacks();`, `none` left out.
  template <class Attack> bool carries_out(Attack attack) const {
    const Misbehaviour* how = world_.misbehaviour(node_);
    return how != nullptr && how->attack == static_cast<std::uint8_t>(attack);
  }
  /// The nodes that collude with this one, itself included; none when it does not collude.
  NodeSet colluders() const { return world_.colluders(node_); }
  /// Signs a statement in the name of a node that colludes with this one: they have shared their keys.
  template <class T> Signed<T> sign_as(NodeId fellow, T statement) const {
    SIM_CHECK(fellow == self_ || colluders().contains(fellow), "a signature can't be forged");
    return {std::move(statement), fellow};
  }

 private:
  // A message in its own type, not yet as a variant, goes straight to its place.
  template <class M> void dispatch(NodeId to, M&& message) {
    const auto handle = messages_.put(std::forward<M>(message));
    const std::uint8_t tag = tag_of(messages_[handle]);
    messages_.set_references(handle, world_.send(node_, to, handle, tag, kBackground[tag]));
  }

  template <class Who> void multicast_as_told(const Message& message, const Who& who) {
    for (std::uint16_t to = 0; to < cluster(); ++to) {
      if (NodeId{to} != self_ && who(NodeId{to})) send_as_told(NodeId{to}, message);
    }
  }

  void send_as_told(NodeId to, Message message) {
    send_misbehaving(world_, {.node = node_, .self = self_, .to = to}, std::move(message),
                     keeper_.sent_before(node_), [&](Message m) { dispatch(to, std::move(m)); });
  }

  static std::uint8_t tag_of(const Message& m) { return static_cast<std::uint8_t>(m.index()); }

  template <class V> struct BackgroundOf;
  template <class... Ms> struct BackgroundOf<std::variant<Ms...>> {
    static constexpr std::array<bool, sizeof...(Ms)> value{is_background<Ms>()...};
  };
  static constexpr auto kBackground = BackgroundOf<Message>::value;

  World& world_;
  Pool<Message>& messages_;
  Keeper& keeper_;
  NodeId node_;
  NodeId self_;
};

/// The Env of protocol P.
template <class P>
class EnvOf : public Env<typename P::Message, typename P::Timer, typename DiskOf<P>::Write, DeferredOf<P>> {
  using Env<typename P::Message, typename P::Timer, typename DiskOf<P>::Write, DeferredOf<P>>::Env;
};

}  // namespace sim
