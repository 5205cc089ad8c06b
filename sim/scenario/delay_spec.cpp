#include "sim/scenario/delay_spec.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sim/scenario/ping_log.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

constexpr DurationRange kDelay{0ns, DelayLaw::kLongest};
constexpr DurationRange kPositive{1ns, DelayLaw::kLongest};

// Two bounds, as a list.
struct Bounds {
  Duration min{}, max{};
};

}  // namespace

template <> struct JsonValue<Bounds> {
  static void read(Bounds& value, const Json& json, const Place& place) {
    std::vector<Duration> both;
    JsonValue<std::vector<Duration>>::read(both, json, place);
    if (both.size() != 2 || both[0] > both[1]) {
      place.unexpected(json, "two durations in ascending order");
    }
    value = {both[0], both[1]};
  }
  static Json write(const Bounds& value, Context&) { return {to_text(value.min), to_text(value.max)}; }
  static Json schema() {
    Json schema = JsonValue<std::vector<Duration>>::schema();
    schema["minItems"] = schema["maxItems"] = 2;
    return schema;
  }
};

namespace {

void describe_constant(DocumentFields& f, DelaySpec& s) {
  f.required().duration("constant", s.law.min, kDelay, "every message takes this long");
}
void describe_uniform(DocumentFields& f, DelaySpec& s) {
  Bounds bounds{s.law.min, s.law.max};
  f.required().value("uniform", bounds, "uniformly distributed between the two, both included");
  s.law.min = bounds.min;
  s.law.max = bounds.max;
}
void describe_exponential(DocumentFields& f, DelaySpec& s) {
  f.required().duration("exponential", s.law.mean, kPositive, "mean of the exponential part");
  f.duration("min", s.law.min, kDelay, "added to each delay; no message is faster");
}

void describe_normal(DocumentFields& f, DelaySpec& s) {
  const auto normal = [&](DocumentFields& g) {
    g.required().duration("mean", s.law.mean, kDelay, "mean");
    g.required().duration("deviation", s.law.spread, kDelay, "standard deviation");
    g.duration("min", s.law.min, kDelay, "shortest delay; smaller draws are raised to it");
  };
  f.required().object("normal", normal, "a normal distribution");
}
void describe_lognormal(DocumentFields& f, DelaySpec& s) {
  const auto lognormal = [&](DocumentFields& g) {
    g.required().duration("median", s.law.mean, kPositive, "median of the lognormal part");
    g.required().number("sigma", s.law.shape, {0, 10}, "standard deviation of the delay's logarithm");
    g.duration("min", s.law.min, kDelay, "added to each delay; no message is faster");
  };
  f.required().object("lognormal", lognormal, "a lognormal distribution");
}
void describe_pareto(DocumentFields& f, DelaySpec& s) {
  const auto pareto = [&](DocumentFields& g) {
    g.required().duration("scale", s.law.mean, kPositive, "the shortest delay");
    g.required().number("shape", s.law.shape, {0.1, 100}, "tail index; a smaller one gives a heavier tail");
  };
  f.required().object("pareto", pareto, "a Pareto distribution");
}
// The keys that name files.
constexpr std::string_view kSamplesKey = "empirical";
constexpr std::string_view kRegionsKey = "regions";

void describe_empirical(DocumentFields& f, DelaySpec& s) {
  f.required().value(
      kSamplesKey, s.samples,
      "a file with one measured delay in ms per line, or the output of ping; all delays are equally likely");
  f.number("scale", s.scale, {1e-6, 1e6}, "multiplies each delay; 0.5 turns a round trip into one way");
}
void describe_regions(DocumentFields& f, DelaySpec& s) {
  f.required().value(kRegionsKey, s.regions.file,
                     "a CSV table of round trips in ms: row = from, column = to");
  f.required().value("place", s.regions.places,
                     "the regions of nodes 0, 1, ...; repeated if there are more nodes");
  DelaySpec jitter{.law = s.law, .samples = s.samples, .scale = s.scale};
  f.value("jitter", jitter, "added to half the round trip; any law but pareto and regions");
  s.law = jitter.law;
  s.samples = jitter.samples;
  s.scale = jitter.scale;
}

struct DelayForm {
  NamedThing named;
  void (*describe)(DocumentFields&, DelaySpec&);
};
// In the order of DelayLaw::Kind, then regions.
constexpr std::array<DelayForm, 8> kDelayForms{{
    {{"constant", "the same for every message"}, describe_constant},
    {{"uniform", "between two bounds"}, describe_uniform},
    {{"exponential", "exponential, above a minimum"}, describe_exponential},
    {{"normal", "normal, cut off below"}, describe_normal},
    {{"lognormal", "skewed, like round trips in data centres"}, describe_lognormal},
    {{"pareto", "heavy tail"}, describe_pareto},
    {{"empirical", "measured delays from a file"}, describe_empirical},
    {{"regions", "half the round trip between two places, from a table"}, describe_regions},
}};

const DelayForm& form_of(const DelaySpec& spec) {
  return spec.regions.used() ? kDelayForms.back() : kDelayForms[static_cast<std::size_t>(spec.law.kind)];
}

// A file named in a scenario lies beside it.
std::string text_beside(const Place& place, const std::string& name) {
  const auto path = std::filesystem::path(place.context().file).parent_path() / name;
  try {
    return read_text_file(path);
  } catch (const InputError& e) {
    place.fail(e.what());
  }
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t end; (end = text.find(separator)) != std::string_view::npos; text.remove_prefix(end + 1)) {
    parts.push_back(trimmed(text.substr(0, end)));
  }
  parts.push_back(trimmed(text));
  return parts;
}

