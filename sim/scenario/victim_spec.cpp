#include "sim/scenario/victim_spec.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace sim {
namespace {

using VictimKind = Victim::Kind;
constexpr std::array<std::pair<VictimKind, std::string_view>, 4> kRoles{{{VictimKind::primary, "primary"},
                                                                         {VictimKind::backup, "backup"},
                                                                         {VictimKind::any, "any"},
                                                                         {VictimKind::crashed, "crashed"}}};

}  // namespace

void JsonValue<Victim>::read(Victim& value, const Json& json, const Place& place) {
  const std::size_t replicas = place.context().replicas;
  if (json.is_number_unsigned() && json.get<std::uint64_t>() < replicas) {
    value = {VictimKind::number, NodeId{json.get<std::uint16_t>()}};
    return;
  }
  const auto role = std::ranges::find_if(kRoles, [&](const auto& r) { return json == r.second; });
  if (role == kRoles.end()) {
    place.unexpected(json,
                     fmt::format("a replica from 0 to {}, \"primary\", \"backup\" or \"any\"", replicas - 1));
  }
  value = {role->first, NodeId{}};
}

Json JsonValue<Victim>::write(const Victim& value, Context&) {
  const auto role = std::ranges::find(kRoles, value.kind, [](const auto& r) { return r.first; });
  return role == kRoles.end() ? Json(value.node.value) : Json(role->second);
}

Json JsonValue<Victim>::schema() {
  Json choices = Json::array({{{"type", "integer"}, {"minimum", 0}, {"maximum", kMostReplicas - 1}},
                              {{"enum", {"primary", "backup", "any", "crashed"}}}});
  return {{"anyOf", std::move(choices)}};
}

void JsonValue<Victims>::read(Victims& value, const Json& json, const Place& place) {
  value.all.clear();
  if (json.is_array()) return JsonValue<std::vector<Victim>>::read(value.all, json, place);
  JsonValue<Victim>::read(value.all.emplace_back(), json, place);
}

Json JsonValue<Victims>::write(const Victims& value, Context& context) {
  if (value.all.size() == 1) return JsonValue<Victim>::write(value.all.front(), context);
  return JsonValue<std::vector<Victim>>::write(value.all, context);
}

Json JsonValue<Victims>::schema() {
  return {{"anyOf", Json::array({JsonValue<Victim>::schema(), JsonValue<std::vector<Victim>>::schema()})}};
}

}  // namespace sim
