#include "tests/soak/mutated.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "sim/experiment/run.hpp"
#include "sim/report/result_json.hpp"
#include "sim/report/run_text.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/soak/drawing.hpp"

namespace soak {

using sim::Json;

namespace {

using Pointer = Json::json_pointer;

constexpr std::int64_t kMostEvents = 100'000;

// What breaks readers: the edges of numbers and times, other types, texts that are no texts.
const std::vector<Json>& odd_values() {
  static const std::vector<Json> values{0,
                                        1,
                                        -1,
                                        2,
                                        3,
                                        7,
                                        64,
                                        65536,
                                        4294967296,
                                        INT64_MAX,
                                        INT64_MIN,
                                        UINT64_MAX,
                                        0.5,
                                        1.0,
                                        1.5,
                                        -0.0,
                                        1e-9,
                                        1e308,
                                        "0s",
                                        "1ns",
                                        "-1ns",
                                        "-5s",
                                        "1ms",
                                        "20ms",
                                        "1s",
                                        "1h",
                                        "9223372036854775807ns",
                                        "1e3ms",
                                        "0.1ns",
                                        "9999999999h",
                                        "1/s",
                                        "1e9/s",
                                        "0/s",
                                        "",
                                        "primary",
                                        "any",
                                        "crashed",
                                        "others",
                                        "*",
                                        "c0",
                                        "none",
                                        "true",
                                        "\n",
                                        "\x1b[31m",
                                        "=1+1",
                                        "raft",
                                        true,
                                        false,
                                        nullptr,
                                        Json::array(),
                                        Json::object(),
                                        {0},
                                        {{0}, {1}},
                                        {0, 0},
                                        {"a", "b"}};
  return values;
}

void places_of(const Json& value, const Pointer& at, std::vector<Pointer>& places) {
  if (!at.empty()) places.push_back(at);
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items()) places_of(inner, at / key, places);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) places_of(value[i], at / i, places);
  }
}

std::vector<Pointer> places_of(const Json& document) {
  std::vector<Pointer> places;
  places_of(document, Pointer(), places);
  return places;
}

void stretch(Drawing& draw, Json& value) {
  if (value.is_number_integer()) value = value.get<std::int64_t>() + draw.between(-2, 2);
  if (value.is_number_float()) value = value.get<double>() * static_cast<double>(draw.between(0, 4)) / 2;
  if (value.is_string()) value = fmt::format("{}{}", draw.between(1, 9), value.get<std::string>());
}

void change(Drawing& draw, Json& document, const Json& other) {
  const auto places = places_of(document);
  const Pointer place = draw.one_of(places);
  Json& parent = document[place.parent_pointer()];
  switch (draw.between(0, 5)) {
    case 0:
    case 1: document[place] = draw.one_of(odd_values()); break;
    case 2: stretch(draw, document[place]); break;
    case 3:  // gone
      if (parent.is_object()) parent.erase(place.back());
      if (parent.is_array()) parent.erase(std::stoul(place.back()));
      break;
    case 4:  // twice, or under another name
      if (parent.is_array()) parent.push_back(Json(document[place]));
      if (parent.is_object()) parent[place.back() + "x"] = Json(document[place]);
      break;
    default: {  // what another scenario has anywhere
      const auto elsewhere = places_of(other);
      document[place] = other[draw.one_of(elsewhere)];
    }
  }
}

// A fifth of the run at most, and no more events than a test has time for.
void keep_short(Json& document) {
  if (!document.is_object()) return;
  document["max_events"] = kMostEvents;
  document.erase("sweep");
}

bool is_one_clear_line(const sim::InputError& e) {
  const std::string_view what = e.what();
  const bool printable =
      std::ranges::all_of(what, [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
  return printable && what.find("json.exception") == std::string_view::npos && !e.details.found.empty();
}

std::string trouble_in_run(const sim::Scenario& scenario, const std::string& file) {
  const auto r = sim::run_once(scenario, scenario.seed);
  static_cast<void>(sim::to_json(r).dump());
  static_cast<void>(sim::run_text(scenario, r));
  if (sim::run_for_sweep(scenario, scenario.seed).digest != r.digest) return "another digest the second time";
  const auto canonical = sim::read_scenario(scenario.canonical, file);
  if (sim::run_for_sweep(canonical, scenario.seed).digest != r.digest)
    return "another digest when written out";
  const auto saved = sim::read_scenario(sim::explicit_scenario(scenario, scenario.seed, file), file);
  if (sim::run_for_sweep(saved, scenario.seed).digest != r.digest)
    return "another digest when saved and replayed";
  return {};
}

}  // namespace

std::vector<Shipped> shipped_scenarios(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const auto& path = entry.path();
    if (path.extension() == ".json") files.push_back(path.string());
  }
  std::ranges::sort(files);
  std::vector<Shipped> all;
  for (auto& file : files) {
    Json document = sim::load_scenario_document(file);
    if (document.is_object() && document.contains("protocol"))
      all.push_back({std::move(file), std::move(document)});
  }
  return all;
}

Mutant mutant(const std::vector<Shipped>& shipped, std::uint64_t number) {
  Drawing draw(number, "mutant");
  const Shipped& one = draw.one_of(shipped);
  const Shipped& other = draw.one_of(shipped);
  Json document = one.document;
  document.erase("sweep");
  const auto changes = draw.between(1, 3);
  for (std::int64_t i = 0; i < changes && document.is_structured() && !document.empty(); ++i)
    change(draw, document, other.document);
  keep_short(document);
  return {one.file, std::move(document)};
}

std::string trouble_with(const Mutant& mutant) {
  try {
    const auto text = mutant.document.dump(-1, ' ', false, Json::error_handler_t::replace);
    const auto scenario = sim::read_scenario(sim::parse_json(text, mutant.file), mutant.file);
    return trouble_in_run(scenario, mutant.file);
  } catch (const sim::InputError& e) {
    return is_one_clear_line(e) ? "" : fmt::format("a message that is none: {}", e.what());
  } catch (const std::exception& e) {
    return fmt::format("an exception that should be a message: {}", e.what());
  }
}

}  // namespace soak