std::optional<Duration> milliseconds(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!(value >= 0 && value <= 86'400'000)) return std::nullopt;
  return Duration{static_cast<std::int64_t>(value * 1e6 + 0.5)};
}

Duration scaled(Duration delay, double by) {
  if (by == 1) return delay;
  const double ns = static_cast<double>(delay.count()) * by + 0.5;
  if (ns >= static_cast<double>(DelayLaw::kLongest.count())) return DelayLaw::kLongest;
  return Duration{static_cast<std::int64_t>(ns)};
}

// A list of numbers, one a line.
std::vector<Duration> numbers_of(std::string_view text, const std::string& file, const Place& place) {
  std::vector<Duration> numbers;
  std::size_t line = 0;
  for (const auto word : split(text, '\n')) {
    ++line;
    if (word.empty() || word.front() == '#') continue;
    const auto delay = milliseconds(word);
    if (!delay) {
      place.fail(fmt::format("{}, line {}: found {}", file, line, shown(Json(std::string(word)))),
                 "a number of milliseconds, or what ping prints");
    }
    numbers.push_back(*delay);
  }
  if (numbers.empty()) place.fail(file + " contains no numbers");
  return numbers;
}

std::vector<Duration> round_trips_of(std::string_view text, const std::string& file, const Place& place) {
  try {
    const PingLog log = read_ping_log(text);
    if (log.round_trips.empty()) place.fail(file + " contains no answered ping");
    return log.round_trips;
  } catch (const PingError& e) {
    place.fail(fmt::format("{}, line {}: found {}", file, e.line, shown(Json(e.found))), e.expected);
  }
}

void load_samples(DelaySpec& spec, const Place& place) {
  const std::string text = text_beside(place, spec.samples);
  spec.law.samples =
      is_ping_log(text) ? round_trips_of(text, spec.samples, place) : numbers_of(text, spec.samples, place);
  for (Duration& sample : spec.law.samples) sample = scaled(sample, spec.scale);
}

using Rows = std::vector<std::vector<std::string_view>>;

Duration half_round_trip(const Rows& rows, const Regions& regions, std::size_t row, std::size_t column,
                         const Place& place) {
  const auto full = column < rows[row].size() ? milliseconds(rows[row][column]) : std::nullopt;
  if (!full) {
    place.fail(fmt::format("{}, line {}, column {}: not a number of milliseconds", regions.file, row + 1,
                           column + 1));
  }
  return *full / 2;
}

[[noreturn]] void refuse_place(const std::string& name, const Rows& rows, const Place& place) {
  std::vector<std::string> known;
  for (std::size_t i = 1; i < rows.size(); ++i) known.emplace_back(rows[i][0]);
  place.unexpected(name, fmt::format("one of {}", fmt::join(known, ", ")), nearest(name, known));
}

