#include "sim/scenario/quantity.hpp"

#include <string>

#include "sim/scenario/units.hpp"

namespace sim {

std::optional<Quantity> quantity(const Json& json) {
  if (json.is_number_integer()) return Quantity{Measured::whole, json.get<double>()};
  if (json.is_number()) return Quantity{Measured::number, json.get<double>()};
  if (!json.is_string()) return std::nullopt;
  const auto& text = json.get_ref<const std::string&>();
  if (const auto duration = parse_duration(text))
    return Quantity{Measured::duration, static_cast<double>(duration->count())};
  if (const auto rate = parse_rate(text)) return Quantity{Measured::rate, *rate};
  return std::nullopt;
}

}  // namespace sim
