// One entry of a scenario's list of faults: a fault with its time, or a random process that strikes again and
// again.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "sim/fault/fault.hpp"
#include "sim/scenario/delay_spec.hpp"
#include "sim/scenario/document_fields.hpp"
#include "sim/scenario/network_spec.hpp"
#include "sim/scenario/whom_spec.hpp"

namespace sim {

struct FaultEntry {
  Fault fault{};
  std::optional<NetworkSpec> network{};  ///< For a change of the network: its new state.
  std::optional<DelaySpec> delay{};      ///< For a slow disk: how long a write takes.
  std::optional<RandomFault> random{};   ///< Set when the entry is a random process; `fault` is unused then.
  Victims victims{};  ///< The nodes that it strikes, if it strikes nodes; `fault.victim` is unused then.
  std::size_t at_once = 1;  ///< With `random`: at most so many nodes are crashed at a time.
};

/// The kinds of faults by the key that names them in a scenario.
std::vector<NamedThing> fault_forms();

template <> struct JsonValue<FaultEntry> {
  static void read(FaultEntry& value, const Json& json, const Place& place);
  static Json write(const FaultEntry& value, Context& context);
  static Json schema();
};

}  // namespace sim
