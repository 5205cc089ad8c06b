// A sweep's summary as a table for people, for spreadsheets, and as JSON.
#include <algorithm>

#include <fmt/format.h>

#include "sim/experiment/sweep/summary.hpp"
#include "sim/experiment/table.hpp"
#include "sim/report/plain_numbers.hpp"

namespace sim {

namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string shown(const std::optional<Estimate>& e, const Measure& measure) {
  if (!e) return "-";
  const bool percent = measure.unit.starts_with("of ");
  if (percent) return percent_interval_text(e->value, e->low, e->high);
  const double second = measure.unit == "s" ? 1 : measure.unit == "ms" ? 1e-3 : 0;
  if (second == 0) return interval_text(e->value, e->low, e->high);
  return time_interval_text(second * e->value, second * e->low, second * e->high);
}

bool has_data(const SweepSummary& s, std::string_view measure) {
  return std::ranges::any_of(s.summaries, [&](const PointSummary& summary) {
    return summary.estimates()[measure_index(measure)].has_value();
  });
}

// Whether it happened in any run at any point.
bool happened(const SweepSummary& s, std::string_view measure) {
  return std::ranges::any_of(s.summaries, [&](const PointSummary& summary) {
    const auto estimate = summary.estimates()[measure_index(measure)];
    return estimate && estimate->value > 0;
  });
}

// A column for each of `named`; those without any data are left out.
std::string block(const SweepSummary& s, std::size_t width, std::string_view heading,
                  std::vector<std::string_view> named) {
  std::erase_if(named, [&](std::string_view measure) { return !has_data(s, measure); });
  std::vector<std::size_t> columns;
  for (const auto& measure : named) columns.push_back(measure_index(measure));
  Rows rows(s.points.size() + 1);
  rows[0] = s.headings;
  rows[0].emplace_back("runs");
  for (const std::size_t m : columns) rows[0].emplace_back(measures()[m].title);
  for (std::size_t p = 0; p < s.points.size(); ++p) {
    auto& row = rows[p + 1];
    for (const auto& key : s.headings) row.push_back(cell_of(s.points[p], key));
    row.push_back(fmt::format("{}", s.summaries[p].runs()));
    const auto estimates = s.summaries[p].estimates(s.confidence);
    for (const std::size_t m : columns) row.push_back(shown(estimates[m], measures()[m]));
  }
  return fmt::format("{}\n{}", heading, aligned(rows, width, s.headings.size() + 1));
}

}  // namespace

std::string name_of(const SweepSummary& s, std::size_t point) {
  std::string name;
  for (const auto& heading : s.headings) {
    if (!name.empty()) name += kLabelJoint;
    name += cell_of(s.points[point], heading);
  }
  return name.empty() ? s.scenario : name;
}

std::string shown_name(const SweepSummary& s, std::size_t point) {
  constexpr std::size_t kLongest = 80;
  return shortened(printable(name_of(s, point)), kLongest);
}

std::string to_csv(const SweepSummary& s) {
  std::vector<std::string> cells;
  const auto keys = keys_of(s.points);
  for (const auto& key : keys) cells.push_back(csv_field(key));
  cells.insert(cells.end(), {"n", "virtual_seconds"});
  for (const Measure& m : measures()) {
    for (const char* suffix : {"", "_low", "_high"}) cells.push_back(fmt::format("{}{}", m.name, suffix));
  }
  std::string out = fmt::format("{}\n", fmt::join(cells, ","));
  for (std::size_t p = 0; p < s.points.size(); ++p) {
    cells.clear();
    for (const auto& key : keys) cells.push_back(csv_field(cell_of(s.points[p], key)));
    cells.push_back(fmt::format("{}", s.summaries[p].runs()));
    cells.push_back(csv_number(s.summaries[p].virtual_seconds()));
    for (const auto& e : s.summaries[p].estimates(s.confidence)) {
      cells.push_back(e ? csv_number(e->value) : "");
      cells.push_back(e ? csv_number(e->low) : "");
      cells.push_back(e ? csv_number(e->high) : "");
    }
    out += fmt::format("{}\n", fmt::join(cells, ","));
  }
  return out;
}

Json to_json(const SweepSummary& s) {
  Json points = Json::array();
  for (std::size_t p = 0; p < s.points.size(); ++p) {
    Json& point = points.emplace_back(Json{{"point", s.points[p]},
                                           {"n", s.summaries[p].runs()},
                                           {"virtual_seconds", s.summaries[p].virtual_seconds()}});
    const auto estimates = s.summaries[p].estimates(s.confidence);
    for (std::size_t i = 0; i < kMeasures; ++i) {
      Json& cell = point[std::string(measures()[i].name)];
      if (estimates[i]) cell = json_of(*estimates[i]);
    }
    if (s.precision.empty()) continue;
    for (const auto& [pointer, mean, reached] : s.precision[p]) {
      Json& known = point["until"][pointer] = {{"reached", reached}};
      if (mean) known.update(json_of(*mean));
    }
  }
  return {{"scenario", s.scenario},
          {"runs", s.runs},
          {"expectations_unmet", s.unmet},
          {"confidence", s.confidence},
          {"points", points}};
}

std::string precision_text(const SweepSummary& s) {
  if (s.precision.empty()) return {};
  std::string out = "Runs until the wanted precision [95 % interval, valid wherever a point stopped]\n";
  for (std::size_t p = 0; p < s.points.size(); ++p) {
    for (const auto& [pointer, mean, reached] : s.precision[p]) {
      const std::string known =
          mean ? interval_text(mean->value, mean->low, mean->high) : std::string("no data");
      out += fmt::format("  {}: {} {} after {} runs{}\n", shown_name(s, p), printable(pointer), known,
                         s.summaries[p].runs(), reached ? "" : ": NOT precise enough");
    }
  }
  return out;
}

std::string to_table(const SweepSummary& s, std::size_t width) {
  std::vector<std::string_view> shares{"violation", "diverged",   "split_brain",
                                       "harmful",   "lost_write", "consensus_broken"};
  // Means over runs leave out waits that never end: where that happens, the table says so beside them.
  for (const char* measure : {"no_progress", "unfinished_failover"}) {
    if (happened(s, measure)) shares.emplace_back(measure);
  }
  return block(s, width, "Share of runs in per cent [95 % interval]", std::move(shares)) + "\n" +
         block(s, width,
               "Per virtual second; share of time in per cent; mean of the longest outages [95 % interval]",
               {"split_brain_per_s", "lost_writes_per_s", "dual_primary_fraction", "availability",
                "longest_outage_s"}) +
         "\n" +
         block(s, width, "Means over runs: operations answered, latency, failover, cost [95 % interval]",
               {"answered", "latency_p50_ms", "latency_p99_ms", "failover_mean_s", "messages_per_operation",
                "delays_per_operation"});
}

}  // namespace sim
