#include "sim/history/reading_options.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sim {
namespace {

constexpr std::array<std::pair<std::string_view, HistoryFormat>, 8> kFormats{
    {{"auto", HistoryFormat::automatic},
     {"jsonl", HistoryFormat::jsonl},
     {"json", HistoryFormat::json},
     {"edn", HistoryFormat::edn},
     {"log", HistoryFormat::log},
     {"txt", HistoryFormat::txt},
     {"etcd", HistoryFormat::etcd},
     {"kv", HistoryFormat::kv}}};

}  // namespace

std::optional<HistoryFormat> format_from_name(std::string_view name) {
  const auto* at = std::ranges::find(kFormats, name, [](const auto& entry) { return entry.first; });
  return at == kFormats.end() ? std::nullopt : std::optional(at->second);
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const auto& [name, format] : kFormats) names.emplace_back(name);
  return names;
}

}  // namespace sim
