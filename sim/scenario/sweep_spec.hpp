// The plan of a sweep as a document writes it: points by name, values to combine, seeds.
#pragma once

#include "sim/scenario/document_fields.hpp"
#include "sim/scenario/sweep_plan.hpp"

namespace sim {

template <> struct JsonValue<SweepPlan> {
  static void read(SweepPlan& value, const Json& json, const Place& place);
  static Json write(const SweepPlan& value, Context& context);
  static Json schema();
};

}  // namespace sim
