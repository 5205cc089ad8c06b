// A range to draw values from, as a document writes it.
#pragma once

#include "sim/scenario/document_fields.hpp"
#include "sim/scenario/random_design.hpp"

namespace sim {

template <> struct JsonValue<RandomRange> {
  static void read(RandomRange& value, const Json& json, const Place& place);
  static Json write(const RandomRange& value, Context& context);
  static Json schema();
};

}  // namespace sim
