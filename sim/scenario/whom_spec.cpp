#include "sim/scenario/whom_spec.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/scenario/link_ends.hpp"

namespace sim {
namespace {

constexpr std::array<std::pair<RoleEnd, std::string_view>, 5> kRoleEnds{{{RoleEnd::primary, "primary"},
                                                                         {RoleEnd::backup, "backup"},
                                                                         {RoleEnd::any, "any"},
                                                                         {RoleEnd::others, "others"},
                                                                         {RoleEnd::rest, "*"}}};
constexpr std::array<std::pair<Victim::Kind, std::string_view>, 4> kVictimRoles{
    {{Victim::Kind::primary, "primary"},
     {Victim::Kind::backup, "backup"},
     {Victim::Kind::any, "any"},
     {Victim::Kind::crashed, "crashed"}}};
constexpr std::string_view kRegion = "region";
const std::vector<std::string> kVictimWords{"primary", "backup", "any", "others", "replicas", "*"};
const std::vector<std::string> kEndWords{"primary", "backup", "any", "others", "replicas", "clients", "*"};

// ------------------------------------------------------------------------------------------- regions

// The places of nodes. Those of clients are counted from the start again; see law_between().
struct Places {
  const Regions* of_replicas = nullptr;
  const Regions* of_clients = nullptr;
};

const Regions* used_first(const Regions& one, const Regions& other) {
  if (one.used()) return &one;
  return other.used() ? &other : nullptr;
}

Places places_in(const Context& context) {
  if (context.network == nullptr) return {};
  const Regions& between = context.network->replicas.delay.regions;
  const Regions& client = context.network->clients.law.delay.regions;
  const bool same = context.network->clients.same;
  return {used_first(between, client), same ? used_first(between, between) : used_first(client, between)};
}

// Adds those of `count` nodes, the first of which is at the end `first`, that are in the region.
void add_those_in(const std::string& region, const Regions* places, std::size_t first, std::size_t count,
                  std::vector<Endpoint>& ends) {
  for (std::size_t i = 0; places != nullptr && i < count; ++i) {
    if (places->places[i % places->places.size()] == region)
      ends.push_back({static_cast<std::uint32_t>(first + i)});
  }
}

void add_region(std::vector<Endpoint>& ends, const Json& json, const Place& place, bool clients) {
  std::string region;
  read_object(json, place, [&](DocumentFields& f) {
    f.required().value(kRegion, region, "the nodes of a region of the network");
  });
  const Context& context = place.context();
  const Places places = places_in(context);
  std::vector<std::string> known;
  for (const Regions* regions : {places.of_replicas, places.of_clients}) {
    if (regions != nullptr) known.insert(known.end(), regions->places.begin(), regions->places.end());
  }
  std::ranges::sort(known);
  known.erase(std::unique(known.begin(), known.end()), known.end());
  if (known.empty())
    (place / kRegion).fail("the network has no regions", "a \"delay\" of the network by \"regions\"");
  if (std::ranges::find(known, region) == known.end()) {
    (place / kRegion)
        .unexpected(region, fmt::format("one of the regions {}", fmt::join(known, ", ")),
                    nearest(region, known));
  }
  const std::size_t before = ends.size();
  add_those_in(region, places.of_replicas, 0, context.replicas, ends);
  if (clients) add_those_in(region, places.of_clients, context.replicas, context.clients, ends);
  if (ends.size() == before)
    (place / kRegion).fail(fmt::format("no {} is in region {}", clients ? "node" : "replica", region));
}

// ------------------------------------------------------------------------------------------- ends

enum class Others : std::uint8_t { all, later };  // what "others" and "*" become while reading

void add_range(std::vector<Endpoint>& ends, std::size_t first, std::size_t last) {
  for (auto i = static_cast<std::uint32_t>(first); i < last; ++i) ends.push_back({i});
}

void add_word(std::vector<Endpoint>& ends, std::string_view word, const Context& c, Others others) {
  const std::size_t all = c.replicas + c.clients;
  if (word == "replicas") return add_range(ends, 0, c.replicas);
  if (word == "clients") return add_range(ends, c.replicas, all);
  const auto role = std::ranges::find(kRoleEnds, word, [](const auto& r) { return r.second; })->first;
  if (others == Others::all && role == RoleEnd::others) return add_range(ends, 0, c.replicas);
  if (others == Others::all && role == RoleEnd::rest) return add_range(ends, 0, all);
  ends.push_back(end_of(role));
}

void add_end(std::vector<Endpoint>& ends, const Json& json, const Place& place, Others others) {
  if (json.is_object()) return add_region(ends, json, place, true);
  if (!json.is_string()) return JsonValue<Endpoint>::read(ends.emplace_back(), json, place);
  const auto& word = json.get_ref<const std::string&>();
  if (std::ranges::find(kEndWords, word) != kEndWords.end())
    return add_word(ends, word, place.context(), others);
  const bool client = word.size() > 1 && word[0] == 'c' && word[1] >= '0' && word[1] <= '9';
  if (client) return JsonValue<Endpoint>::read(ends.emplace_back(), json, place);
  place.unexpected(
      json,
      fmt::format("a replica's number, a client such as \"c0\", or one of {}", fmt::join(kEndWords, ", ")),
      nearest(word, kEndWords));
}

std::vector<Endpoint> ends_from(const Json& json, const Place& place, Others others) {
  std::vector<Endpoint> ends;
  if (!json.is_array()) {
    add_end(ends, json, place, others);
    return ends;
  }
  for (std::size_t i = 0; i < json.size(); ++i) add_end(ends, json[i], place / i, others);
  if (ends.empty()) place.unexpected(json, "at least one node");
  return ends;
}

Json end_json(Endpoint end, Context& context) {
  const auto role = role_of(end);
  if (!role) return JsonValue<Endpoint>::write(end, context);
  return std::ranges::find(kRoleEnds, *role, [](const auto& r) { return r.first; })->second;
}

Json ends_json(const std::vector<Endpoint>& ends, Context& context) {
  Json list = Json::array();
  for (const Endpoint end : ends) list.push_back(end_json(end, context));
  return list;
}

Json one_or_more(const std::vector<Endpoint>& ends, Context& context) {
  return ends.size() == 1 ? end_json(ends.front(), context) : ends_json(ends, context);
}

Json region_schema() {
  return {{"type", "object"},
          {"description", "the nodes of a region of the network's delay"},
          {"properties", {{kRegion, {{"type", "string"}}}}},
          {"required", {kRegion}},
          {"additionalProperties", false}};
}

Json end_schema() {
  return {{"anyOf", Json::array({JsonValue<Endpoint>::schema(), {{"enum", kEndWords}}, region_schema()})}};
}

Json end_list_schema() {
  Json list{{"type", "array"}, {"items", end_schema()}, {"minItems", 1}};
  return {{"anyOf", Json::array({end_schema(), std::move(list)})}};
}

bool any_dynamic(const std::vector<Endpoint>& ends) { return std::ranges::any_of(ends, is_dynamic); }

}  // namespace

void JsonValue<EndList>::read(EndList& value, const Json& json, const Place& place) {
  const bool none = value.may_be_empty && json.is_array() && json.empty();
  value.ends = none ? std::vector<Endpoint>{} : ends_from(json, place, Others::all);
}
Json JsonValue<EndList>::write(const EndList& value, Context& context) {
  return ends_json(value.ends, context);
}
Json JsonValue<EndList>::schema() { return end_list_schema(); }

void JsonValue<LinkEnds>::read(LinkEnds& value, const Json& json, const Place& place) {
  value.ends = ends_from(json, place, json == "*" ? Others::all : Others::later);
  if (!place.context().roles && any_dynamic(value.ends)) {
    place.fail(fmt::format("found {}: nobody plays a role before the run starts", shown(json)),
               "a node, a list, \"others\", \"replicas\", \"clients\", \"*\" or a region; roles fit the "
               "fault \"network\"");
  }
}
Json JsonValue<LinkEnds>::write(const LinkEnds& value, Context& context) {
  return one_or_more(value.ends, context);
}
Json JsonValue<LinkEnds>::schema() { return end_list_schema(); }

void JsonValue<Ends>::read(Ends& value, const Json& json, const Place& place) {
  const std::string expected = "two different nodes, [from, to], one of them a replica";
  if (!json.is_array() || json.size() != 2) place.unexpected(json, expected);
  const auto side = [&](std::size_t i) {
    return ends_from(json[i], place / i, json[i] == "*" ? Others::all : Others::later);
  };
  value = {side(0), side(1)};
  if (any_dynamic(value.from) || any_dynamic(value.to)) return;
  const Context& c = place.context();
  name_others({&value.from, &value.to}, c.replicas, c.clients);
  if (links_between(value.from, value.to, c.replicas).empty()) place.unexpected(json, expected);
}
Json JsonValue<Ends>::write(const Ends& value, Context& c) {
  return Json::array({one_or_more(value.from, c), one_or_more(value.to, c)});
}
Json JsonValue<Ends>::schema() {
  return {{"type", "array"}, {"items", end_list_schema()}, {"minItems", 2}, {"maxItems", 2}};
}

// ------------------------------------------------------------------------------------------- groups

void JsonValue<Groups>::read(Groups& value, const Json& json, const Place& place) {
  if (!json.is_array()) place.unexpected(json, "a list of groups");
  value.assign(json.size(), {});
  bool dynamic = false;
  std::vector<std::vector<Endpoint>*> lists;
  for (std::size_t g = 0; g < json.size(); ++g) {
    if (!json[g].is_array()) (place / g).unexpected(json[g], "a list of nodes");
    for (std::size_t i = 0; i < json[g].size(); ++i)
      add_end(value[g], json[g][i], place / g / i, Others::later);
    if (json[g].empty()) (place / g).unexpected(json[g], "a node at least");
    dynamic = dynamic || any_dynamic(value[g]);
    lists.push_back(&value[g]);
  }
  if (!dynamic) name_others(lists, place.context().replicas, place.context().clients);
}
Json JsonValue<Groups>::write(const Groups& value, Context& context) {
  Json groups = Json::array();
  for (const auto& group : value) groups.push_back(ends_json(group, context));
  return groups;
}
Json JsonValue<Groups>::schema() {
  const Json group{{"type", "array"}, {"items", end_schema()}};
  return {{"type", "array"}, {"items", group}};
}

// ------------------------------------------------------------------------------------------- victims

namespace {

void add_victim(Victims& value, const Json& json, const Place& place) {
  std::vector<Endpoint> ends;
  if (json == "others") {
    value.others = true;
  } else if (json == "*" || json == "replicas") {
    add_range(ends, 0, place.context().replicas);
  } else if (json.is_object()) {
    add_region(ends, json, place, false);
  } else {
    JsonValue<Victim>::read(value.all.emplace_back(), json, place);
  }
  for (const Endpoint end : ends)
    value.all.push_back({Victim::Kind::number, NodeId{static_cast<std::uint16_t>(end.index)}});
}

bool names_one_of_them_twice(const std::vector<Victim>& victims) {
  for (auto v = victims.begin(); v != victims.end(); ++v) {
    const bool draws = v->kind == Victim::Kind::backup || v->kind == Victim::Kind::any;
    if (!draws && std::find(v + 1, victims.end(), *v) != victims.end()) return true;
  }
  return false;
}

}  // namespace

void JsonValue<Victim>::read(Victim& value, const Json& json, const Place& place) {
  const std::size_t replicas = place.context().replicas;
  if (json.is_number_unsigned() && json.get<std::uint64_t>() < replicas) {
    value = {Victim::Kind::number, NodeId{json.get<std::uint16_t>()}};
    return;
  }
  const auto role = std::ranges::find_if(kVictimRoles, [&](const auto& r) { return json == r.second; });
  if (role == kVictimRoles.end()) {
    place.unexpected(json,
                     fmt::format("a replica from 0 to {}, \"primary\", \"backup\" or \"any\"", replicas - 1),
                     json.is_string() ? nearest(json.get<std::string>(), kVictimWords) : "");
  }
  value = {role->first, NodeId{}};
}

Json JsonValue<Victim>::write(const Victim& value, Context&) {
  const auto role = std::ranges::find(kVictimRoles, value.kind, [](const auto& r) { return r.first; });
  return role == kVictimRoles.end() ? Json(value.node.value) : Json(role->second);
}

Json JsonValue<Victim>::schema() {
  Json choices = Json::array({{{"type", "integer"}, {"minimum", 0}, {"maximum", kMostReplicas - 1}},
                              {{"enum", {"primary", "backup", "any", "crashed"}}}});
  return {{"anyOf", std::move(choices)}};
}

void JsonValue<Victims>::read(Victims& value, const Json& json, const Place& place) {
  value = {};
  if (!json.is_array()) return add_victim(value, json, place);
  for (std::size_t i = 0; i < json.size(); ++i) add_victim(value, json[i], place / i);
  if (json.empty()) place.unexpected(json, "at least one node");
  if (names_one_of_them_twice(value.all)) place.unexpected(json, "each node once");
}

Json JsonValue<Victims>::write(const Victims& value, Context& context) {
  Json list = Json::array();
  for (const Victim& victim : value.all) list.push_back(JsonValue<Victim>::write(victim, context));
  if (value.others) list.push_back("others");
  return list.size() == 1 ? list.front() : list;
}

Json JsonValue<Victims>::schema() {
  const Json words{{"enum", {"others", "replicas", "*"}}};
  const Json one{{"anyOf", Json::array({JsonValue<Victim>::schema(), words, region_schema()})}};
  const Json list{{"type", "array"}, {"items", one}, {"minItems", 1}};
  return {{"anyOf", Json::array({one, list})}};
}

std::vector<Victim> laid_out(const Victims& victims, std::size_t replicas) {
  std::vector<Victim> all = victims.all;
  for (std::uint16_t i = 0; victims.others && i < replicas; ++i) {
    const auto named = std::ranges::find(victims.all, Victim{Victim::Kind::number, NodeId{i}});
    const auto kind = victims.all.empty() ? Victim::Kind::other : Victim::Kind::unnamed;
    if (named == victims.all.end()) all.push_back({kind, NodeId{i}});
  }
  return all;
}

}  // namespace sim
