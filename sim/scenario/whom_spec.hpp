// How a fault of a scenario names those whom it strikes: replicas by number, clients such as "c0", roles, all
// of a sort, the nodes of a region, or a list of these. One reader serves every fault; what may be named
// depends on the fault, and on whether the nodes are struck themselves, or links or groups of them.
#pragma once

#include <vector>

#include "sim/fault/whom.hpp"
#include "sim/scenario/document_fields.hpp"
#include "sim/scenario/network_spec.hpp"

namespace sim {

/// The one replica that gets an operator's order, by number or role.
template <> struct JsonValue<Victim> {
  static void read(Victim& value, const Json& json, const Place& place);
  static Json write(const Victim& value, Context& context);
  static Json schema();
};

/// The replicas that a fault strikes.
struct Victims {
  std::vector<Victim> all{};
  bool others = false;  ///< And the replicas that it doesn't name; alone: all but the primary.
};
template <> struct JsonValue<Victims> {
  static void read(Victims& value, const Json& json, const Place& place);
  static Json write(const Victims& value, Context& context);
  static Json schema();
};
/// One for each node that the fault tries to strike.
std::vector<Victim> laid_out(const Victims& victims, std::size_t replicas);

/// Ends of links. "others" are all replicas here: nobody has a link to itself.
struct EndList {
  std::vector<Endpoint> ends{};
  bool may_be_empty = false;
};
template <> struct JsonValue<EndList> {
  static void read(EndList& value, const Json& json, const Place& place);
  static Json write(const EndList& value, Context& context);
  static Json schema();
};

/// The links from some ends to others, as a pair: a one-way cut. "others" are the replicas that the other end
/// doesn't name.
struct Ends {
  std::vector<Endpoint> from{}, to{};
};
template <> struct JsonValue<Ends> {
  static void read(Ends& value, const Json& json, const Place& place);
  static Json write(const Ends& value, Context& context);
  static Json schema();
};

/// Groups that can't talk to each other. "others" are the replicas that no group names, so one fault fits any
/// number of replicas; "*" are these and the clients that no group names.
template <> struct JsonValue<Groups> {
  static void read(Groups& value, const Json& json, const Place& place);
  static Json write(const Groups& value, Context& context);
  static Json schema();
};

}  // namespace sim
