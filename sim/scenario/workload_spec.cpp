#include "sim/scenario/workload_spec.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/history/vocabulary.hpp"

namespace sim {
namespace {

constexpr DurationRange kAnyLength{1ns, std::chrono::hours{24 * 365}};
constexpr std::int64_t kMostEnds = 3000;
constexpr double kHeaviest = 1e9;

/// Which service, by name.
struct KindName {
  const ServiceKind* kind;
};

/// Actions with weights, of which the service must allow each.
struct Mix {
  std::vector<std::pair<Action, double>>& actions;
  const ServiceKind& service;
};

/// Off, a duration, or a tenth of the timeout.
struct Retry {
  std::optional<Duration>& interval;
  bool& by_timeout;
};

}  // namespace

template <> struct JsonValue<KindName> {
  static void read(KindName& value, const Json& json, const Place& place) {
    std::vector<std::string> names;
    for (const auto& kind : service_kinds()) names.emplace_back(kind.name);
    const ServiceKind* found = json.is_string() ? find_service(json.get_ref<const std::string&>()) : nullptr;
    if (found == nullptr) {
      place.unexpected(json, fmt::format("one of the services {}", fmt::join(names, ", ")),
                       json.is_string() ? nearest(json.get<std::string>(), names) : "");
    }
    value.kind = found;
  }
  static Json write(const KindName& value, Context&) { return value.kind->name; }
  static Json schema() {
    Json names = Json::array();
    for (const auto& kind : service_kinds()) names.push_back(kind.name);
    return {{"enum", std::move(names)}};
  }
};

template <> struct JsonValue<Mix> {
  static void read(const Mix& value, const Json& json, const Place& place) {
    if (!json.is_object()) place.unexpected(json, "an object from action to weight, such as {\"cas\": 1}");
    value.actions.clear();
    std::vector<std::string> names;
    for (const auto action : value.service.writes) names.emplace_back(action_name(action));
    double total = 0;
    for (const auto& [key, weight] : json.items()) {
      const auto found =
          std::ranges::find(value.service.writes, key, [](Action a) { return action_name(a); });
      if (found == value.service.writes.end()) {
        (place / key)
            .fail(fmt::format("the service {} has no action {} that changes it", value.service.name,
                              shown(key)),
                  fmt::format("one of {}", fmt::join(names, ", ")), nearest(key, names));
      }
      if (!weight.is_number() || !(weight.get<double>() >= 0 && weight.get<double>() <= kHeaviest)) {
        (place / key).unexpected(weight, fmt::format("a weight from 0 to {}", kHeaviest));
      }
      value.actions.emplace_back(*found, weight.get<double>());
      total += weight.get<double>();
    }
    if (!value.actions.empty() && total <= 0) place.unexpected(json, "a weight above 0");
  }
  static Json write(const Mix& value, Context&) {
    Json mix = Json::object();
    for (const auto& [action, weight] : value.actions) mix[std::string(action_name(action))] = weight;
    return mix;
  }
  static Json schema() {
    return {{"type", "object"},
            {"additionalProperties", {{"type", "number"}, {"minimum", 0}, {"maximum", kHeaviest}}}};
  }
};

template <> struct JsonValue<Retry> {
  static void read(const Retry& value, const Json& json, const Place& place) {
    value.by_timeout = json.is_boolean() && json.get<bool>();
    value.interval.reset();
    if (json.is_boolean()) return;
    if (!json.is_string()) place.unexpected(json, "true, false, or a duration such as \"50ms\"");
    const Duration interval = read_duration(json, place, kAnyLength);
    value.interval = interval;
  }
  static Json write(const Retry& value, Context& context) {
    if (value.by_timeout) return true;
    return value.interval ? JsonValue<Duration>::write(*value.interval, context) : Json(false);
  }
  static Json schema() {
    return {{"anyOf", Json::array({{{"type", "boolean"}}, schema_of(kAnyLength)})}, {"default", false}};
  }
};

void ServiceSpec::describe(DocumentFields& f) {
  KindName name{kind};
  f.value("name", name, "type of the replicated state machine");
  kind = name.kind;
  if (!kind->keyed) keys = 1;
  f.whole("keys", keys, {1, 1'000'000}, "number of keys; 1 for all services except kv");
  f.require(kind->keyed || keys == 1, "keys", "1: only the service kv has keys");
}

namespace {

void describe_arrivals(DocumentFields& f, ClientOptions& o) {
  using Arrivals = ClientOptions::Arrivals;
  const bool rate = f.wants("rate", o.arrivals == Arrivals::poisson);
  const bool every = f.wants("every", o.arrivals == Arrivals::fixed);
  const bool think = f.wants("think", o.arrivals == Arrivals::closed);
  if (every) {
    f.require(!rate, "every", "only one of rate, every and think");
    o.arrivals = Arrivals::fixed;
    f.duration("every", o.interval, kAnyLength, "open loop: each client calls once per interval");
  }
  if (think) {
    f.require(!rate && !every, "think", "only one of rate, every and think");
    o.arrivals = Arrivals::closed;
    f.duration("think", o.interval, {},
               "closed loop: each client waits this long after an answer before its next call");
  }
  if (rate) {
    o.arrivals = Arrivals::poisson;
    Rate per_client{o.rate};
    f.value("rate", per_client, "open loop: calls per client, a Poisson process");
    o.rate = per_client.per_second;
  }
}

}  // namespace

void WorkloadSpec::describe(DocumentFields& f, const ServiceKind& service) {
  auto& o = options;
  const auto most = std::max<std::int64_t>(0, kMostEnds - static_cast<std::int64_t>(f.context().replicas));
  f.whole("count", o.count, {0, most}, "number of clients");
  f.context().clients = o.count;
  describe_arrivals(f, o);
  f.whole("operations", o.operations, {}, "operations per client; 0 for no limit");
  if (!service.readable && !f.wants("reads", false)) o.reads = 0;
  f.number("reads", o.reads, {0, 1}, "share of operations that only read");
  f.require(service.readable || o.reads == 0, "reads", "0: this service has no action read");
  if (o.writes.empty()) o.writes = service.usual_writes();
  Mix mix{o.writes, service};
  f.value("writes", mix, "weights of the other actions");
  f.number("zipf", o.zipf, {0, 10}, "Zipf exponent of key popularity; 0: all keys equally popular");
  f.number("locality", o.locality, {0, 1},
           "share of operations on the client's own keys: its number, plus any times the number of clients");
  f.whole("values", o.values, {0, 1'000'000'000},
          "number of different values written; 0: every value is unique");
  f.duration("timeout", o.timeout, kAnyLength,
             "time after which the client gives up; the operation may still take effect");
  Retry retry{o.retry, retry_by_timeout};
  f.value("retry", retry,
          "retry interval; true: a tenth of the timeout; false: no retries, but for one to all replicas "
          "after half "
          "the timeout where replicas may lie (pbft)");
  f.switchable("ping", o.ping, kAnyLength, "interval at which the client pings the presumed primary");
  f.switchable(
      "outage_after", outage_after, kAnyLength,
      "a wait of this length without any answer is an outage; false: 10 ms, or the median time that ten "
      "messages between replicas and five of clients take, if that is longer");
}

}  // namespace sim
