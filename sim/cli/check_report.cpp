#include "sim/cli/check_report.hpp"

#include <fmt/format.h>

#include <string_view>

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
  return "what would explain it is undecided";
}

std::string until(const History& history, const Explanation& why) {
  const auto ns = history.operations[why.prefix_end].ret.time_since_epoch().count();
  if (history.times_are_lines) return fmt::format("line {}", ns);
  if (ns >= 100'000) return fmt::format("{}.{} ms", ns / 1'000'000, ns / 100'000 % 10);
  return fmt::format("{} ns", ns);
}

}  // namespace

std::optional<Explanation> explain(const History& history, Model model, const Value& initial,
                                   LinearizabilityResult& result, const std::function<bool()>& out_of_time) {
  if (result.verdict != Verdict::violation || result.witness.empty()) return std::nullopt;
  const TimeUnit unit = history.times_are_lines ? TimeUnit::lines : TimeUnit::nanoseconds;
  Explanation why =
      explain_violation(history.operations, model, initial, result, unit, 6'000'000, out_of_time);
  result.witness = why.witness;
  result.story = why.story;
  return why;
}

void add_explanation(nlohmann::ordered_json& json, const History& history, const Explanation& why) {
  json["prefix"] = {{"operations", why.prefix_operations},
                    {"last", why.prefix_end},
                    {"until", history.operations[why.prefix_end].ret.time_since_epoch().count()},
                    {"shortest", why.prefix_is_shortest}};
  if (why.kind) json["classification"] = std::string(fault_kind_name(*why.kind));
  json["witness_is_smallest"] = why.witness_is_smallest;
  auto operations = nlohmann::ordered_json::array();
  for (const std::size_t i : why.witness) {
    auto operation = nlohmann::ordered_json::parse(jsonl_line(history.operations[i]));
    operation["index"] = i;
    operations.push_back(std::move(operation));
  }
  json["witness_operations"] = std::move(operations);
}

std::string explanation_text(const History& history, const Explanation& why) {
  const std::string kind = why.kind ? "; " + in_words(*why.kind) : std::string();
  return fmt::format(" ({}the first {} operations, until {}{})",
                     why.prefix_is_shortest ? "" : "no later than ", why.prefix_operations,
                     until(history, why), kind);
}

nlohmann::ordered_json to_json(const std::vector<OrderedOperation>& order) {
  auto json = nlohmann::ordered_json::array();
  for (const auto& [index, at] : order) {
    json.push_back({{"operation", index}, {"at", at.time_since_epoch().count()}});
  }
  return json;
}

}  // namespace sim
