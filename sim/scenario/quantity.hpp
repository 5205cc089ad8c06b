// A value of a scenario as a number, whatever its unit.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/scenario/json.hpp"

namespace sim {

enum class Measured : std::uint8_t { number, whole, duration, rate };

/// A value in ns, in events per second, or as it is.
struct Quantity {
  Measured kind;
  double size;
};

/// Nothing if the value is neither a number nor a duration nor a rate.
std::optional<Quantity> quantity(const Json& json);

}  // namespace sim
