// How an operator's order names a replica: by its number, checked against the cluster's size.
#pragma once

#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

#include "sim/kernel/ids.hpp"
#include "sim/scenario/document_fields.hpp"

namespace sim {

template <> struct JsonValue<NodeId> {
  static void read(NodeId& value, const Json& json, const Place& place) {
    const std::size_t replicas = place.context().replicas;
    if (!json.is_number_unsigned() || json.get<std::uint64_t>() >= replicas) {
      place.unexpected(json, fmt::format("a replica from 0 to {}", replicas - 1));
    }
    value = NodeId{json.get<std::uint16_t>()};
  }
  static Json write(const NodeId& value, Context&) { return value.value; }
  static Json schema() { return {{"type", "integer"}, {"minimum", 0}, {"maximum", kMostReplicas - 1}}; }
};

}  // namespace sim
