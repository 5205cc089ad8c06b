#include "sim/cli/round_trips.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/report/expectation.hpp"
#include "sim/scenario/ping_log.hpp"

namespace sim {
namespace {

constexpr const char* kOption = "--round-trips";

struct PairFile {
  std::string one, other, file;
};

// The law of a file's numbers: the file is named as seen from here, not from the scenario.
Json law_of(const std::string& file, double scale) {
  return {{"empirical", std::filesystem::absolute(file).lexically_normal().string()}, {"scale", scale}};
}

// The loss on one way; nothing if the file doesn't tell, or nothing was lost: the scenario's loss then
// stands.
std::optional<double> loss_in(const std::string& file) {
  const std::string text = read_text_file(file);
  if (!is_ping_log(text)) return std::nullopt;
  try {
    const double loss = read_ping_log(text).one_way_loss();
    return loss > 0 ? std::optional(loss) : std::nullopt;
  } catch (const PingError&) {
    return std::nullopt;  // the reader of the delays will report it
  }
}

// The ends of a network's links: replicas, named by numbers, and clients, which are placed in regions.
class Nodes {
 public:
  explicit Nodes(const Scenario& scenario) {
    const Json& json = scenario.canonical;
    replicas_ = json.at("replicas").get<std::size_t>();
    const Json& network = json.at("network");
    const auto delay = network.find("delay");
    if (delay != network.end() && delay->is_object() && delay->contains("place"))
      places_ = delay->at("place").get<std::vector<std::string>>();
    const bool own_law = network.contains("client") && network["client"].is_object();
    if (!places_.empty() && !own_law) clients_ = json.at("clients").at("count").get<std::size_t>();
  }

  bool knows(const std::string& name) const { return !named(name).empty(); }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < replicas_; ++i) all.push_back(std::to_string(i));
    for (const std::string& place : places_) {
      if (std::ranges::find(all, place) == all.end()) all.push_back(place);
    }
    return all;
  }

  /// The ends of this name, as a link's "from" and "to" write them.
  std::vector<Json> named(const std::string& name) const {
    std::size_t number = 0;
    const char* const last = name.data() + name.size();
    const bool digits =
        std::from_chars(name.data(), last, number) == std::from_chars_result{last, std::errc{}};
    if (digits && number < replicas_) return {Json(number)};
    std::vector<Json> nodes;
    const auto lies_there = [&](std::size_t i) {
      return !places_.empty() && places_[i % places_.size()] == name;
    };
    for (std::size_t i = 0; i < replicas_; ++i) {
      if (lies_there(i)) nodes.emplace_back(i);
    }
    for (std::size_t i = 0; i < clients_; ++i) {
      if (lies_there(i)) nodes.emplace_back(fmt::format("c{}", i));
    }
    return nodes;
  }

 private:
  std::size_t replicas_ = 0, clients_ = 0;
  std::vector<std::string> places_;
};

[[noreturn]] void refuse(const std::string& text, const std::string& pair, const Nodes& nodes) {
  std::string near;
  for (std::size_t dash = pair.find('-'); dash != pair.npos && near.empty();
       dash = pair.find('-', dash + 1)) {
    for (const std::string& name : {pair.substr(0, dash), pair.substr(dash + 1)}) {
      if (near.empty() && !nodes.knows(name)) near = nearest(name, nodes.names());
    }
  }
  throw InputError(
      {.file = kOption,
       .found = "found " + shown(text),
       .expected = fmt::format("FILE, or A-B=FILE with A and B two of {}", fmt::join(nodes.names(), ", ")),
       .nearest = near});
}

// A name of a region may hold a dash, too: where both halves are known, it is cut.
std::optional<PairFile> pair_of(const std::string& text, const Nodes& nodes) {
  const auto equals = text.find('=');
  if (equals == text.npos || std::filesystem::exists(text)) return std::nullopt;
  const std::string pair = text.substr(0, equals);
  std::optional<PairFile> found;
  for (std::size_t dash = pair.find('-'); dash != pair.npos; dash = pair.find('-', dash + 1)) {
    PairFile one{pair.substr(0, dash), pair.substr(dash + 1), text.substr(equals + 1)};
    if (nodes.knows(one.one) && nodes.knows(one.other) && !found) found = std::move(one);
  }
  if (!found) refuse(text, pair, nodes);
  return found;
}

void add_links(Point& changes, const PairFile& pair, const Nodes& nodes) {
  const Json law = law_of(pair.file, 0.5);
  const auto loss = loss_in(pair.file);
  const auto is_client = [](const Json& node) { return node.is_string(); };
  bool any = false;
  for (const Json& from : nodes.named(pair.one)) {
    for (const Json& to : nodes.named(pair.other)) {
      if (from == to || (is_client(from) && is_client(to))) continue;
      any = true;
      for (const auto& [a, b] : {std::pair(from, to), std::pair(to, from)}) {
        Json link{{"from", a}, {"to", b}, {"delay", law}};
        if (loss) link["loss"] = *loss;
        changes.emplace_back("/network/links/-", std::move(link));
      }
    }
  }
  if (any) return;
  throw InputError({.file = kOption,
                    .found = fmt::format("no link joins {} and {}", pair.one, pair.other),
                    .expected = "two replicas, or regions with at least one each"});
}

void set_whole(Point& changes, const std::string& file, double scale) {
  changes.emplace_back("/network/delay", law_of(file, scale));
  if (const auto loss = scale == 1 ? std::nullopt : loss_in(file))
    changes.emplace_back("/network/loss", *loss);
}

Scenario changed(const Scenario& scenario, const Point& changes) {
  Scenario other = changed_scenario(scenario.document, changes, scenario.file);
  check_expectations(other);
  return other;
}

}  // namespace

Scenario with_round_trips(Scenario scenario, const std::vector<std::string>& round_trips) {
  if (round_trips.empty()) return scenario;
  const Nodes nodes(scenario);
  Point changes, links;
  std::vector<std::pair<std::string, std::string>> seen;
  for (const std::string& text : round_trips) {
    const auto pair = pair_of(text, nodes);
    std::pair<std::string, std::string> ends;
    if (pair) ends = std::minmax({pair->one, pair->other});
    if (std::ranges::find(seen, ends) != seen.end())
      throw InputError({.file = kOption,
                        .found = "found " + shown(text) + ", a second file for the same",
                        .expected = "one file for each pair, and one for all others"});
    seen.push_back(ends);
    pair ? add_links(links, *pair, nodes) : set_whole(changes, text, 0.5);
  }
  changes.insert(changes.end(), links.begin(), links.end());
  return changed(scenario, changes);
}

Scenario with_delays(Scenario scenario, const std::string& file) {
  if (file.empty()) return scenario;
  Point changes;
  set_whole(changes, file, 1);
  return changed(scenario, changes);
}

}  // namespace sim
