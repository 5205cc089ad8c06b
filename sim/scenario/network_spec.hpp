// The network as a scenario writes it, and its translation into the laws of all links.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/fault/fault.hpp"
#include "sim/network/network.hpp"
#include "sim/scenario/delay_spec.hpp"
#include "sim/scenario/document_fields.hpp"
#include "sim/scenario/link_ends.hpp"

namespace sim {

/// An end of a link: a replica's number, or "c0" for a client. Needs the context to tell them apart.
template <> struct JsonValue<Endpoint> {
  static void read(Endpoint& value, const Json& json, const Place& place);
  static Json write(const Endpoint& value, Context& context);
  static Json schema();
};

/// How a link loses messages: each with one probability, or in bursts.
struct LossSpec {
  double probability = 0;
  std::optional<GilbertElliott> bursts{};
};
template <> struct JsonValue<LossSpec> {
  static void read(LossSpec& value, const Json& json, const Place& place);
  static Json write(const LossSpec& value, Context& context);
  static Json schema();
};

/// The effect of a link on messages.
struct LinkSpec {
  DelaySpec delay{};
  LossSpec loss{};
  double duplicate = 0;
  bool fifo = false;
  struct Reorder {
    double probability = 0;
    Duration hold{5ms};
    void describe(Fields& fields);
  } reorder{};
  void describe(DocumentFields& fields);
};

/// Directed links with a law of their own, from each of some ends to each of others. Keys that it omits come
/// from the network's law for its ends: one for links between replicas, one for those to or from a client. So
/// an entry for both kinds of links is read as several.
struct LinkOverride {
  LinkEnds from{}, to{};
  LinkSpec law{};
  MessageChoice only{};  ///< Other messages keep the law that they would have without this.
};

struct NetworkSpec {
  LinkSpec replicas{.delay = {.law = DelayLaw::constant(1ms)}};
  std::vector<LinkOverride> links{};
  struct Clients {
    bool same = false;  ///< The laws of the replicas' links.
    LinkSpec law{};     ///< Otherwise: by default no delay and no loss.
  } clients{};
  MessageChoice only{};     ///< In a fault: other messages keep the laws that they would have without it.
  bool usual_links = true;  ///< In a fault: `links` are those of the scenario's network.
  void describe(DocumentFields& fields);
};

/// Throws InputError at `place` when there are too many links with laws of their own.
NetworkLaws laws_of(const NetworkSpec& spec, const Place& place);
/// The laws of links whose ends are named by role: of all links that these may be.
/// `laws`: the spec's own. Throws InputError at `place` when they may be too many.
std::vector<RoleLinks> role_links_of(const NetworkSpec& spec, const NetworkLaws& laws, const Place& place);

}  // namespace sim
