#include "sim/scenario/network_spec.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "sim/scenario/message_choice_spec.hpp"

namespace sim {

void JsonValue<Endpoint>::read(Endpoint& value, const Json& json, const Place& place) {
  const auto& c = place.context();
  const std::string replicas = fmt::format("a replica from 0 to {}", c.replicas - 1);
  const std::string expected =
      c.clients == 0 ? replicas
                     : fmt::format("{} or a client from \"c0\" to \"c{}\"", replicas, c.clients - 1);
  if (json.is_number_unsigned() && json.get<std::uint64_t>() < c.replicas) {
    value.index = json.get<std::uint32_t>();
    return;
  }
  if (!json.is_string()) place.unexpected(json, expected);
  const auto& name = json.get_ref<const std::string&>();
  std::uint32_t number = 0;
  const char* const last = name.data() + name.size();
  const bool client =
      name.size() > 1 && name[0] == 'c' &&
      std::from_chars(name.data() + 1, last, number) == std::from_chars_result{last, std::errc{}};
  if (!client || number >= c.clients) place.unexpected(json, expected);
  value.index = static_cast<std::uint32_t>(c.replicas) + number;
}

Json JsonValue<Endpoint>::write(const Endpoint& value, Context& context) {
  if (value.index < context.replicas) return value.index;
  return fmt::format("c{}", value.index - context.replicas);
}

Json JsonValue<Endpoint>::schema() {
  Json choices = Json::array({{{"type", "integer"}, {"minimum", 0}, {"maximum", kMostReplicas - 1}},
                              {{"type", "string"}, {"pattern", "^c[0-9]+$"}}});
  return {{"description", "a replica's number, or a client such as \"c0\""}, {"anyOf", std::move(choices)}};
}

namespace {

bool by_role(const LinkOverride& link) {
  return std::ranges::any_of(link.from.ends, is_dynamic) || std::ranges::any_of(link.to.ends, is_dynamic);
}
void name_others(LinkOverride& link, const Context& c) {
  if (!by_role(link)) sim::name_others({&link.from.ends, &link.to.ends}, c.replicas, c.clients);
}

}  // namespace

template <> struct JsonValue<LinkOverride> {
  static void describe(LinkOverride& link, DocumentFields& f) {
    f.required().value("from", link.from, "the sender, or several: a node, a list, \"*\", a region");
    f.required().value("to", link.to, "the receiver, or several");
    name_others(link, f.context());
    const auto replicas = f.context().replicas;
    f.require(by_role(link) || link.from.ends != link.to.ends || link.from.ends.size() > 1, "to",
              "another node than \"from\"");
    f.require(by_role(link) || !links_between(link.from.ends, link.to.ends, replicas).empty(), "to",
              "a replica: clients don't talk to each other");
    link.law.describe(f);
    describe_turns(f, link.only, !link.only.whole());
  }
  static void read(LinkOverride& link, const Json& json, const Place& place) {
    read_object(json, place, [&](DocumentFields& f) { describe(link, f); });
  }
  static Json write(const LinkOverride& link, Context& context) {
    LinkOverride copy = link;
    return write_object(context, [&](DocumentFields& f) { describe(copy, f); });
  }
  static Json schema() {
    LinkOverride link;
    return schema_of_object([&](DocumentFields& f) { describe(link, f); });
  }
};

namespace {

// A fault for some messages leaves the usual links as they are.
bool own_links(const NetworkSpec& spec) { return spec.only.whole() || !spec.usual_links; }

// A link's own law starts from the network's: its ends decide from which of its two.
struct Links {
  NetworkSpec& network;
};

// Replicas and roles among the ends, or clients: those named, and those meant by a "*" beside a role.
std::vector<Endpoint> ends_of(const LinkEnds& ends, const LinkOverride& link, bool clients,
                              const Context& c) {
  std::vector<Endpoint> some;
  const auto named = [&](Endpoint e) {
    return std::ranges::find(link.from.ends, e) != link.from.ends.end() ||
           std::ranges::find(link.to.ends, e) != link.to.ends.end();
  };
  for (const Endpoint e : ends.ends) {
    const bool rest = e == end_of(RoleEnd::rest);
    const bool client = e.index >= c.replicas && !role_of(e);
    if (!clients && !client) some.push_back(rest ? end_of(RoleEnd::others) : e);
    if (clients && client) some.push_back(e);
    for (std::uint32_t i = 0; clients && rest && i < c.clients; ++i) {
      const Endpoint one{static_cast<std::uint32_t>(c.replicas) + i};
      if (!named(one)) some.push_back(one);
    }
  }
  return some;
}

// The links between replicas, those from clients and those to clients, each with its law.
std::vector<LinkOverride> by_kind(const LinkOverride& link, const LinkSpec& of_clients, const Context& c) {
  std::vector<LinkOverride> parts;
  for (const auto& [from_clients, to_clients] : {std::pair(false, false), {true, false}, {false, true}}) {
    LinkOverride part = link;
    part.from.ends = ends_of(link.from, link, from_clients, c);
    part.to.ends = ends_of(link.to, link, to_clients, c);
    if (from_clients || to_clients) part.law = of_clients;
    const bool any = !part.from.ends.empty() && !part.to.ends.empty();
    const bool itself = part.from.ends.size() == 1 && part.from.ends == part.to.ends;
    if (any && !itself) parts.push_back(std::move(part));
  }
  return parts;
}

LinkLaw law_of(const LinkSpec& spec, Endpoint from, Endpoint to, std::size_t replicas) {
  // Clients are placed from the start again, whatever the number of replicas.
  const auto where = [&](Endpoint e) { return e.index < replicas ? e.index : e.index - replicas; };
  return {.delay = law_between(spec.delay, where(from), where(to)),
          .loss = spec.loss.probability,
          .duplicate = spec.duplicate,
          .fifo = spec.fifo,
          .reorder = spec.reorder.probability,
          .hold = spec.reorder.hold,
          .bursts = spec.loss.bursts};
}

}  // namespace

template <> struct JsonValue<Links> {
  static void read(Links& value, const Json& json, const Place& place) {
    NetworkSpec& network = value.network;
    if (!json.is_array()) place.unexpected(json, "a list");
    network.links.clear();
    network.usual_links = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
      LinkOverride link{.law = network.replicas};
      JsonValue<LinkOverride>::read(link, json[i], place / i);
      LinkOverride other{.law = network.clients.same ? network.replicas : network.clients.law};
      JsonValue<LinkOverride>::read(other, json[i], place / i);
      const auto text = [&](LinkSpec law) {
        return write_object(place.context(), [&](DocumentFields& f) { law.describe(f); });
      };
      if (text(link.law) == text(other.law)) {
        network.links.push_back(std::move(link));
      } else {
        for (LinkOverride& part : by_kind(link, other.law, place.context()))
          network.links.push_back(std::move(part));
      }
    }
  }
  static Json write(const Links& value, Context& context) {
    const std::vector<LinkOverride> none;
    const NetworkSpec& network = value.network;
    return JsonValue<std::vector<LinkOverride>>::write(own_links(network) ? network.links : none, context);
  }
  static Json schema() { return JsonValue<std::vector<LinkOverride>>::schema(); }
};

