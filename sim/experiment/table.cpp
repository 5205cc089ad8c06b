#include "sim/experiment/table.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace sim {

constexpr std::size_t kGap = 2;  // between two columns

Json json_of(const Estimate& e) {
  const auto finite = [](double x) { return std::isfinite(x) ? Json(x) : Json(); };
  return {{"value", finite(e.value)}, {"low", finite(e.low)}, {"high", finite(e.high)}};
}

std::vector<std::string> keys_of(const std::vector<Json>& points) {
  std::vector<std::string> keys;
  for (const Json& point : points) {
    for (const auto& [key, value] : point.items()) {
      if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
    }
  }
  return keys;
}

std::string cell_of(const Json& point, const std::string& key) {
  if (!point.contains(key)) return {};
  const Json& value = point.at(key);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

namespace {

using Columns = std::vector<std::size_t>;

// The columns that stand beside each other: all, unless that is too wide.
std::vector<Columns> blocks_of(const std::vector<std::size_t>& widths, std::size_t width, std::size_t names) {
  const auto added = [&](const Columns& block, std::size_t column) {
    return widths[column] + (block.empty() ? 0 : kGap);
  };
  Columns first;
  std::size_t of_names = 0;
  for (std::size_t i = 0; i < names && i < widths.size(); ++i) {
    of_names += added(first, i);
    first.push_back(i);
  }
  std::vector<Columns> blocks{first};
  std::size_t used = of_names;
  for (std::size_t i = first.size(); i < widths.size(); ++i) {
    const bool full =
        width > 0 && used + added(blocks.back(), i) > width && blocks.back().size() > first.size();
    if (full) {
      blocks.push_back(first);
      used = of_names;
    }
    used += added(blocks.back(), i);
    blocks.back().push_back(i);
  }
  return blocks;
}

}  // namespace

std::string aligned(const std::vector<std::vector<std::string>>& rows, std::size_t width, std::size_t names) {
  constexpr std::size_t kWidest = 60;  // a longer name would push the numbers off the screen
  std::vector<std::vector<std::string>> cells = rows;
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (auto& row : cells) {
    const auto used =
        static_cast<std::size_t>(row.rend() - std::ranges::find_if(row.rbegin(), row.rend(),
                                                                   [](const auto& c) { return !c.empty(); }));
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = i + 1 == used ? printable(row[i]) : shortened(printable(row[i]), kWidest);
      widths[i] = std::max(widths[i], columns_of(row[i]));
    }
  }
  std::string out;
  for (const Columns& block : blocks_of(widths, width, names)) {
    if (!out.empty()) out += '\n';
    for (const auto& row : cells) {
      std::string line;
      for (const std::size_t i : block) {
        const std::string blank(widths[i] - columns_of(row[i]), ' ');
        line += i == 0 ? row[i] + blank : std::string(kGap, ' ') + blank + row[i];
      }
      out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
  }
  return out;
}

std::string csv_number(double x) { return std::isfinite(x) ? fmt::format("{}", x) : std::string(); }

}  // namespace sim
