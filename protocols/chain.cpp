// Chain replication: the replicas form a row. A write enters at the head and walks down; a replica that gets
// it has all earlier writes. All replicas have what the tail has, as it is the last to get a write. So the
// tail answers.
//
//   client -- write --> head 0 --> 1 --> 2 --> tail 3 -- answer --> client
//                          <- Stable - <- - <- -  ^
//                                     client -- read -- answer --> client
//
//   1. The head executes the request, gives it the next slot, and passes the change down.
//   2. Each replica adopts updates in the order of their slots, and remembers those that are not known to be
//      stable (the paper's Sent set).
//   3. At the tail an update is stable. The tail answers the client; word goes back up, and all forget the
//      update.
//
// A write costs n + 1 messages and n + 1 delays, a read 2 and 2. The n - 1 messages back up are not on the
// path of any answer and count as upkeep. Compare primary-backup: as many copies, but 2n messages and 4
// delays, as the primary talks to all at once; and it has to answer the reads as well.
//
// The neighbours of a failed replica repair the row:
//   head    The next one becomes head. Updates that only the old head had are gone; nobody was told of them.
//   middle  The one before passes its unstable updates on to the one behind, which skips those it has.
//   tail    The one before becomes tail: all its updates are stable now, and it answers for them.
// Each replica has all the updates of those behind it, so no answered write is lost; n - 1 may fail.
//
// Assumptions, and what breaks without them:
//   * Fail-stop, and a master that tells everyone (`on_failure`, by the fault "fail_stop"). If the master
//     were wrong, a tail that was cut off would go on answering reads from the past. A plain crash, of which
//     nobody is told, stops all writes for good. A replica that comes back has lost all and stays out: the
//     paper copies the state to it and puts it behind the tail ("extending a chain"), which is left out here.
//   * Reliable channels. With losses an update is stuck until `retransmit` repeats it. The paper's FIFO is
//     not needed: slots put the updates in order.
//   * News of a failure reaches the replicas at different times. So a replica takes updates from any replica
//     before it that it does not know to have failed: its new neighbour may have heard of the failure first.
//     A new head takes none any more: its slots are its own now.
// Clocks don't matter, except to `retransmit`.
//
// Bug `read_at_head`: the head answers reads, too, from updates that are not stable: dirty reads. A client
// that asks the tail afterwards sees the past.
//
// Source: van Renesse, Schneider, "Chain Replication for Supporting High Throughput and Availability", OSDI
// 2004.
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "sim/protocol/registry.hpp"
#include "sim/protocol/sessions.hpp"

namespace protocols {
namespace {

using namespace sim;

struct Chain {
  struct Update {
    std::uint64_t slot = 0;  ///< From 1.
    Request request{};
    Change change{};
    Value output{};
  };
  struct Stable {  // the tail has everything up to here
    static constexpr bool background = true;
    std::uint64_t slot = 0;
  };
  using Message = std::variant<Update, Stable>;
  enum class Timer : std::uint8_t { retransmit };

  struct Options {
    enum class Bug : std::uint8_t { none, read_at_head };
    std::optional<Duration> retransmit{};
    Bug bug = Bug::none;

    void describe(Fields& fields) {
      fields.switchable("retransmit", retransmit, {.min = 1us},
                        "Interval at which a replica resends updates not known to be stable; false: never.");
      fields.choice("bug", bug, {{"none", Bug::none}, {"read_at_head", Bug::read_at_head}},
                    "A planted bug: the head also answers reads, from updates that are not stable.");
    }
    std::string complaint(std::size_t) const { return {}; }
  };
  static Duration tells_again_every(const Options& options) { return options.retransmit.value_or(0ns); }
  static ClientPolicy client_policy(const Options& options, std::size_t) {
    using Target = ClientPolicy::Target;
    const bool anywhere = options.bug == Options::Bug::read_at_head;
    return {.target = Target::primary, .read_target = anywhere ? Target::own : Target::last};
  }

  // All replicas that have not failed serve; lost messages are repeated.
  static std::optional<ServicePromise> promise(const Options& options, const Calm& calm) {
    const auto row = static_cast<std::int64_t>(calm.members);
    const bool repeats = options.retransmit.has_value();
    if ((calm.loss > 0 && !repeats) || calm.loss > 0.2 || 4 * row * calm.delay > calm.client_timeout)
      return std::nullopt;
    const Duration repair = options.retransmit.value_or(Duration{}) + 2 * row * calm.delay;
    return ServicePromise{.within = 30 * repair + 10 * calm.round(),
                          .running = calm.members,
                          .untold = false,
                          .memory = ServicePromise::Memory::in_others};
  }

  using Env = EnvOf<Chain>;

  Chain(const Options& o, const NoDisk&) : options(o) {}

  void on_start(Env& env) {
    member = env.first_life();
    if (member) return take_role(env);
    env.takes_part(false);
  }

  void on_request(Env& env, const Request& request) {
    if (!member) return;
    if (!request.ping && is_read(request.command)) return read(env, request);
    if (head(env) != env.self()) return env.redirect(request.id, head(env));
    if (request.ping) return env.reply(request.id, {}, env.self());
    if (sessions.is_over(request.id)) return;
    if (const auto* earlier = sessions.find(request.id)) {
      if (earlier->index <= stable) env.reply(request.id, earlier->output, env.self());
      return;  // or it is on its way, and the tail will answer
    }
    Applied applied = env.apply(request);
    adopted(env, {last + 1, request, applied.change, std::move(applied.output)});
  }

