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

  /// Declares what this replica takes itself for from now on.
  void become(Role role) { world_.become(self_, role); }
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
