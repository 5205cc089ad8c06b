#include "sim/scenario/omission_spec.hpp"

#include <utility>

namespace sim {
namespace {

void describe_amid(DocumentFields& f, CrashAmidSending& amid) {
  f.required().whole("first", amid.first, {0, 1'000'000},
                     "number of copies that leave, in the order of sending");
  describe_types(f, amid.types, !amid.types.empty(),
                 "types of messages: the crash waits until it sends one of these");
}

}  // namespace

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