template <> struct JsonValue<NetworkSpec::Clients> {
  static void read(NetworkSpec::Clients& value, const Json& json, const Place& place) {
    value.same = json.is_string() && json == "same";
    if (value.same) return;
    if (!json.is_object()) place.unexpected(json, "\"same\" or an object { ... }");
    JsonValue<LinkSpec>::read(value.law, json, place);
  }
  static Json write(const NetworkSpec::Clients& value, Context& context) {
    return value.same ? Json("same") : JsonValue<LinkSpec>::write(value.law, context);
  }
  static Json schema() {
    return {{"anyOf", Json::array({{{"const", "same"}}, JsonValue<LinkSpec>::schema()})}};
  }
};

namespace {

void describe_bursts(DocumentFields& f, GilbertElliott& bursts) {
  f.object(
      "gilbert_elliott",
      [&](DocumentFields& g) {
        g.required().number("good_to_bad", bursts.good_to_bad, {0, 1},
                            "probability that a good link is bad for the next message");
        g.required().number("bad_to_good", bursts.bad_to_good, {0, 1},
                            "the other way: a bad stretch lasts 1 / bad_to_good messages in the mean");
        g.require(bursts.good_to_bad + bursts.bad_to_good > 0, "bad_to_good",
                  "more than 0, or \"good_to_bad\": a link that never changes has one loss");
        g.number("loss_good", bursts.loss_good, {0, 1}, "probability that a good link loses a message");
        g.number("loss_bad", bursts.loss_bad, {0, 1}, "probability that a bad link loses a message");
      },
      "losses in bursts (Gilbert 1960, Elliott 1963): each directed link is good or bad, and may change with "
      "each message");
}

}  // namespace

