#include "sim/experiment/advise/knobs.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "sim/scenario/units.hpp"

namespace sim {
namespace {

struct KnownKnobs {
  std::string_view heartbeat;
  std::vector<std::pair<std::string_view, double>> timeout;
};

// All names of the two in the protocols here. A range of timeouts keeps its usual width.
const std::vector<KnownKnobs>& known_knobs() {
  static const std::vector<KnownKnobs> all{
      {"/protocol/detector/heartbeat", {{"/protocol/detector/timeout", 1}}},
      {"/protocol/heartbeat", {{"/protocol/election_timeout_min", 1}, {"/protocol/election_timeout_max", 2}}},
      {"/protocol/commit_interval", {{"/protocol/view_change_timeout", 1}}},
  };
  return all;
}

const Json* find(const Json& document, std::string_view pointer) {
  const Json::json_pointer place{std::string(pointer)};
  return document.contains(place) ? &document.at(place) : nullptr;
}

std::optional<Duration> duration_at(const Json& document, std::string_view pointer) {
  const Json* value = find(document, pointer);
  return value != nullptr && value->is_string() ? parse_duration(value->get<std::string>()) : std::nullopt;
}

// Other detectors work out their timeout by themselves.
void check_detector(const Scenario& scenario) {
  const Json* kind = find(scenario.canonical, "/protocol/detector/kind");
  if (kind == nullptr || *kind == "timeout") return;
  throw InputError({.file = scenario.file,
                    .pointer = "/protocol/detector/kind",
                    .found = "found " + shown(*kind),
                    .expected = "\"timeout\": the others have no timeout that could be advised"});
}

Duration times(Duration d, double by) {
  return Duration{static_cast<std::int64_t>(std::llround(static_cast<double>(d.count()) * by))};
}

Json base_document(const Scenario& scenario) {
  Json document = scenario.canonical;
  document.erase("sweep");
  document.erase("expect");
  return document;
}

// Doubles every duration below a place; returns whether there was any.
bool double_durations(Json& json) {
  if (json.is_string()) {
    const auto d = parse_duration(json.get<std::string>());
    if (d) json = to_text(times(*d, 2));
    return d.has_value();
  }
  bool any = false;
  if (json.is_structured()) {
    for (auto& value : json) any = double_durations(value) || any;
  }
  return any;
}

// Returns whether it could be doubled. Delays between regions come from a table, and stay.
bool double_delay(Json& delay) {
  if (delay.is_object() && delay.contains("regions")) return false;
  if (!delay.is_object() || !delay.contains("empirical")) return double_durations(delay);
  delay["scale"] = 2 * delay.value("scale", 1.0);
  return true;
}

// The laws of all replicas, of clients if they have their own, and of single links.
std::vector<Json*> laws_of(Json& document) {
  Json& network = document["network"];
  std::vector<Json*> all{&network};
  if (network.contains("client") && network["client"].is_object()) all.push_back(&network["client"]);
  if (network.contains("links")) {
    for (Json& link : network["links"]) all.push_back(&link);
  }
  return all;
}

}  // namespace

Knobs find_knobs(const Scenario& scenario) {
  check_detector(scenario);
  for (const KnownKnobs& known : known_knobs()) {
    const auto timeout = duration_at(scenario.canonical, known.timeout.front().first);
    const auto heartbeat = duration_at(scenario.canonical, known.heartbeat);
    if (!timeout || !heartbeat) continue;
    Knobs knobs{.heartbeat = std::string(known.heartbeat), .timeout = {}, .now = {*heartbeat, *timeout}};
    for (const auto& [pointer, factor] : known.timeout) knobs.timeout.emplace_back(pointer, factor);
    return knobs;
  }
  throw InputError({.file = scenario.file,
                    .pointer = "/protocol/name",
                    .found = fmt::format("{} has no timeout to advise", scenario.protocol),
                    .expected = "a protocol with a failure detector, an election or a view change timeout"});
}

Point point_of(const Knobs& knobs, const Setting& setting) {
  Point point;
  point.emplace_back(knobs.heartbeat, to_text(setting.heartbeat));
  for (const auto& [pointer, factor] : knobs.timeout)
    point.emplace_back(pointer, to_text(times(setting.timeout, factor)));
  return point;
}

Json calm_document(const Scenario& scenario) {
  Json document = base_document(scenario);
  if (!document.contains("faults")) return document;
  Json faults = Json::array();
  for (const Json& fault : document["faults"]) {
    const bool crash = std::ranges::any_of(std::array{"crash", "restart", "fail_stop"},
                                           [&](const char* kind) { return fault.contains(kind); });
    const bool random_crash = fault.contains("random") && fault["random"]["kind"] == "crash";
    if (!crash && !random_crash) faults.push_back(fault);
  }
  document["faults"] = std::move(faults);
  return document;
}

Json crash_document(const Scenario& scenario, Duration heartbeat, Duration longest) {
  Json document = base_document(scenario);
  document["faults"] =
      Json::array({{{"at", to_text(kWarmUp)}, {"spread", to_text(heartbeat)}, {"crash", "primary"}}});
  document["duration"] = to_text(kWarmUp + heartbeat + 3 * longest + 1s);
  return document;
}

Json pause_document(const Scenario& scenario, Duration heartbeat, Duration length, Duration longest) {
  Json document = base_document(scenario);
  document["faults"] =
      Json::array({{{"from", to_text(kWarmUp)}, {"to", to_text(kWarmUp + length)}, {"pause", "primary"}}});
  document["duration"] = to_text(kWarmUp + heartbeat + length + longest + 1s);
  return document;
}

std::optional<Json> with_twice_the_loss(Json document) {
  bool any = false;
  for (Json* laws : laws_of(document)) {
    Json& loss = (*laws)["loss"];
    if (!loss.is_number() || !(loss.get<double>() > 0)) continue;
    loss = std::min(1.0, 2 * loss.get<double>());
    any = true;
  }
  return any ? std::optional(document) : std::nullopt;
}

std::optional<Json> with_twice_the_delay(Json document) {
  bool any = false;
  for (Json* laws : laws_of(document)) any = double_delay((*laws)["delay"]) || any;
  return any ? std::optional(document) : std::nullopt;
}

}  // namespace sim
