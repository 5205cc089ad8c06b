#include "sim/scenario/omission_spec.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/protocol/plan.hpp"

namespace sim {
namespace {

void describe_amid(DocumentFields& f, CrashAmidSending& amid) {
  f.required().whole("first", amid.first, {0, 1'000'000},
                     "number of copies that leave, in the order of sending");
  describe_types(f, amid.types, !amid.types.empty(),
                 "types of messages: the crash waits until it sends one of these");
}

}  // namespace

void JsonValue<MessageType>::read(MessageType& value, const Json& json, const Place& place) {
  std::vector<std::string> names;
  if (const ProtocolPlan* plan = place.context().plan) {
    for (const auto name : plan->messages()) names.emplace_back(name);
    if (plan->serves_clients()) names.insert(names.end(), kClientMessages.begin(), kClientMessages.end());
  }
  const bool known =
      json.is_string() && (names.empty() || std::ranges::find(names, json.get<std::string>()) != names.end());
  if (!known) {
    place.unexpected(json, fmt::format("one of the protocol's messages {}", fmt::join(names, ", ")),
                     json.is_string() ? nearest(json.get<std::string>(), names) : "");
  }
  value.name = json.get<std::string>();
}

void describe_types(DocumentFields& f, std::vector<std::string>& types, bool wanted, std::string_view about) {
  if (!f.wants("messages", wanted)) return;
  std::vector<MessageType> named;
  for (const auto& type : types) named.push_back({type});
  f.value("messages", named, about);
  types.clear();
  for (auto& type : named) types.push_back(std::move(type.name));
}

void describe_choice(DocumentFields& f, MessageChoice& c, bool wanted) {
  describe_types(f, c.types, wanted && !c.types.empty(),
                 "types of messages that it strikes, such as [\"Update\", \"Reply\"]; by default all");
  if (f.wants("probability", wanted && c.pattern.empty() && c.nth.empty()))
    f.number("probability", c.probability, {0, 1}, "probability with which it strikes each of them");
  if (f.wants("pattern", wanted && !c.pattern.empty()))
    f.value("pattern", c.pattern,
            "which it strikes, over and over: \"x\" is lost, \"-\" is not; \"--x\" loses every third");
  const bool signs = std::ranges::all_of(
      c.pattern, [](char sign) { return sign == MessageChoice::kStruck || sign == MessageChoice::kSpared; });
  f.require(signs && c.pattern.size() <= 1000, "pattern",
            "up to 1000 signs \"x\" (lost) and \"-\" (not lost)");
  if (f.wants("nth", wanted && !c.nth.empty()))
    f.value("nth", c.nth, "which it strikes, counted from 1 since the fault began, such as [3]");
  f.require(std::ranges::find(c.nth, 0u) == c.nth.end(), "nth", "numbers from 1 on");
  const bool one = (c.probability < 1) + !c.pattern.empty() + !c.nth.empty() <= 1;
  f.require(one, c.nth.empty() ? "pattern" : "nth",
            "one of \"probability\", \"pattern\" and \"nth\", not two");
}

void describe_omission(DocumentFields& f, Omission& omission, bool wanted) {
  using Of = Omission::Of;
  const Fields::Names<Of> ways{{"send", Of::send}, {"receive", Of::receive}, {"both", Of::both}};
  if (f.wants("of", wanted)) f.choice("of", omission.of, ways, "which messages it loses");
  describe_choice(f, omission.messages, wanted);
  if (!f.wants("towards", wanted && omission.towards.has_value())) return;
  EndList ends{omission.towards.value_or(std::vector<Endpoint>{})};
  f.value("towards", ends,
          "only messages to or from these: a node, \"replicas\", \"clients\", or a list; by default all");
  omission.towards = std::move(ends.ends);
}

void JsonValue<InFlight>::read(InFlight& value, const Json& json, const Place& place) {
  value = {};
  if (json == "fly") return;
  value.lost = json == "lost";
  if (value.lost) return;
  if (!json.is_object()) place.unexpected(json, "\"fly\", \"lost\" or an object such as {\"first\": 2}");
  value.amid.emplace();
  read_object(json, place, [&](DocumentFields& f) { describe_amid(f, *value.amid); });
}

Json JsonValue<InFlight>::write(const InFlight& value, Context& context) {
  if (!value.amid) return value.lost ? "lost" : "fly";
  CrashAmidSending copy = *value.amid;
  return write_object(context, [&](DocumentFields& f) { describe_amid(f, copy); });
}

Json JsonValue<InFlight>::schema() {
  CrashAmidSending amid;
  Json object = schema_of_object([&](DocumentFields& f) { describe_amid(f, amid); });
  return {{"anyOf", Json::array({{{"enum", {"fly", "lost"}}}, std::move(object)})}, {"default", "fly"}};
}

}  // namespace sim
