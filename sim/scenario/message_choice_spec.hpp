// How a scenario says which messages a fault or a law of a link is for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/network/message_choice.hpp"
#include "sim/scenario/document_fields.hpp"

namespace sim {

/// A message's type by its name, held against the protocol's once that is known.
struct MessageType {
  std::string name{};
};
template <> struct JsonValue<MessageType> {
  static void read(MessageType& value, const Json& json, const Place& place);
  static Json write(const MessageType& value, Context&) { return value.name; }
  static Json schema() { return {{"type", "string"}, {"examples", {"Request", "Reply"}}}; }
};

/// Keys that an object has only if it is `wanted` to: others like it have none of them.
void describe_types(DocumentFields& f, std::vector<std::string>& types, bool wanted, std::string_view about);
void describe_choice(DocumentFields& f, MessageChoice& choice, bool wanted);
/// The same without chance: for laws of links, whose loss is one.
void describe_turns(DocumentFields& f, MessageChoice& choice, bool wanted);

}  // namespace sim
