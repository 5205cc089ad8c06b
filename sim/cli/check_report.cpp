#include "sim/cli/check_report.hpp"

#include <charconv>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/history/write_history.hpp"
#include "sim/kernel/printable.hpp"

namespace sim {
namespace {

// "stale-reads" as words.
std::string in_words(FaultKind kind) {
  switch (kind) {
    case FaultKind::stale_reads: return "stale reads would explain it";
    case FaultKind::lost_updates: return "lost updates would explain it";
    case FaultKind::neither: return "neither stale reads nor lost updates explain it";
    case FaultKind::undecided: break;
  }
  return "the kind of fault is undecided";
}

std::string until(const History& history, const Explanation& why) {
  const Time end = history.operations[why.contradiction.prefix_end].ret;
  if (history.times_are_lines) return fmt::format("line {}", end.time_since_epoch().count());
  return in_milliseconds(end);
}

// The operation with this answer, as a line of a history has it.
nlohmann::ordered_json answer_of(Operation operation, const Value& answer) {
  operation.output = answer;
  const auto json = nlohmann::ordered_json::parse(jsonl_line(operation));
  return json.contains("output") ? json["output"] : nullptr;
}

nlohmann::ordered_json to_json(const History& history, const DeadEnd& end) {
  nlohmann::ordered_json json{
      {"operation", end.operation}, {"answered_before", end.answered_before}, {"open", end.open}};
  if (end.order.empty()) return json;
  json["nearest_order"] = end.order;
  json["nearest_answer"] = answer_of(history.operations[end.operation], end.answer);
  return json;
}

}  // namespace

void name_values(std::string& story, const Names& names) {
  const bool none = names.values.empty() && names.keys.empty() && names.clients.empty();
  if (none) return;
  std::string named;
  for (std::size_t i = 0; i < story.size();) {
    const bool negative = story[i] == '-';
    const std::size_t digits = i + (negative ? 1 : 0);
    std::size_t end = digits;
    while (end < story.size() && story[end] >= '0' && story[end] <= '9') ++end;
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(story.data() + i, story.data() + end, number);
    if (end == digits || error != std::errc{} || stop != story.data() + end) {
      named += story[i++];
      continue;
    }
    const bool client = named.ends_with("client ") && number >= 0 && number <= 65'535;
    const bool key =
        named.ends_with("key ") && number >= 0 && number <= std::numeric_limits<std::uint32_t>::max();
    if (client) {
      named += std::to_string(names.client(static_cast<std::uint16_t>(number)));
    } else {
      named += key ? names.key(static_cast<std::uint32_t>(number)) : names.value(number);
    }
    i = end;
  }
  story = std::move(named);
}

void add_explanation(nlohmann::ordered_json& json, const History& history, const Explanation& why) {
  constexpr std::size_t most = 1000;  // a contradiction that nobody had time to make smaller
  const Contradiction& found = why.contradiction;
  json["prefix"] = {{"operations", why.prefix_operations},
                    {"last", found.prefix_end},
                    {"until", history.operations[found.prefix_end].ret.time_since_epoch().count()},
                    {"shortest", found.prefix_is_shortest}};
  if (why.kind) json["classification"] = std::string(fault_kind_name(*why.kind));
  json["witness_is_minimal"] = found.witness_is_minimal;
  json["witness_is_smallest"] = found.witness_is_smallest;
  if (why.dead_end) json["dead_end"] = to_json(history, *why.dead_end);
  if (found.witness.size() > most) return;
  auto operations = nlohmann::ordered_json::array();
  for (const std::size_t i : found.witness) {
    auto operation = nlohmann::ordered_json::parse(jsonl_line(history.operations[i], history.names));
    operation["index"] = i;
    operations.push_back(std::move(operation));
  }
  json["witness_operations"] = std::move(operations);
}

std::string explanation_text(const History& history, const Explanation& why) {
  const std::string kind = why.kind ? "; " + in_words(*why.kind) : std::string();
  const bool minimal = why.contradiction.witness_is_minimal;
  return fmt::format(" ({}the first {} operations, until {}{}{})",
                     why.contradiction.prefix_is_shortest ? "" : "no later than ", why.prefix_operations,
                     until(history, why), minimal ? "" : "; a smaller contradiction may exist", kind);
}

nlohmann::ordered_json to_json(const std::vector<OrderedOperation>& order) {
  auto json = nlohmann::ordered_json::array();
  for (const auto& [index, at] : order) {
    json.push_back({{"operation", index}, {"at", at.time_since_epoch().count()}});
  }
  return json;
}

}  // namespace sim
