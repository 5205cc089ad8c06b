// The estimates of a rare event: as a table for people, for spreadsheets, and as JSON.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/experiment/rare/rare.hpp"
#include "sim/experiment/table.hpp"
#include "sim/report/plain_numbers.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

constexpr double kHour = 3600;

Estimate times(const Estimate& e, double factor) {
  return {e.value * factor, e.low * factor, e.high * factor};
}

Estimate per_second(const RareRow& row) { return times(row.expected, 1 / row.virtual_seconds); }

std::string_view name_of(SuspicionLevel::Sign sign) {
  return sign == SuspicionLevel::Sign::timer ? "timer" : "message";
}

std::string with_interval(const Estimate& e) {
  if (e.value == 0) return fmt::format("< {}", three_digits(e.high));
  return interval_text(e.value, e.low, e.high);
}

std::vector<std::string> table_row(const RareRow& row) {
  if (!row.error.empty()) return {row.error, "", "", "", "", "", "", ""};
  const Estimate rate = per_second(row);
  const std::string above = row.limit_above ? fmt::format(" ({})", three_digits(*row.limit_above)) : "";
  return {with_interval(row.probability) + above,
          with_interval(rate),
          rate.value == 0 ? "< " + three_digits(rate.high * kHour) : three_digits(rate.value * kHour),
          fmt::format("{}", row.plan.levels.size()),
          three_digits(static_cast<double>(row.effort.worlds)),
          three_digits(static_cast<double>(row.effort.events)),
          row.plain_runs > 0 ? three_digits(static_cast<double>(row.plain_runs)) : "-",
          row.plain_runs > 0 ? three_digits(static_cast<double>(row.plain_runs) * row.events_of_run) : "-"};
}

Json json_of(const SplittingPlan& plan, const RareRow& row) {
  Json levels = Json::array();
  for (std::size_t k = 0; k < plan.levels.size(); ++k) {
    const SplittingLevel& level = plan.levels[k];
    levels.push_back({{"silence", to_text(level.silence)},
                      {"copies", level.copies},
                      {"judge_every", level.judge_every},
                      {"rises_per_run", row.rises[k]}});
  }
  return {{"sign_of_life", name_of(plan.sign)},
          {"patience", to_text(plan.patience)},
          {"runs", plan.runs},
          {"levels", levels}};
}

}  // namespace

std::string to_table(const RareSummary& s, std::size_t width) {
  std::vector<std::vector<std::string>> rows(1, s.headings);
  const auto titles = {"probability per run", "per virtual second", "per hour", "levels", "worlds", "events",
                       "plain runs",          "plain events"};
  rows[0].insert(rows[0].end(), titles.begin(), titles.end());
  for (const RareRow& row : s.rows) {
    auto& cells = rows.emplace_back();
    for (const auto& key : s.headings) cells.push_back(cell_of(row.point, key));
    const auto values = table_row(row);
    cells.insert(cells.end(), values.begin(), values.end());
  }
  std::string table = aligned(rows, width, s.headings.size());
  const auto none = [](const RareRow& row) { return row.limit_above.has_value(); };
  if (std::ranges::any_of(s.rows, none))
    table +=
        "\nNot found: < 95 % limit (in brackets: the limit if the event requires a silence through "
        "all levels)\n";
  return table;
}

std::string to_csv(const RareSummary& s) {
  std::vector<Json> points;
  for (const RareRow& row : s.rows) points.push_back(row.point);
  const auto keys = keys_of(points);
  std::string out;
  for (const auto& key : keys) out += csv_field(key) + ',';
  out += "event,n,virtual_seconds";
  for (const char* name : {"probability", "per_run", "per_s", "per_hour"})
    out += fmt::format(",{0},{0}_low,{0}_high", name);
  out += ",limit_above,levels,worlds,events,two_primaries,undecided,plain_runs,plain_events,error\n";
  for (const RareRow& row : s.rows) {
    for (const auto& key : keys) out += csv_field(cell_of(row.point, key)) + ',';
    out += fmt::format("{},{},{}", s.event, s.replications, row.virtual_seconds);
    const Estimate rate = per_second(row);
    for (const Estimate& e : {row.probability, row.expected, rate, times(rate, kHour)}) {
      const bool known = row.error.empty();
      for (const double x : {e.value, e.low, e.high}) out += ',' + (known ? csv_number(x) : "");
    }
    out += ',' + (row.limit_above ? csv_number(*row.limit_above) : "");
    out += fmt::format(",{},{},{},{},{},", row.plan.levels.size(), row.effort.worlds, row.effort.events,
                       row.two_primaries, row.undecided);
    if (row.plain_runs > 0)
      out += fmt::format("{},{}", row.plain_runs, static_cast<double>(row.plain_runs) * row.events_of_run);
    else
      out += ',';
    out += ',' + csv_field(row.error) + '\n';
  }
  return out;
}

Json to_json(const RareSummary& s) {
  Json points = Json::array();
  for (const RareRow& row : s.rows) {
    Json& point = points.emplace_back(Json{{"point", row.point}});
    if (!row.error.empty()) {
      point["error"] = row.error;
      continue;
    }
    const Estimate rate = per_second(row);
    point.update({{"virtual_seconds", row.virtual_seconds},
                  {"probability", json_of(row.probability)},
                  {"per_run", json_of(row.expected)},
                  {"per_s", json_of(rate)},
                  {"per_hour", json_of(times(rate, kHour))},
                  {"limit_above", row.limit_above ? Json(*row.limit_above) : Json()},
                  {"plan", json_of(row.plan, row)},
                  {"worlds", row.effort.worlds},
                  {"events", row.effort.events},
                  {"two_primaries", row.two_primaries},
                  {"undecided", row.undecided},
                  {"events_of_run", row.events_of_run},
                  {"plain_runs", row.plain_runs > 0 ? Json(row.plain_runs) : Json()}});
  }
  return {{"repsim", "rare"},
          {"scenario", s.canonical},
          {"event", s.event},
          {"seed", s.seed},
          {"replications", s.replications},
          {"effort", s.effort},
          {"vary", s.vary},
          {"points", points}};
}

}  // namespace sim
