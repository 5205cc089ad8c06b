// A fault's victim, as a scenario writes it: a replica's number or a role.
#pragma once

#include <vector>

#include "sim/fault/fault.hpp"
#include "sim/scenario/document_fields.hpp"

namespace sim {

template <> struct JsonValue<Victim> {
  static void read(Victim& value, const Json& json, const Place& place);
  static Json write(const Victim& value, Context& context);
  static Json schema();
};

/// One victim, or a list of them.
struct Victims {
  std::vector<Victim> all{};
};
template <> struct JsonValue<Victims> {
  static void read(Victims& value, const Json& json, const Place& place);
  static Json write(const Victims& value, Context& context);
  static Json schema();
};

}  // namespace sim
