#include "sim/scenario/message_choice_spec.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/protocol/plan.hpp"

namespace sim {
namespace {

bool is_pattern(std::string_view text) {
  const auto sign = [](char c) { return c == MessageChoice::kStruck || c == MessageChoice::kSpared; };
  return text.size() <= 1000 && std::ranges::all_of(text, sign) &&
         text.find(MessageChoice::kStruck) != text.npos;
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
  f.require(!named.empty(), "messages", "at least one type; without the key it's all");
  types.clear();
  for (auto& type : named) types.push_back(std::move(type.name));
}

void describe_choice(DocumentFields& f, MessageChoice& c, bool wanted) {
  if (f.wants("probability", wanted && c.pattern.empty() && c.nth.empty()))
    f.number("probability", c.probability, {0, 1}, "probability with which it strikes each of them");
  describe_turns(f, c, wanted);
}

void describe_turns(DocumentFields& f, MessageChoice& c, bool wanted) {
  describe_types(f, c.types, wanted && !c.types.empty(),
                 "types of messages that it strikes, such as [\"Update\", \"Reply\"]; by default all");
  if (f.wants("pattern", wanted && !c.pattern.empty())) {
    f.value("pattern", c.pattern,
            "which it strikes, over and over: \"x\" is struck, \"-\" is not; \"--x\" strikes every third");
    f.require(is_pattern(c.pattern), "pattern",
              "up to 1000 signs \"x\" (struck) and \"-\" (not struck), with an \"x\" among them");
  }
  if (f.wants("nth", wanted && !c.nth.empty())) {
    f.value("nth", c.nth, "which it strikes, counted from 1 since the fault began, such as [3]");
    f.require(!c.nth.empty() && std::ranges::find(c.nth, 0u) == c.nth.end(), "nth", "numbers from 1 on");
  }
  const bool one = (c.probability < 1) + !c.pattern.empty() + !c.nth.empty() <= 1;
  f.require(one, c.nth.empty() ? "pattern" : "nth",
            "one of \"probability\", \"pattern\" and \"nth\", not two");
}

}  // namespace sim
