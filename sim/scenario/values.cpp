// How the plain values of a document are read and written.
#include <utility>

#include <fmt/format.h>

#include "sim/scenario/document_fields.hpp"
#include "sim/scenario/units.hpp"

namespace sim {

void Place::unexpected(const Json& found, std::string expected, std::string nearest) const {
  fail("found " + shown(found), std::move(expected), std::move(nearest));
}

void Place::fail(std::string found, std::string expected, std::string nearest) const {
  throw InputError({.file = context_->file,
                    .pointer = pointer_,
                    .found = std::move(found),
                    .expected = std::move(expected),
                    .nearest = std::move(nearest)});
}

void JsonValue<std::string>::read(std::string& value, const Json& json, const Place& place) {
  if (!json.is_string()) place.unexpected(json, "a text");
  value = json.get<std::string>();
}

Duration read_duration(const Json& json, const Place& place, DurationRange range) {
  const auto parsed = json.is_string() ? parse_duration(json.get_ref<const std::string&>()) : std::nullopt;
  if (!parsed) {
    const std::string example = json.is_number_unsigned() ? fmt::format("{}ms", json.dump()) : "500ms";
    place.unexpected(json, fmt::format("a duration with a unit such as \"{}\"", example));
  }
  if (*parsed < range.min || *parsed > range.max) {
    const Duration near = *parsed < range.min ? range.min : range.max;
    place.unexpected(json,
                     fmt::format("a duration from \"{}\" to \"{}\"", to_text(range.min), to_text(range.max)),
                     to_text(near));
  }
  return *parsed;
}

void JsonValue<Duration>::read(Duration& value, const Json& json, const Place& place) {
  value = read_duration(json, place, {});
}

Json JsonValue<Duration>::write(const Duration& value, Context&) { return to_text(value); }

// JSON Schema has no range for texts: the description states it, and so do keys that validators pass over.
Json schema_of(DurationRange range) {
  const std::string_view sign = range.min < 0ns ? "-?" : "";
  return {{"type", "string"},
          {"pattern", fmt::format("^{}[0-9]+(\\.[0-9]+)?(ns|us|ms|s|min|h)$", sign)},
          {"x-minimum", to_text(range.min)},
          {"x-maximum", to_text(range.max)},
          {"examples", {"15ms", "1.5s"}}};
}

Json JsonValue<Duration>::schema() { return schema_of({}); }

void JsonValue<std::uint64_t>::read(std::uint64_t& value, const Json& json, const Place& place) {
  if (!json.is_number_unsigned())
    place.unexpected(json, fmt::format("a whole number from 0 to {}", UINT64_MAX));
  value = json.get<std::uint64_t>();
}

constexpr double kSlowestRate = 1e-7, kFastestRate = 1e9;

void JsonValue<Rate>::read(Rate& value, const Json& json, const Place& place) {
  const auto parsed = json.is_string() ? parse_rate(json.get_ref<const std::string&>()) : std::nullopt;
  if (!parsed) {
    const std::string example = json.is_number_unsigned() ? fmt::format("{}/s", json.dump()) : "50/s";
    place.unexpected(json, fmt::format("a rate above 0 with a unit such as \"{}\" or \"6/min\"", example));
  }
  if (*parsed < kSlowestRate || *parsed > kFastestRate)
    place.unexpected(json, fmt::format("a rate from \"{}/s\" to \"{}/s\"", kSlowestRate, kFastestRate));
  value.per_second = *parsed;
}

Json JsonValue<Rate>::write(const Rate& value, Context&) { return rate_text(value.per_second); }

Json JsonValue<Rate>::schema() {
  return {{"type", "string"},
          {"pattern", "^[0-9.e+-]+/(s|min|h)$"},
          {"x-minimum", rate_text(kSlowestRate)},
          {"x-maximum", rate_text(kFastestRate)},
          {"examples", {"50/s", "6/min"}}};
}

}  // namespace sim
