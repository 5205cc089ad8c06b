// The typed host: the one place that knows a protocol's types. It keeps replicas by value and messages in a
// pool, and turns the world's handles back into calls of handlers.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/kernel/ring.hpp"
#include "sim/protocol/bytes_elsewhere.hpp"
#include "sim/protocol/env.hpp"
#include "sim/protocol/protocol.hpp"
#include "sim/protocol/text.hpp"
#include "sim/world/host.hpp"

namespace sim {

template <Protocol P>
class HostOf final
    : public Host,
      private Env<typename P::Message, typename P::Timer, typename DiskOf<P>::Write, DeferredOf<P>>::Keeper {
 public:
  using Message = typename P::Message;
  using Write = typename DiskOf<P>::Write;
  using Deferred = DeferredOf<P>;

  HostOf(const typename P::Options& options, std::size_t replicas) : options_(options) {
    nodes_.reserve(replicas);
    for (std::uint16_t i = 0; i < replicas; ++i) nodes_.emplace_back(options_, NodeId{i});
  }

  std::unique_ptr<Host> clone() const override { return std::make_unique<HostOf>(*this); }

  /// A replica's state, for tests.
  const P& node(NodeId id) const { return nodes_[id.value].protocol; }

  void start(World& world, NodeId node) override {
    format(world, nodes_[node.value].disk);
    begin(world, node);
  }
  bool restart(World& world, NodeId node, const DiskFound& found, Time written_by) override {
    Node& n = nodes_[node.value];
    n.complete_writes(found.fate == DiskFate::kept ? kNever : written_by, remembered_);
    const bool harmed = n.harm(found);
    n.deferred.clear();
    if (found.fate == DiskFate::lost) {
      n.disk = {};
      format(world, n.disk);
    }
    n.protocol = P(options_, n.disk);
    begin(world, node);
    return harmed;
  }
  void remember_writes(std::size_t most) override { remembered_ = most; }
  void deliver(World& world, NodeId to, NodeId from, std::uint32_t message) override {
    auto env = env_of(world, to);
    at(to).on_message(env, from, messages_[message]);
    messages_.release(message);
  }
  void timer(World& world, NodeId node, std::uint8_t timer) override {
    auto env = env_of(world, node);
    at(node).on_timer(env, static_cast<typename P::Timer>(timer));
  }
  void request(World& world, NodeId node, const Request& request) override {
    auto env = env_of(world, node);
    at(node).on_request(env, request);
  }
  void chosen(World& world, NodeId node, const Request& request, const Offer& offer) override {
    if constexpr (TakesChoices<P>) {
      auto env = env_of(world, node);
      at(node).on_chosen(env, request, offer);
    }
  }
  void persisted(World& world, NodeId node) override {
    auto& waiting = nodes_[node.value].deferred;
    Deferred deferred = std::move(*waiting.front());
    waiting.pop_front();
    auto env = env_of(world, node);
    if constexpr (std::same_as<Deferred, Addressed<Message>>) {
      env.send(deferred.to, std::move(deferred.message));
    } else {
      at(node).on_durable(env, deferred);
    }
  }
  void told_of_failure(World& world, NodeId node, NodeId failed) override {
    if constexpr (requires(P & p, EnvOf<P> & env) { p.on_failure(env, failed); }) {
      auto env = env_of(world, node);
      at(node).on_failure(env, failed);
    }
  }
  void ordered(World& world, NodeId node, OrderId id, const Order& order) override {
    if constexpr (TakesOrders<P>) {
      auto env = env_of(world, node);
      at(node).on_order(env, id, order);
    }
  }
  std::vector<RequestId> holds(NodeId node) const override {
    std::vector<RequestId> all;
    if constexpr (Holds<P>) nodes_[node.value].protocol.holds(all);
    return all;
  }
  void split(NodeId node) override { nodes_.push_back(Node(nodes_[node.value])); }
  std::uint64_t bytes() const override {
    if constexpr (std::is_trivially_copyable_v<Message>) return messages_.slots() * sizeof(Message);
    return messages_.bytes([](const Message& message) { return bytes_elsewhere(message); });
  }
  std::size_t messages() const override { return messages_.slots(); }
  void retain(std::uint32_t message) override { messages_.retain(message); }
  void release(std::uint32_t message) override { messages_.release(message); }
  static std::vector<std::string_view> message_names() {
    const auto& names = NamesOf<Message>::value;
    return {names.begin(), names.end()};
  }
  std::string_view message_name(std::uint8_t tag) const override { return NamesOf<Message>::value[tag]; }
  std::string_view timer_name(std::uint8_t timer) const override {
    return enum_name(static_cast<typename P::Timer>(timer));
  }
  std::string content(std::uint32_t message) const override {
    return std::visit([](const auto& m) { return fields_of(m); }, messages_[message]);
  }

 private:
  struct Node {
    Node(const typename P::Options& options, NodeId id) : name(id), protocol(options, disk) {}

    /// The disk has completed a write. Some that a fault may still take back are replayed later.
    void completed(Write&& write, std::size_t remembered) {
      if (remembered == 0) return disk.replay(write);
      if (recent.size() == remembered) replay_oldest();
      recent.push_back(std::move(write));
    }
    void replay_oldest() {
      disk.replay(*recent.front());
      recent.pop_front();
    }
    /// Replays all that the restart finds; returns whether the fate found anything to harm.
    bool harm(const DiskFound& found) {
      const bool torn = found.fate == DiskFate::torn;
      std::size_t harmed = torn ? std::min<std::size_t>(unsynced.size(), 1) : 0;
      if (found.fate == DiskFate::lost_fsync || found.fate == DiskFate::corrupt)
        harmed = std::min<std::size_t>(recent.size(), found.writes);
      for (std::size_t whole = recent.size() - (torn ? 0 : harmed); whole > 0; --whole) replay_oldest();
      if constexpr (ToleratesDamage<P>) {
        if (torn && harmed > 0) disk.replay_damaged(unsynced.front().first, Damage::torn);
        if (found.fate == DiskFate::corrupt && harmed > 0) replay_corrupt();
      }
      recent.clear();
      unsynced.clear();
      return harmed > 0 || found.fate == DiskFate::lost;
    }
    void replay_corrupt() {
      const bool goes_on = disk.replay_damaged(*recent.front(), Damage::corrupt);
      for (recent.pop_front(); goes_on && !recent.empty();) replay_oldest();
    }

    /// Completes the writes that were due by `now` of the disk's clock.
    void complete_writes(Time now, std::size_t remembered) {
      std::size_t done = 0;
      while (done < unsynced.size() && unsynced[done].second <= now)
        completed(std::move(unsynced[done++].first), remembered);
      unsynced.erase(unsynced.begin(), unsynced.begin() + static_cast<std::ptrdiff_t>(done));
    }

    NodeId name;  ///< That of another node for a twin.
    DiskOf<P> disk{};
    Ring<std::optional<Write>> recent{};             ///< The last to complete, not replayed yet.
    std::vector<std::pair<Write, Time>> unsynced{};  ///< Writes under way and when each completes, in order.
    Ring<std::optional<Deferred>> deferred{};        ///< To be said, one for each sync of the world.
    P protocol;
    std::vector<Message> sent_before{};  ///< For a node that replays: some of the messages it sent.
  };
  template <class V> struct NamesOf;
  template <class... Ms> struct NamesOf<std::variant<Ms...>> {
    static constexpr std::array<std::string_view, sizeof...(Ms)> value{type_name<Ms>()...};
  };

  // A disk that adds up changes begins with the service as it is before the first request.
  static void format(const World& world, DiskOf<P>& disk) {
    if constexpr (requires { disk.format(world.empty_snapshot()); }) disk.format(world.empty_snapshot());
  }
  void begin(World& world, NodeId node) {
    auto env = env_of(world, node);
    at(node).on_start(env);
  }
  P& at(NodeId node) { return nodes_[node.value].protocol; }
  EnvOf<P> env_of(World& world, NodeId node) {
    return {world, messages_, *this, node, nodes_[node.value].name};
  }
  std::vector<Message>& sent_before(NodeId node) override { return nodes_[node.value].sent_before; }
  void enqueue(NodeId node, Write&& write, Time now, Time completes) override {
    Node& n = nodes_[node.value];
    if (!n.unsynced.empty()) n.complete_writes(now, remembered_);
    if (completes <= now) {
      n.completed(std::move(write), remembered_);
    } else {
      n.unsynced.emplace_back(std::move(write), completes);
    }
  }

  void defer(NodeId node, Deferred&& deferred) override {
    nodes_[node.value].deferred.push_back(std::move(deferred));
  }

  typename P::Options options_;
  std::vector<Node> nodes_;
  Pool<Message> messages_;
  std::size_t remembered_ = 0;  ///< How many completed writes a fault may still take back.
};

}  // namespace sim