void JsonValue<LossSpec>::read(LossSpec& value, const Json& json, const Place& place) {
  value = {};
  if (json.is_object()) {
    value.bursts.emplace();
    return read_object(json, place, [&](DocumentFields& f) { describe_bursts(f.required(), *value.bursts); });
  }
  value.probability = json.is_number() ? json.get<double>() : -1;
  if (!(value.probability >= 0 && value.probability <= 1))
    place.unexpected(json, "a number from 0 to 1, or {\"gilbert_elliott\": { ... }}");
}
Json JsonValue<LossSpec>::write(const LossSpec& value, Context& context) {
  if (!value.bursts) return value.probability;
  GilbertElliott copy = *value.bursts;
  return write_object(context, [&](DocumentFields& f) { describe_bursts(f, copy); });
}
Json JsonValue<LossSpec>::schema() {
  GilbertElliott bursts;
  Json number{{"type", "number"}, {"minimum", 0}, {"maximum", 1}};
  Json object = schema_of_object([&](DocumentFields& f) { describe_bursts(f, bursts); });
  return {{"anyOf", Json::array({std::move(number), std::move(object)})}};
}

void LinkSpec::Reorder::describe(Fields& f) {
  f.number("probability", probability, {0, 1},
           "probability that a message is held back and later ones overtake it");
  f.duration("hold", hold, {0ns, DelayLaw::kLongest}, "extra delay of such a message");
}

void LinkSpec::describe(DocumentFields& f) {
  f.value("delay", delay, "one-way delay of a message");
  f.value("loss", loss, "probability that a message is lost, or a law of losses in bursts");
  f.number("duplicate", duplicate, {0, 1}, "probability that a message arrives twice");
  f.flag("fifo", fifo, "messages on a link arrive in the order in which they were sent");
  f.group("reorder", reorder, "explicit reordering");
}

void NetworkSpec::describe(DocumentFields& f) {
  replicas.describe(f);
  f.value("client", clients,
          "links between clients and replicas: \"same\" as between replicas, or separate laws");
  Links all{*this};
  f.value("links", all,
          "directed links with separate laws, of all messages or of some; omitted keys are taken from the "
          "network");
  if (!f.context().roles) return;
  const bool of_clients = f.wants("client", false) || f.wants("links", false);
  describe_turns(f, only, !only.whole());
  const auto by_client = [](const std::string& type) {
    return std::ranges::find(kClientMessages, type) != kClientMessages.end();
  };
  const bool unheard = !only.types.empty() && std::ranges::all_of(only.types, by_client) && !of_clients;
  f.require(
      !unheard || clients.same, "messages",
      "\"client\" beside it, with the laws between clients and replicas: these messages travel there alone");
}

