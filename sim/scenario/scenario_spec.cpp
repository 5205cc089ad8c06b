#include "sim/scenario/scenario_spec.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/scenario/units.hpp"

namespace sim {
namespace {

constexpr Duration kYear = std::chrono::hours{24 * 365};

std::vector<std::string> protocol_names() {
  std::vector<std::string> names;
  for (const auto& entry : protocols()) names.emplace_back(entry.name);
  return names;
}

}  // namespace

template <> struct JsonValue<ProtocolSpec> {
  static void describe(ProtocolSpec& value, DocumentFields& f) {
    std::string name = value.entry != nullptr ? std::string(value.entry->name) : "";
    f.required().value("name", name, "name of the protocol");
    value.plan->describe(f);
  }
  static void read(ProtocolSpec& value, const Json& json, const Place& place) {
    if (!json.is_object()) place.unexpected(json, "an object { \"name\": ... }");
    const auto name = json.find("name");
    const auto names = protocol_names();
    if (name == json.end())
      place.fail("missing key \"name\"", fmt::format("one of {}", fmt::join(names, ", ")));
    value.entry = name->is_string() ? find_protocol(name->get_ref<const std::string&>()) : nullptr;
    if (value.entry == nullptr) {
      (place / "name")
          .unexpected(*name, fmt::format("one of the protocols {}", fmt::join(names, ", ")),
                      name->is_string() ? nearest(name->get<std::string>(), names) : "");
    }
    value.plan = value.entry->make_plan();
    read_object(json, place, [&](DocumentFields& f) { describe(value, f); });
    const std::string complaint = value.plan->complaint(place.context().replicas);
    if (!complaint.empty()) place.fail(complaint);
  }
  static Json write(ProtocolSpec& value, Context& context) {
    return write_object(context, [&](DocumentFields& f) { describe(value, f); });
  }
  static Json schema() {
    Json all = Json::array();
    for (const auto& entry : protocols()) {
      ProtocolSpec spec{&entry, entry.make_plan()};
      Json one = schema_of_object([&](DocumentFields& f) { describe(spec, f); });
      one["properties"]["name"] = {{"const", entry.name}, {"description", entry.about}};
      all.push_back(std::move(one));
    }
    return {{"anyOf", std::move(all)}};
  }
};

template <> struct JsonValue<std::vector<Expectation>> {
  static void read(std::vector<Expectation>& value, const Json& json, const Place& place) {
    if (!json.is_object()) place.unexpected(json, "an object from JSON pointer to value");
    for (const auto& [pointer, expected] : json.items()) {
      if (!pointer.starts_with('/')) {
        (place / pointer)
            .fail(fmt::format("found {}", shown(pointer)),
                  "a JSON pointer into the result, such as \"/operations/ok\"");
      }
      value.push_back({pointer, expected});
    }
  }
  static Json write(const std::vector<Expectation>& value, Context&) {
    Json json = Json::object();
    for (const auto& [pointer, expected] : value) json[pointer] = expected;
    return json;
  }
  static Json schema() { return {{"type", "object"}, {"propertyNames", {{"pattern", "^/"}}}}; }
};

namespace {

/// An amount of memory, in a document as a text with a unit.
struct Memory {
  std::uint64_t& bytes;
};

}  // namespace

template <> struct JsonValue<Memory> {
  static void read(const Memory& value, const Json& json, const Place& place) {
    constexpr std::uint64_t kLeast = std::uint64_t{1} << 20, kMost = std::uint64_t{1} << 50;
    const auto bytes = json.is_string() ? parse_memory(json.get_ref<const std::string&>()) : std::nullopt;
    if (!bytes || *bytes < kLeast || *bytes > kMost)
      place.unexpected(json, "an amount of memory such as \"500MB\" or \"2GB\", from 1MB to 1024TB");
    value.bytes = *bytes;
  }
  static Json write(const Memory& value, Context&) { return memory_text(value.bytes); }
  static Json schema() {
    return {{"type", "string"},
            {"pattern", "^[0-9]+(\\.[0-9]+)?(B|KB|MB|GB|TB)$"},
            {"examples", {"500MB", "2GB"}}};
  }
};

namespace {

/// Clients are checked against the service that they call.
struct ClientsOf {
  WorkloadSpec& clients;
  const ServiceKind& service;
};

}  // namespace

template <> struct JsonValue<ClientsOf> {
  static void read(const ClientsOf& value, const Json& json, const Place& place) {
    read_object(json, place, [&](DocumentFields& f) { value.clients.describe(f, value.service); });
  }
  static Json write(const ClientsOf& value, Context& context) {
    WorkloadSpec copy = value.clients;
    return write_object(context, [&](DocumentFields& f) { copy.describe(f, value.service); });
  }
  static Json schema() {
    WorkloadSpec clients;
    return schema_of_object([&](DocumentFields& f) { clients.describe(f, service_kinds().front()); });
  }
};

void ScenarioSpec::describe(DocumentFields& f) {
  f.required().value("name", name, "a short name, which results repeat");
  f.value("about", about, "what the scenario shows, in a sentence or two");
  f.value("seed", seed, "seed of all random choices");
  f.duration("duration", duration, {1ns, kYear}, "length of the chaos phase, with clients and faults");
  f.duration("settle", settle, {0ns, kYear},
             "length of the settle phase: faults are healed, clients stop, and replicas must converge");
  f.whole("replicas", replicas, {1, kMostReplicas}, "number of replicas");
  f.context().replicas = replicas;
  f.context().end = duration;
  f.required().value("protocol", protocol, "the protocol and its options");
  f.context().plan = protocol.plan.get();
  f.value("service", service, "the state machine being replicated");
  if (protocol.plan && !protocol.plan->serves_clients()) clients.options.count = 0;
  ClientsOf callers{clients, *service.kind};
  f.value("clients", callers, "what the clients do");
  f.context().clients = clients.options.count;
  f.context().network = &network;
  f.value("network", network, "delay, loss, duplication and order of messages");
  f.context().roles = true;
  f.value("faults", faults, "faults and operator orders, in any order");
  f.context().roles = false;
  f.value("expect", expect, "expected values, by JSON pointer into the result of `run --json`");
  f.optional("sweep", sweep, "the points and seeds of a sweep");
  f.whole("max_events", max_events, {1, 1'000'000'000'000}, "a run that reaches this many events is stopped");
  Memory memory{max_memory};
  f.value(
      "max_memory", memory,
      "memory limit: a run that exceeds it is stopped, undecided; counts its record and its pending events, "
      "alike on every machine");
}

}  // namespace sim
