// The registry of protocols: each protocol's file registers itself with one line at its end; nothing else
// knows its type.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/protocol/host.hpp"
#include "sim/protocol/plan.hpp"

namespace sim {

/// The plan of a protocol P, which has
///   struct Options { void describe(Fields&); std::string complaint(std::size_t replicas) const; ... };
///   static ClientPolicy client_policy(const Options&, std::size_t replicas);
/// and may have
///   static std::optional<ServicePromise> promise(const Options&, const Calm&);
///   static bool carries_out(Action);  which actions it knows, if not all
///   static bool becomes_alike();  false if its replicas may differ for good
///   static Duration tells_again_every(const Options&);  see ProtocolPlan
template <Protocol P> class PlanOf final : public ProtocolPlan {
 public:
  explicit PlanOf(typename P::Options options = {}) : options_(std::move(options)) {}
  void describe(Fields& fields) override { options_.describe(fields); }
  std::string complaint(std::size_t replicas) const override { return options_.complaint(replicas); }
  ClientPolicy client_policy(std::size_t replicas) const override {
    return P::client_policy(options_, replicas);
  }
  std::vector<std::pair<std::string_view, std::uint8_t>> attacks() const override {
    std::vector<std::pair<std::string_view, std::uint8_t>> all;
    if constexpr (requires { P::attacks(); }) {
      for (const auto& [name, attack] : P::attacks())
        all.emplace_back(name, static_cast<std::uint8_t>(attack));
    }
    return all;
  }
  std::vector<std::string_view> messages() const override { return HostOf<P>::message_names(); }
  std::unique_ptr<Host> make_host(std::size_t replicas) const override {
    return std::make_unique<HostOf<P>>(options_, replicas);
  }
  bool takes_orders() const override { return TakesOrders<P>; }
  bool restarts_with(DiskFate fate) const override {
    if (fate == DiskFate::torn || fate == DiskFate::corrupt) return ToleratesDamage<P>;
    return fate != DiskFate::lost_fsync || !std::same_as<DiskOf<P>, NoDisk>;
  }
  bool carries_out(Action action) const override {
    if constexpr (requires { P::carries_out(action); }) return P::carries_out(action);
    return true;
  }
  bool becomes_alike() const override {
    if constexpr (requires { P::becomes_alike(); }) return P::becomes_alike();
    return true;
  }
  Duration tells_again_every() const override {
    if constexpr (requires { P::tells_again_every(options_); }) return P::tells_again_every(options_);
    return {};
  }
  std::optional<ServicePromise> promise(const Calm& calm) const override {
    if constexpr (requires { P::promise(options_, calm); }) return P::promise(options_, calm);
    return std::nullopt;
  }

 private:
  typename P::Options options_;
};

/// Define one at namespace scope in the protocol's file: `const sim::Registered<Abd> registered{"abd",
/// "..."};`
template <Protocol P> struct Registered {
  Registered(std::string_view name, std::string_view about) {
    add_protocol({name, about, [] { return std::unique_ptr<ProtocolPlan>(std::make_unique<PlanOf<P>>()); }});
  }
};

}  // namespace sim
