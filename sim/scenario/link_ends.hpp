// The ends of a link with a law of its own, as the network of a scenario names them.
#pragma once

#include <vector>

#include "sim/fault/whom.hpp"
#include "sim/scenario/document_fields.hpp"

namespace sim {

struct NetworkSpec;

/// One end, or several: links from each of these.
struct LinkEnds {
  std::vector<Endpoint> ends{};
};
template <> struct JsonValue<LinkEnds> {
  static void read(LinkEnds& value, const Json& json, const Place& place);
  static Json write(const LinkEnds& value, Context& context);
  static Json schema();
};

}  // namespace sim
