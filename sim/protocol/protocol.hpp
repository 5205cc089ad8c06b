// A protocol is a copyable value whose handlers react to events through an Env.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sim/fault/disk.hpp"
#include "sim/fault/order.hpp"
#include "sim/kernel/ids.hpp"
#include "sim/workload/command.hpp"

namespace sim {

template <class P> class EnvOf;

/// For a protocol that keeps nothing on disk.
struct NoDisk {
  struct Write {};
  void replay(const Write&) {}
};

namespace detail {
template <class P, class = void> struct DiskType { using type = NoDisk; };
template <class P> struct DiskType<P, std::void_t<typename P::Disk>> { using type = typename P::Disk; };
}  // namespace detail

/// What survives a crash: a value made by replaying, in order, the writes that the disk has completed. A
/// protocol that uses a disk declares `struct Disk { using Write = ...; void replay(const Write&); };`. Where
/// the disk adds changes up to a state of the service, `void format(Snapshot)` gives a new disk the state
/// before the first request: a default `Snapshot` knows neither the service's keys nor what they begin with.
template <class P> using DiskOf = typename detail::DiskType<P>::type;

/// Optional, for a disk: `bool replay_damaged(const Write& lost, Damage)` in place of `replay`, for a record
/// whose check sum fails. It must use no more of the record than that it was there. The records after it are
/// replayed if it returns true; else they are not.
template <class P>
concept ToleratesDamage = requires(DiskOf<P> disk, const typename DiskOf<P>::Write& write, Damage damage) {
  { disk.replay_damaged(write, damage) } -> std::same_as<bool>;
};

/// What a replica sends once its writes are durable (`Env::when_durable`), unless the protocol has a type of
/// its own for that: a message to one replica, perhaps itself.
template <class M> struct Addressed {
  NodeId to{};
  M message;
};

namespace detail {
template <class P, class = void> struct DeferredType { using type = Addressed<typename P::Message>; };
template <class P> struct DeferredType<P, std::void_t<typename P::Deferred>> {
  using type = typename P::Deferred;
};
}  // namespace detail

/// What the protocol hands to `Env::when_durable`. A protocol that defers more than a message to one replica
/// (an answer to a client, a broadcast, a vote of its own) declares `Deferred` and gets it back in
/// `on_durable(Env&, const Deferred&)`.
template <class P> using DeferredOf = typename detail::DeferredType<P>::type;

/// Upkeep that is no part of any operation, such as a heartbeat: a message type says so with
/// `static constexpr bool background = true;`.
template <class M> constexpr bool is_background() {
  if constexpr (requires { M::background; }) return M::background;
  return false;
}

// One requirement per concept, so that a compiler's message names the missing handler.
template <class P>
concept HasMessage = requires {
  std::variant_size<typename P::Message>::value;
};
template <class P>
concept HasTimer = std::is_enum_v<typename P::Timer> &&
    std::same_as<std::underlying_type_t<typename P::Timer>, std::uint8_t>;
template <class P>
concept HasOptions = std::copyable<typename P::Options>;
template <class P>
concept IsMadeFromOptionsAndDisk = std::constructible_from < P,
        const typename P::Options&, const DiskOf<P>
& > ;
template <class P>
concept HandlesStart = requires(P p, EnvOf<P>& env) {
  p.on_start(env);
};
template <class P>
concept HandlesMessages = requires(P p, EnvOf<P>& env, NodeId from, const typename P::Message& m) {
  p.on_message(env, from, m);
};
template <class P>
concept HandlesTimers = requires(P p, EnvOf<P>& env, typename P::Timer t) {
  p.on_timer(env, t);
};
template <class P>
concept HandlesRequests = requires(P p, EnvOf<P>& env, const Request& r) {
  p.on_request(env, r);
};

/// Optional: an operator's orders, such as a change of the members.
template <class P>
concept TakesOrders = requires(P p, EnvOf<P>& env, OrderId id, const Order& o) {
  p.on_order(env, id, o);
};

/// Optional: the requests that this replica holds without having executed them, such as entries of its log
/// that are not known to be committed. Observers ask when the run ends: a write that is held is not lost.
template <class P>
concept Holds = requires(const P p, std::vector<RequestId>& all) {
  p.holds(all);
};

/// Optional: the second of two rounds, for protocols that answer requests with offers (`Env::offer`). A
/// replica may get it without having made an offer, and again.
template <class P>
concept TakesChoices = requires(P p, EnvOf<P>& env, const Request& r, const Offer& chosen) {
  p.on_chosen(env, r, chosen);
};

/// A replication protocol, as seen from one replica.
template <class P>
concept Protocol =
    std::copyable<P> && HasMessage<P> && HasTimer<P> && HasOptions<P> && IsMadeFromOptionsAndDisk<P> &&
    HandlesStart<P> && HandlesMessages<P> && HandlesTimers<P> && HandlesRequests<P>;

/// A type's name as the source spells it, without its namespaces: traces name messages by it.
template <class T> constexpr std::string_view type_name() {
  std::string_view name = __PRETTY_FUNCTION__;  // "... [with T = a::b::Name; ...]" or "... [T = a::b::Name]"
  name.remove_prefix(name.find("T = ") + 4);
  name = name.substr(0, name.find_first_of(";]"));
  const auto colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

}  // namespace sim
