// How a scenario says which messages a fault strikes, whom they go to or come from, and which of them a crash
// lets go.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/fault/fault.hpp"
#include "sim/scenario/document_fields.hpp"
#include "sim/scenario/message_choice_spec.hpp"
#include "sim/scenario/whom_spec.hpp"

namespace sim {

/// Keys that an object has only if it is `wanted` to: others like it have none of them.
void describe_omission(DocumentFields& f, Omission& omission, bool wanted);

/// What becomes of the messages that a node has sent, or was about to, when it crashes.
struct InFlight {
  bool lost = false;
  std::optional<CrashAmidSending> amid{};
};
template <> struct JsonValue<InFlight> {
  static void read(InFlight& value, const Json& json, const Place& place);
  static Json write(const InFlight& value, Context& context);
  static Json schema();
};

}  // namespace sim
