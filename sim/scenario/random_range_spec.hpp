// How a document says what a value is drawn from.
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
