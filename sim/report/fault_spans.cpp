#include "sim/report/fault_spans.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace sim {
namespace {

constexpr std::array<std::string_view, 4> kOfTheNetwork{"partition", "overlap", "cut", "network"};

}  // namespace

void FaultSpans::take(std::string_view line) {
  if (line.find(R"("e":"fault")") == std::string_view::npos) return;
  const auto json = nlohmann::json::parse(line);
  const auto what = json.at("what").get<std::string>();
  const Time at{Duration{json.at("t").get<std::int64_t>()}};
  const auto node =
      json.contains("node") ? std::optional(json.at("node").get<std::uint64_t>()) : std::nullopt;
  if (what == "restart") return end("crash", node, at);
  if (what == "resume") return end("pause", node, at);
  if (what == "reconfigure" || what == "transfer") return;  // an operator's order, no fault
  if (what == "heal" || what == "settle") {
    for (const std::string_view network : kOfTheNetwork) end(network, std::nullopt, at);
    return;
  }
  HistoryFault fault{.what = what, .from = at};
  if (json.contains("until")) fault.until = Time{Duration{json.at("until").get<std::int64_t>()}};
  fault.text = json.value("text", std::string());
  spans_.push_back({std::move(fault), node});
}

void FaultSpans::end(std::string_view what, std::optional<std::uint64_t> node, Time at) {
  for (Span& span : spans_) {
    if (span.fault.what == what && span.node == node && span.fault.until > at) span.fault.until = at;
  }
}

std::vector<HistoryFault> FaultSpans::spans() const {
  std::vector<HistoryFault> faults;
  for (const Span& span : spans_) faults.push_back(span.fault);
  return faults;
}

}  // namespace sim