namespace {

constexpr std::size_t kMostOverrides = 60'000;

// How many ends a list may stand for, once its roles are known.
std::size_t most_ends(const LinkEnds& ends, const Context& c) {
  std::size_t most = 0;
  for (const Endpoint e : ends.ends) {
    const auto role = role_of(e);
    most += role == RoleEnd::others ? c.replicas : role == RoleEnd::rest ? c.replicas + c.clients : 1;
  }
  return most;
}

// A link's own choice, within the fault's: types that it doesn't name are the fault's.
MessageChoice only_of(const LinkOverride& link, const NetworkSpec& spec) {
  if (link.only.whole()) return spec.only;
  MessageChoice only = link.only;
  if (only.types.empty()) only.types = spec.only.types;
  return only;
}

}  // namespace

NetworkLaws laws_of(const NetworkSpec& spec, const Place& place) {
  const std::size_t replicas = place.context().replicas;
  const auto ends = static_cast<std::uint32_t>(replicas + place.context().clients);
  const LinkSpec& clients = spec.clients.same ? spec.replicas : spec.clients.law;
  const bool all = spec.only.whole();
  NetworkLaws laws{.replicas = law_of(spec.replicas, {}, {}, replicas),
                   .clients = law_of(clients, {}, {}, replicas),
                   .only_overrides = !all};
  for (std::uint32_t from = 0; from < ends; ++from) {
    for (std::uint32_t to = 0; to < (from < replicas ? ends : replicas); ++to) {
      if (from == to) continue;
      const LinkSpec& law = from < replicas && to < replicas ? spec.replicas : clients;
      if (all && !law.delay.regions.used()) continue;
      laws.overrides.push_back({{from}, {to}, law_of(law, {from}, {to}, replicas), spec.only});
      if (laws.overrides.size() > kMostOverrides)
        place.fail("too many nodes for regions or messages", "at most 240");
    }
  }
  for (const auto& link : spec.links) {
    if (by_role(link) || !own_links(spec)) continue;
    for (const auto& [from, to] : links_between(link.from.ends, link.to.ends, replicas))
      laws.overrides.push_back({from, to, law_of(link.law, from, to, replicas), only_of(link, spec)});
  }
  if (laws.overrides.size() > kMostOverrides) (place / "links").fail("too many links", "at most 60000");
  return laws;
}

std::vector<RoleLinks> role_links_of(const NetworkSpec& spec, const NetworkLaws& laws, const Place& place) {
  const Context& context = place.context();
  std::vector<RoleLinks> all;
  std::vector<Endpoint> everybody;
  for (std::uint32_t i = 0; i < context.replicas + context.clients; ++i) everybody.push_back({i});
  // From the last link back to the first: how many overrides come before each.
  std::size_t before = laws.overrides.size(), at_most = before;
  for (auto next = spec.links.rbegin(); next != spec.links.rend() && own_links(spec); ++next) {
    const LinkOverride& link = *next;
    if (!by_role(link)) {
      before -= links_between(link.from.ends, link.to.ends, context.replicas).size();
      continue;
    }
    at_most += most_ends(link.from, context) * most_ends(link.to, context);
    if (at_most > kMostOverrides) (place / "links").fail("too many links", "at most 60000");
    const bool regions = link.law.delay.regions.used();
    RoleLinks& links = all.emplace_back(RoleLinks{.from = link.from.ends,
                                                  .to = link.to.ends,
                                                  .law = law_of(link.law, {}, {}, context.replicas),
                                                  .only = only_of(link, spec),
                                                  .place = before});
    if (!regions) continue;
    for (const auto& [from, to] : links_between(everybody, everybody, context.replicas))
      links.laws.push_back({from, to, law_of(link.law, from, to, context.replicas), only_of(link, spec)});
  }
  std::ranges::reverse(all);
  return all;
}

}  // namespace sim
