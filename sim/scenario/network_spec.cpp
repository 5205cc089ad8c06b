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

// A link's own law starts from the network's: the ends decide from which of its two.
struct Links {
  NetworkSpec& network;
};

bool touches_client(const LinkOverride& link, std::size_t replicas) {
  const auto is_client = [&](Endpoint e) { return e.index >= replicas && !role_of(e); };
  return std::ranges::any_of(link.from.ends, is_client) || std::ranges::any_of(link.to.ends, is_client);
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
    for (std::size_t i = 0; i < json.size(); ++i) {
      // The ends decide which law the others start from, so they are read first.
      LinkOverride ends;
      JsonValue<LinkOverride>::read(ends, json[i], place / i);
      const bool own = touches_client(ends, place.context().replicas) && !network.clients.same;
      LinkOverride link{.law = own ? network.clients.law : network.replicas};
      JsonValue<LinkOverride>::read(link, json[i], place / i);
      network.links.push_back(std::move(link));
    }
  }
  static Json write(const Links& value, Context& context) {
    return JsonValue<std::vector<LinkOverride>>::write(value.network.links, context);
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
  if (f.context().roles) describe_turns(f, only, !only.whole());
}

namespace {

const MessageChoice& only_of(const LinkOverride& link, const NetworkSpec& spec) {
  return link.only.whole() ? spec.only : link.only;
}

}  // namespace

NetworkLaws laws_of(const NetworkSpec& spec, const Place& place) {
  constexpr std::size_t kMostOverrides = 60'000;
  const std::size_t replicas = place.context().replicas;
  const auto ends = static_cast<std::uint32_t>(replicas + place.context().clients);
  const LinkSpec& clients = spec.clients.same ? spec.replicas : spec.clients.law;
  const NetworkSpec* usual = place.context().network;
  const bool all = spec.only.whole() || usual == nullptr || usual == &spec;
  NetworkLaws laws;
  if (all) {
    laws.replicas = law_of(spec.replicas, {}, {}, replicas);
    laws.clients = law_of(clients, {}, {}, replicas);
  } else {
    laws = laws_of(*usual, place);
  }
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
    if (by_role(link)) continue;
    for (const auto& [from, to] : links_between(link.from.ends, link.to.ends, replicas))
      laws.overrides.push_back({from, to, law_of(link.law, from, to, replicas), only_of(link, spec)});
  }
  if (laws.overrides.size() > kMostOverrides) (place / "links").fail("too many links", "at most 60000");
  return laws;
}

std::vector<RoleLinks> role_links_of(const NetworkSpec& spec, const Context& context) {
  std::vector<RoleLinks> all;
  std::vector<Endpoint> everybody;
  for (std::uint32_t i = 0; i < context.replicas + context.clients; ++i) everybody.push_back({i});
  for (const auto& link : spec.links) {
    if (!by_role(link)) continue;
    RoleLinks& links = all.emplace_back(RoleLinks{link.from.ends, link.to.ends, {}});
    for (const auto& [from, to] : links_between(everybody, everybody, context.replicas))
      links.laws.push_back({from, to, law_of(link.law, from, to, context.replicas), only_of(link, spec)});
  }
  return all;
}

}  // namespace sim
