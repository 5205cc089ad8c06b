// The network as a scenario writes it, and its translation into the laws of all links.
#pragma once

#include <cstdint>
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

/// The effect of a link on messages.
struct LinkSpec {
  DelaySpec delay{};
  double loss = 0;
  double duplicate = 0;
  bool fifo = false;
  struct Reorder {
    double probability = 0;
    Duration hold{5ms};
    void describe(Fields& fields);
  } reorder{};
  void describe(DocumentFields& fields);
};

/// Directed links with a law of their own, from each of some ends to each of others. Keys that `law` omits
/// come from the network.
struct LinkOverride {
  LinkEnds from{}, to{};
  LinkSpec law{};
};

struct NetworkSpec {
  LinkSpec replicas{.delay = {.law = DelayLaw::constant(1ms)}};
  std::vector<LinkOverride> links{};
  struct Clients {
    bool same = false;  ///< The laws of the replicas' links.
    LinkSpec law{};     ///< Otherwise: by default no delay and no loss.
  } clients{};
  void describe(DocumentFields& fields);
};

/// Throws InputError at `place` when there are too many links with laws of their own.
NetworkLaws laws_of(const NetworkSpec& spec, const Place& place);
/// The laws of links whose ends are named by role: of all links that these may be.
std::vector<RoleLinks> role_links_of(const NetworkSpec& spec, const Context& context);

}  // namespace sim