void load_regions(Regions& regions, const Place& place) {
  const std::string text = text_beside(place / "regions", regions.file);
  Rows rows;
  for (const auto line : split(text, '\n')) {
    if (!line.empty()) rows.push_back(split(line, ','));
  }
  if (rows.size() < 2) (place / "regions").fail(regions.file + " contains no table");
  if (regions.places.empty()) (place / "place").fail("names no region");
  const auto at = [](std::string_view name, std::size_t place_in_list) {
    return std::pair(std::string(name), place_in_list);
  };
  std::map<std::string, std::size_t> row_of, column_of, number_of;  // by name; of several, the first counts
  for (std::size_t i = 1; i < rows.size(); ++i) row_of.insert(at(rows[i][0], i));
  for (std::size_t i = 0; i < rows[0].size(); ++i) column_of.insert(at(rows[0][i], i));
  std::vector<std::string> names;  // by number
  regions.numbers.clear();
  for (std::size_t i = 0; i < regions.places.size(); ++i) {
    const std::string& name = regions.places[i];
    const auto [number, is_new] = number_of.insert({name, names.size()});
    regions.numbers.push_back(number->second);
    if (!is_new) continue;
    names.push_back(name);
    if (!row_of.contains(name)) refuse_place(name, rows, place / "place" / i);
    if (!column_of.contains(name)) (place / "place" / i).fail(regions.file + " has no column of that name");
  }
  regions.one_way.assign(names.size(), {});
  for (std::size_t from = 0; from < names.size(); ++from) {
    for (const std::string& to : names) {
      regions.one_way[from].push_back(
          half_round_trip(rows, regions, row_of[names[from]], column_of[to], place / "regions"));
    }
  }
}

}  // namespace

DelayLaw law_between(const DelaySpec& spec, std::size_t from, std::size_t to) {
  DelayLaw law = spec.law;
  if (!spec.regions.used()) return law;
  const auto& numbers = spec.regions.numbers;
  const Duration way = spec.regions.one_way[numbers[from % numbers.size()]][numbers[to % numbers.size()]];
  law.min += way;
  if (law.kind == DelayLaw::Kind::uniform) law.max += way;
  if (law.kind == DelayLaw::Kind::normal) law.mean += way;
  for (auto& sample : law.samples) sample += way;
  return law;
}

bool names_delay_file(std::string_view key) { return key == kSamplesKey || key == kRegionsKey; }

std::vector<NamedThing> delay_forms() {
  std::vector<NamedThing> all;
  for (const auto& form : kDelayForms) all.push_back(form.named);
  return all;
}

void JsonValue<DelaySpec>::read(DelaySpec& value, const Json& json, const Place& place) {
  DelaySpec spec;
  if (json.is_string()) {
    spec.law.min = read_duration(json, place, kDelay);
    value = std::move(spec);
    return;
  }
  if (!json.is_object()) place.unexpected(json, "a delay law such as \"2ms\" or {\"exponential\": \"2ms\"}");
  const auto form =
      std::ranges::find_if(kDelayForms, [&](const DelayForm& f) { return json.contains(f.named.name); });
  if (form == kDelayForms.end()) {
    std::vector<std::string> names;
    for (const auto& f : kDelayForms) names.emplace_back(f.named.name);
    const std::string near = json.empty() ? "" : nearest(json.begin().key(), names);
    place.unexpected(json, fmt::format("one of the delay laws {}", fmt::join(names, ", ")), near);
  }
  const auto index = static_cast<std::size_t>(form - kDelayForms.begin());
  const bool regions = index + 1 == kDelayForms.size();
  if (!regions) spec.law.kind = static_cast<DelayLaw::Kind>(index);
  read_object(json, place, [&](DocumentFields& f) { form->describe(f, spec); });
  if (regions) {
    if (spec.regions.file.empty()) (place / "regions").fail("found \"\"", "the name of a file");
    if (spec.law.kind == DelayLaw::Kind::pareto)
      (place / "jitter").fail("a Pareto law can't be added to a delay");
    load_regions(spec.regions, place);
  } else if (spec.law.kind == DelayLaw::Kind::empirical) {
    load_samples(spec, place / "empirical");
  }
  value = std::move(spec);
}

Json JsonValue<DelaySpec>::write(const DelaySpec& value, Context& context) {
  DelaySpec copy = value;
  return write_object(context, [&](DocumentFields& f) { form_of(value).describe(f, copy); });
}

Json JsonValue<DelaySpec>::definition() {
  Json forms = Json::array({JsonValue<Duration>::schema()});
  for (const auto& form : kDelayForms) {
    DelaySpec spec;
    forms.push_back(schema_of_object([&](DocumentFields& f) { form.describe(f, spec); }));
  }
  return {{"description", "one-way delay of a message, or the time that a write to disk takes"},
          {"anyOf", std::move(forms)}};
}

}  // namespace sim
