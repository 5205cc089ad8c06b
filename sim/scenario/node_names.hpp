// How faults name nodes: one replica, a link as a pair, groups. All are checked against the cluster's size.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sim/network/network.hpp"
#include "sim/scenario/document_fields.hpp"
#include "sim/scenario/network_spec.hpp"

namespace sim {

/// A one-way cut, as a pair.
struct Ends {
  Endpoint from, to;
};

// "others" in a group stands for the replicas that no group names: one fault then fits any number of
// replicas.
template <> struct JsonValue<Groups> {
  static void read(Groups& value, const Json& json, const Place& place) {
    if (!json.is_array()) place.unexpected(json, "a list of groups");
    const std::size_t replicas = place.context().replicas;
    std::vector<bool> named(replicas);
    value.assign(json.size(), {});
    for (std::size_t g = 0; g < json.size(); ++g) {
      if (!json[g].is_array()) (place / g).unexpected(json[g], "a list of nodes");
      for (std::size_t i = 0; i < json[g].size(); ++i) {
        if (json[g][i] == kOthers) continue;
        Endpoint& e = value[g].emplace_back();
        JsonValue<Endpoint>::read(e, json[g][i], place / g / i);
        if (e.index < replicas) named[e.index] = true;
      }
    }
    for (std::size_t g = 0; g < json.size(); ++g) {
      if (std::ranges::find(json[g], kOthers) == json[g].end()) continue;
      for (std::uint32_t r = 0; r < replicas; ++r) {
        if (!named[r]) value[g].push_back({r});
      }
    }
  }
  static Json write(const Groups& value, Context& context) {
    Json groups = Json::array();
    for (const auto& group : value) groups.push_back(JsonValue<std::vector<Endpoint>>::write(group, context));
    return groups;
  }
  static Json schema() {
    const Json member{{"anyOf", {JsonValue<Endpoint>::schema(), {{"const", kOthers}}}}};
    const Json group{{"type", "array"}, {"items", member}};
    return {{"type", "array"}, {"items", group}};
  }

 private:
  static constexpr std::string_view kOthers = "others";
};

template <> struct JsonValue<Ends> {
  static void read(Ends& value, const Json& json, const Place& place) {
    std::vector<Endpoint> both;
    JsonValue<std::vector<Endpoint>>::read(both, json, place);
    const auto client = [&](Endpoint e) { return e.index >= place.context().replicas; };
    if (both.size() != 2 || both[0] == both[1] || (client(both[0]) && client(both[1]))) {
      place.unexpected(json, "two different nodes, [from, to], one of them a replica");
    }
    value = {both[0], both[1]};
  }
  static Json write(const Ends& value, Context& c) {
    return Json::array({JsonValue<Endpoint>::write(value.from, c), JsonValue<Endpoint>::write(value.to, c)});
  }
  static Json schema() {
    Json schema = JsonValue<std::vector<Endpoint>>::schema();
    schema["minItems"] = schema["maxItems"] = 2;
    return schema;
  }
};

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
