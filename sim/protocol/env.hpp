// All that a protocol's handler may know and do. Facts come out of it, effects go into it; there is no other
// door to clock, network, disk, clients or randomness.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>

#include "sim/kernel/pool.hpp"
#include "sim/protocol/protocol.hpp"
#include "sim/world/world.hpp"

namespace sim {

/// How many of `n` replicas are a majority.
constexpr std::size_t majority_of(std::size_t n) { return n / 2 + 1; }

/// A statement that can be passed on, and of which everyone can tell who made it. Only `Env::sign` makes one:
/// an unforgeable signature, as the Byzantine protocols assume it. A node that lies can repeat a signed
/// statement or keep it back, not change it.
template <class T> class Signed {
 public:
  const T& operator*() const { return statement_; }
  const T* operator->() const { return &statement_; }
  NodeId signer() const { return signer_; }
  bool operator==(const Signed&) const = default;

 private:
  template <class, class, class> friend class Env;
  Signed(T statement, NodeId signer) : statement_(std::move(statement)), signer_(signer) {}
  T statement_;
  NodeId signer_;
};

template <class Message, class Timer, class Write = NoDisk::Write> class Env {
 public:
  class Disk {  // where the typed host keeps writes that have not completed
   public:
    virtual void enqueue(NodeId node, Write write, Time now, Time completes) = 0;

   protected:
    ~Disk() = default;
  };

  Env(World& world, Pool<Message>& messages, Disk& disk, NodeId self)
      : world_(world), messages_(messages), disk_(disk), self_(self) {}

  // ---- facts

  NodeId self() const { return self_; }
  /// The number of replicas, this one included.
  std::size_t cluster() const { return world_.replicas(); }
  /// The smallest number of replicas of which any two sets intersect.
  std::size_t majority() const { return majority_of(cluster()); }
  /// This node's clock; other nodes' may differ.
  LocalTime now() const { return world_.clock(self_); }
  /// This node's own stream of random numbers.
  Rng& rng() { return world_.rng(self_); }
  /// Which version of the service this replica has reached.
  Version version() const { return world_.version(self_); }
  /// A copy of this replica's whole service.
  Snapshot snapshot() const { return world_.snapshot(self_); }
  /// The service as it is before the first request.
  Snapshot empty_snapshot() const { return world_.empty_snapshot(); }

  // ---- messages

  /// Sends to one replica; to oneself, it arrives at once and costs nothing.
  void send(NodeId to, Message message) {
    const std::uint8_t tag = tag_of(message);
    const auto handle = messages_.put(std::move(message));
    messages_.set_references(handle, world_.send(self_, to, handle, tag, kBackground[tag]));
  }
  /// Sends to every other replica. The message is stored once.
  void broadcast(Message message) {
    const std::uint8_t tag = tag_of(message);
    const auto handle = messages_.put(std::move(message));
    std::uint32_t copies = 0;
    for (std::uint16_t to = 0; to < cluster(); ++to) {
      if (NodeId{to} != self_) copies += world_.send(self_, NodeId{to}, handle, tag, kBackground[tag]);
    }
    messages_.set_references(handle, copies);
  }

  /// Signs a statement as this replica.
  template <class T> Signed<T> sign(T statement) const { return {std::move(statement), self_}; }

  // ---- timers: one of each kind; setting it again replaces it

  /// Calls on_timer after `delay` on this node's clock.
  void set_timer(Timer timer, Duration delay) {
    world_.set_timer(self_, static_cast<std::uint8_t>(timer), delay);
  }
  void cancel_timer(Timer timer) { world_.cancel_timer(self_, static_cast<std::uint8_t>(timer)); }

  // ---- clients

  /// Answers a client's request.
  void reply(RequestId request, Value output) {
    world_.reply(self_, {.id = request, .output = std::move(output)});
  }
  /// Answers, and tells the client whom to ask next time: for protocols in which others than the primary
  /// answer.
  void reply(RequestId request, Value output, NodeId primary) {
    world_.reply(self_, {.id = request, .hint = primary, .names_primary = true, .output = std::move(output)});
  }
  /// Tells the client to ask another replica.
  void redirect(RequestId request, NodeId to) {
    world_.reply(self_, {.id = request, .status = Reply::Status::redirect, .hint = to});
  }

  // ---- the replicated service

  /// Executes the request's command on this replica's service.
  Applied apply(const Request& request) { return world_.apply(self_, request); }
  /// Adopts the change that another replica's execution of `request` made.
  Version store(RequestId request, const Change& change) { return world_.store(self_, request, change); }
  /// Replaces this replica's whole service.
  void install(const Snapshot& snapshot) { world_.install(self_, snapshot); }

  // ---- disk

  /// Whether this is the replica's first life: false after a restart, even when the disk was lost.
  bool first_life() const { return world_.first_life(self_); }
  /// Starts a write to disk. Writes complete in order and in their own time; a crash before that may lose
  /// them.
  void persist(Write write) { disk_.enqueue(self_, std::move(write), world_.now(), world_.persist(self_)); }
  /// Calls on_persisted once everything persisted so far is safe on disk.
  void sync() { world_.sync(self_); }

  // ---- what observers see

  /// Declares what this replica takes itself for from now on, and in which term (view, ballot, epoch) if
  /// there are terms: of one term there may be only one primary.
  void become(Role role, std::uint64_t term = 0) { world_.become(self_, role, term); }
  /// For a primary of a protocol with a log, as its term begins: shows what its log holds, so that observers
  /// can tell whether everything that was decided in earlier terms is there.
  void lead(std::uint64_t term, const LogView& log) { world_.lead(self_, term, log); }
  /// Proposes a value to agree on, for protocols that agree on values of their own rather than on clients'
  /// requests. Call it in the first handler that makes the proposal.
  void propose(std::uint64_t value) { world_.propose(self_, value); }
  /// Declares that `slot` of the agreed log (from 1; 1 where there is only one) holds `value` for good, as
  /// far as this replica knows: `fingerprint(request)`, 0 for an empty slot, or a value that was proposed.
  /// `term` is that in which it was settled.
  void decide(std::uint64_t slot, std::uint64_t value, std::uint64_t term = 0) {
    world_.decide(self_, slot, value, term);
  }
  /// Declares that this replica's failure detector suspects `node`, or trusts it again.
  void suspect(NodeId node) { world_.suspect(self_, node, true); }
  void trust(NodeId node) { world_.suspect(self_, node, false); }

 private:
  static std::uint8_t tag_of(const Message& m) { return static_cast<std::uint8_t>(m.index()); }

  template <class V> struct BackgroundOf;
  template <class... Ms> struct BackgroundOf<std::variant<Ms...>> {
    static constexpr std::array<bool, sizeof...(Ms)> value{is_background<Ms>()...};
  };
  static constexpr auto kBackground = BackgroundOf<Message>::value;

  World& world_;
  Pool<Message>& messages_;
  Disk& disk_;
  NodeId self_;
};

/// The Env of protocol P.
template <class P>
class EnvOf : public Env<typename P::Message, typename P::Timer, typename DiskOf<P>::Write> {
  using Env<typename P::Message, typename P::Timer, typename DiskOf<P>::Write>::Env;
};

}  // namespace sim
