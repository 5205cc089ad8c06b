// A delay law as a scenario writes it: one of several forms, two of which take their numbers from a file.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/network/delay_law.hpp"
#include "sim/scenario/document_fields.hpp"

namespace sim {

/// The places of nodes, and how long a message takes between places.
struct Regions {
  std::string file{};                            ///< A table of round trips in ms: row = from, column = to.
  std::vector<std::string> places{};             ///< Of node 0, 1, ...; then from the start again.
  std::vector<std::size_t> numbers{};            ///< Of each of `places`: equal names have one number.
  std::vector<std::vector<Duration>> one_way{};  ///< Half the round trip, by these numbers.
  bool used() const { return !file.empty(); }
};

struct DelaySpec {
  DelayLaw law{};         ///< With regions: added to the delay between two places.
  std::string samples{};  ///< File of an empirical law, as the scenario names it.
  double scale = 1;       ///< Factor for each of its numbers.
  Regions regions{};
};

/// Whether the text under this key of a delay is the name of a file beside the scenario.
bool names_delay_file(std::string_view key);

/// The law between two nodes: with regions it depends on where they are.
DelayLaw law_between(const DelaySpec& spec, std::size_t from, std::size_t to);

/// The forms by name, for `list` and the schema.
struct NamedThing {
  std::string_view name;
  std::string_view about;
  std::string_view example = {};  ///< As a scenario writes it.
};
std::vector<NamedThing> delay_forms();

template <> struct JsonValue<DelaySpec> {
  static void read(DelaySpec& value, const Json& json, const Place& place);
  static Json write(const DelaySpec& value, Context& context);
  static Json schema() { return {{"$ref", "#/$defs/delay_law"}}; }
  /// The definition that `schema` refers to.
  static Json definition();
};

}  // namespace sim