  void on_message(Env& env, NodeId from, const Message& message) {
    if (!member) return;
    if (const auto* update = std::get_if<Update>(&message)) return on_update(env, from, *update);
    settle(env, std::get<Stable>(message).slot);
  }

  void on_timer(Env& env, Timer) {
    pass_on_again(env);
    watch(env);
  }

  // The paper's master reports a failure.
  void on_failure(Env& env, NodeId node) {
    if (!member) return;
    const std::optional<NodeId> old_successor = successor(env);
    const std::optional<NodeId> old_predecessor = predecessor(env);
    failed.insert(node);
    declare_members(env);
    take_role(env);
    // If the old predecessor had failed by then, it missed what it was told.
    if (predecessor(env) != old_predecessor) tell_predecessor(env);
    if (successor(env) == old_successor) return;
    if (!successor(env)) return settle(env, last);
    pass_on_again(env);
  }

 private:
  // ---- the row, as far as this replica knows

  std::optional<NodeId> predecessor(Env& env) const {
    for (std::uint16_t i = env.self().value; i-- > 0;) {
      if (!failed.contains(NodeId{i})) return NodeId{i};
    }
    return std::nullopt;
  }
  std::optional<NodeId> successor(Env& env) const {
    for (std::uint16_t i = env.self().value; ++i < env.cluster();) {
      if (!failed.contains(NodeId{i})) return NodeId{i};
    }
    return std::nullopt;
  }
  NodeId head(Env& env) const {
    NodeId node{0};
    while (node != env.self() && failed.contains(node)) ++node.value;
    return node;
  }
  NodeId tail(Env& env) const {
    NodeId node{static_cast<std::uint16_t>(env.cluster() - 1)};
    while (node != env.self() && failed.contains(node)) --node.value;
    return node;
  }

  // Tells observers that the row consists of all replicas that have not failed.
  void declare_members(Env& env) const {
    NodeSet row;
    for (std::uint16_t i = 0; i < env.cluster(); ++i) {
      if (!failed.contains(NodeId{i})) row.insert(NodeId{i});
    }
    env.members(failed.size(), row);
  }

  void take_role(Env& env) {
    if (predecessor(env)) return env.become(Role::backup);
    early.clear();  // updates of the old head that lie behind a gap
    env.become(Role::primary);
  }

  // ---- reads

  void read(Env& env, const Request& request) {
    const bool dirty = options.bug == Options::Bug::read_at_head && head(env) == env.self();
    if (tail(env) != env.self() && !dirty) return env.redirect(request.id, tail(env));
    env.reply(request.id, env.apply(request).output);
  }

  // ---- updates, downwards

  void on_update(Env& env, NodeId from, const Update& update) {
    if (from >= env.self() || failed.contains(from)) return;
    if (update.slot <= last) {
      if (update.slot <= stable) env.send(from, Stable{stable});  // the sender has missed that
      return;
    }
    early.emplace(update.slot, update);
    while (!early.empty() && early.begin()->first == last + 1) {
      Update next = std::move(early.begin()->second);
      early.erase(early.begin());
      env.store(next.request.id, next.change);
      adopted(env, std::move(next));
    }
  }

  void adopted(Env& env, Update update) {
    last = update.slot;
    sessions.add(update.request, update.slot, update.output);
    unstable.push_back(std::move(update));
    const auto next = successor(env);
    if (!next) return settle(env, last);
    env.send(*next, unstable.back());
    if (unstable.size() == 1) watch(env);
  }

  void pass_on_again(Env& env) {
    const auto next = successor(env);
    if (!next) return;
    for (const Update& update : unstable) env.send(*next, update);
  }

  void watch(Env& env) {
    if (options.retransmit && !unstable.empty()) env.set_timer(Timer::retransmit, *options.retransmit);
  }

  // ---- stability, upwards

  // The tail has everything up to `slot`. A tail, old or new, also answers; a client that has its answer
  // already ignores this one.
  void settle(Env& env, std::uint64_t slot) {
    const std::uint64_t before = stable;
    while (!unstable.empty() && unstable.front().slot <= slot) {
      const Update& update = unstable.front();
      stable = update.slot;
      env.decide(update.slot, fingerprint(update.request));
      if (tail(env) == env.self()) env.reply(update.request.id, update.output, head(env));
      unstable.pop_front();
    }
    if (stable > before) tell_predecessor(env);
  }

  void tell_predecessor(Env& env) const {
    const auto previous = predecessor(env);
    if (previous && stable > 0) env.send(*previous, Stable{stable});
  }

  Options options;
  bool member = false;
  NodeSet failed{};
  std::uint64_t last = 0;                   ///< The slot adopted last.
  std::uint64_t stable = 0;                 ///< The last slot known to be stable.
  std::deque<Update> unstable{};            ///< Slots `stable` + 1 to `last`.
  std::map<std::uint64_t, Update> early{};  ///< Arrived before those that precede them.
  Sessions sessions{};
};

static_assert(Protocol<Chain>);
const Registered<Chain> chain_registered{
    "chain", "chain replication: writes enter at the head and pass down the chain; the tail answers"};

}  // namespace
}  // namespace protocols
