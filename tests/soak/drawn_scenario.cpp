#include "tests/soak/drawn_scenario.hpp"

#include <algorithm>
#include <utility>

#include "sim/history/vocabulary.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/workload/service.hpp"
#include "tests/soak/drawing.hpp"
#include "tests/soak/drawn_faults.hpp"

namespace soak {

using namespace std::chrono_literals;
using sim::Duration;
using sim::Json;

namespace {

const Json& options_of(const std::string& protocol) {
  static const Json schema = sim::scenario_schema();
  for (const Json& one : schema["properties"]["protocol"]["anyOf"]) {
    if (one["properties"]["name"]["const"] == protocol) return one["properties"];
  }
  throw std::logic_error("the table of assumptions names a protocol that isn't there: " + protocol);
}

// An object's values are drawn in turn, a list is a choice.
Json drawn_value(Drawing& draw, const Json& choices) {
  if (choices.is_array()) return draw.one_of(choices);
  Json object = Json::object();
  for (const auto& [name, inner] : choices.items()) object[name] = drawn_value(draw, inner);
  return object;
}

// What the table says of an option; a choice or a switch of which it says nothing takes any value.
Json protocol(Drawing& draw, const Json& bounds) {
  const std::string name = bounds["protocol"];
  const Json said = bounds.value("options", Json::object());
  Json drawn{{"name", name}};
  for (const auto& [option, schema] : options_of(name).items()) {
    if (option == "name" || option == "bug") continue;
    if (said.contains(option)) {
      drawn[option] = drawn_value(draw, said[option]);
    } else if (schema.contains("enum")) {
      drawn[option] = draw.one_of(schema["enum"]);
    } else if (schema.value("type", "") == "boolean") {
      drawn[option] = draw.chance(0.5);
    }
  }
  return drawn;
}

// What a service is asked to do is what the table allows, or all that leaves nothing to chance.
Json writes(Drawing& draw, const Json& bounds, const sim::ServiceKind& service) {
  Json weights = Json::object();
  for (const sim::Action action : service.writes) {
    const std::string name(sim::action_name(action));
    const bool by_chance = action == sim::Action::stamp || action == sim::Action::draw;
    const Json& allowed = bounds.contains("actions") ? bounds["actions"] : Json();
    const bool may =
        allowed.is_array() ? std::ranges::find(allowed, Json(name)) != allowed.end() : !by_chance;
    if (may && (weights.empty() || draw.chance(0.5))) weights[name] = 1;
  }
  return weights;
}

Json clients(Drawing& draw, const Json& bounds, const sim::ServiceKind& service) {
  const Json limits = bounds.value("clients", Json::object());
  const Json count = limits.value("count", Json{1, 4});
  Json drawn{{"count", draw.between(count[0].get<int>(), count[1].get<int>())}};
  if (drawn["count"] == 0) return drawn;
  const bool open = limits.value("open", true) && draw.chance(0.6);
  if (open) drawn[draw.chance(0.5) ? "rate" : "every"] = "";
  if (drawn.contains("rate")) drawn["rate"] = fmt::format("{}/s", draw.between(5, 30));
  if (drawn.contains("every")) drawn["every"] = text(draw.between(30ms, 200ms));
  if (!open) drawn["think"] = text(draw.between(10ms, 100ms));
  const double reads = static_cast<double>(draw.between(0, 8)) / 10;
  drawn["reads"] = service.readable ? reads : 0;
  drawn["writes"] = writes(draw, bounds, service);
  if (draw.chance(0.3)) drawn["values"] = draw.between(2, 8);
  if (draw.chance(0.2)) drawn["zipf"] = 1.0;
  drawn["timeout"] = text(draw.one_of(std::vector<Duration>{100ms, 300ms, 800ms, 2s}));
  if (draw.chance(0.7) || limits.value("retry", false)) drawn["retry"] = text(draw.between(15ms, 90ms));
  if (draw.chance(0.2)) drawn["ping"] = text(draw.between(15ms, 90ms));
  return drawn;
}

Json delay(Drawing& draw, const Json& laws) {
  const std::string law = draw.one_of(laws).get<std::string>();
  if (law == "constant") return text(draw.between(200us, 3ms));
  if (law == "uniform") return {{"uniform", {"500us", text(draw.between(1ms, 3ms))}}};
  if (law == "exponential") return {{"exponential", text(draw.between(300us, 4ms))}};
  return {{"lognormal", {{"median", text(draw.between(300us, 3ms))}, {"sigma", 0.6}}}};
}

Json network(Drawing& draw, const Json& limits) {
  const Json laws = limits.value("delay", Json{"constant", "uniform", "exponential", "lognormal"});
  Json drawn{{"delay", delay(draw, laws)}};
  if (limits.contains("loss")) drawn["loss"] = draw.share(limits["loss"]);
  if (limits.contains("duplicate")) drawn["duplicate"] = draw.share(limits["duplicate"]);
  if (limits.value("fifo", false) || draw.chance(0.2)) drawn["fifo"] = true;
  if (limits.value("reorder", false) && draw.chance(0.3) && !drawn.contains("fifo"))
    drawn["reorder"] = {{"probability", draw.share(0.2)}, {"hold", text(draw.between(5ms, 150ms))}};
  const Json client = limits.value("client", Json{"instant", "instant", "same", "own"});
  const std::string links = draw.one_of(client);
  if (links == "same") drawn["client"] = "same";
  if (links == "own") drawn["client"] = {{"delay", delay(draw, laws)}, {"loss", draw.share(0.1)}};
  return drawn;
}

int replicas(Drawing& draw, const Json& limits) {
  if (limits.size() != 2) return draw.one_of(limits);
  return static_cast<int>(draw.between(limits[0].get<int>(), limits[1].get<int>()));
}

bool is_refused(const Json& scenario) {
  try {
    static_cast<void>(sim::read_scenario(scenario, "drawn.json"));
    return false;
  } catch (const sim::InputError&) {
    return true;
  }
}

// Options that each may have any value may not go together: then all are drawn again.
Json with_protocol(Drawing& draw, const Json& bounds, Json scenario) {
  constexpr int kTries = 50;
  for (int i = 0;; ++i) {
    scenario["protocol"] = protocol(draw, bounds);
    const Json as_in_a_file = sim::parse_json(scenario.dump(), "drawn.json");
    if (i == kTries || !is_refused(as_in_a_file)) return as_in_a_file;
  }
}

const sim::ServiceKind& service(Drawing& draw, const Json& bounds) {
  if (bounds.contains("services"))
    return *sim::find_service(draw.one_of(bounds["services"]).get<std::string>());
  const auto kinds = sim::service_kinds();
  return kinds[static_cast<std::size_t>(draw.between(0, static_cast<std::int64_t>(kinds.size()) - 1))];
}

}  // namespace

std::vector<Json> read_bounds(const std::string& file) {
  const Json table = sim::load_scenario_document(file);
  std::vector<Json> all;
  for (const Json& row : table["rows"]) {
    for (const Json& bounds : row.value("soak", Json::array())) all.push_back(bounds);
  }
  for (const Json& bounds : table["consensus"]) all.push_back(bounds);
  return all;
}

Json draw_scenario(const Json& bounds, std::uint64_t seed) {
  const std::string name = bounds["name"];
  Drawing draw(seed, "soak: " + name);
  const int n = replicas(draw, bounds["replicas"]);
  const sim::ServiceKind& kind = service(draw, bounds);
  Json s;
  s["name"] = fmt::format("soak, {}, {}", name, seed);
  s["about"] = "Drawn at random within what the protocol assumes: nothing may go wrong.";
  s["seed"] = seed;
  s["duration"] = text(kDuration);
  s["settle"] = "3s";
  s["replicas"] = n;
  s["service"] = {{"name", kind.name}};
  if (kind.keyed) s["service"]["keys"] = draw.between(1, 4);
  s["clients"] = clients(draw, bounds, kind);
  s["network"] = network(draw, bounds["network"]);
  s["faults"] = draw_faults(draw, bounds["faults"], n, bounds["protocol"]);
  s["max_events"] = 5'000'000;
  return with_protocol(draw, bounds, s);
}

}  // namespace soak
