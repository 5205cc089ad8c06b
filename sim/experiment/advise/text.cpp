// Advice in words, as JSON and as a table.
#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/experiment/advise/trials.hpp"
#include "sim/experiment/table.hpp"
#include "sim/report/plain_numbers.hpp"
#include "sim/scenario/units.hpp"

namespace sim {
namespace {

const ConcernName& name_of(Concern concern) {
  static const auto all = concerns();
  return all[static_cast<std::size_t>(concern)];
}

// An outage that doesn't end within a run has no bound.
std::string amount(double x) { return std::isinf(x) ? "never ends" : three_digits(x); }

std::string interval(const Estimate& e) {
  if (!std::isfinite(e.low) && !std::isfinite(e.high) && !std::isinf(e.high)) return amount(e.value);
  return fmt::format("{} [{}, {}]", amount(e.value), amount(e.low), amount(e.high));
}

std::string verdict(const Judged& j) {
  if (j.broken) return "breaks a bound";
  if (j.sure >= 1) return fmt::format("holds, {} times", three_digits(j.sure));
  return "not sure";
}

// The same as a sentence, without its full stop.
std::string sentence(const Judged& j) {
  const bool known = j.broken || j.sure >= 1;
  return known ? "It " + verdict(j) : "Whether it holds the bounds is " + verdict(j);
}

std::string table_of(const Advice& advice, const std::vector<std::pair<std::string, const Judged*>>& rows,
                     std::string_view first, std::size_t width) {
  std::vector<std::vector<std::string>> cells{{std::string(first), "heartbeat", "timeout"}};
  for (const Bound& b : advice.bounds) cells[0].emplace_back(name_of(b.concern).unit);
  cells[0].emplace_back("bounds");
  for (const auto& [name, j] : rows) {
    auto& row = cells.emplace_back(
        std::vector<std::string>{name, short_text(j->setting.heartbeat), short_text(j->setting.timeout)});
    for (const Estimate& e : j->estimates) row.push_back(interval(e));
    row.push_back(verdict(*j));
  }
  constexpr std::size_t names = 3;
  return aligned(cells, width, names);
}

std::string bounds_text(const Advice& advice) {
  std::vector<std::string> texts;
  for (const Bound& b : advice.bounds)
    texts.push_back(fmt::format("at most {} {}{}", three_digits(b.limit), name_of(b.concern).unit,
                                b.concern == Concern::outage ? " in 99 of 100" : ""));
  return fmt::format("{}", fmt::join(texts, "; "));
}

std::string setting_text(const Judged& j) {
  return fmt::format("heartbeat {}, timeout {}", short_text(j.setting.heartbeat),
                     short_text(j.setting.timeout));
}

std::string basis_of(const Judged& j) {
  return fmt::format("{} virtual hours of calm and {} crashes", three_digits(j.calm_seconds / 3600),
                     j.crashes);
}

// Each bound's estimate in a line.
std::string estimates_text(const Advice& advice, const Judged& j) {
  std::string out;
  for (std::size_t b = 0; b < advice.bounds.size(); ++b) {
    const Concern concern = advice.bounds[b].concern;
    const std::string with = advice.pauses ? ", pauses included" : "";
    out += fmt::format("  {} {}{}\n", interval(j.estimates[b]), name_of(concern).unit,
                       per_hour(concern) ? fmt::format("{} ({} seen in {} calm hours)", with, j.seen[b],
                                                       three_digits(j.calm_seconds / 3600))
                                         : "");
  }
  return out;
}

// How often pauses alone split the brain at a setting.
std::string pauses_text(const Advice& advice, const Judged& j) {
  if (!advice.pauses || !j.pauses || j.pauses->pauses == 0) return {};
  const PauseOutcome& p = *j.pauses;
  const auto share = wilson({.count = p.split, .n = p.pauses});
  return fmt::format(
      "  A pause of {} of the primary splits it in {} of {} cases, {} %; {} of them are harmful.\n"
      "  At {} pauses an hour that makes {} split brains an hour.\n",
      short_text(advice.pauses->length), p.split, p.pauses,
      percent_interval_text(share->value, share->low, share->high), p.harmful,
      three_digits(advice.pauses->per_hour), interval(p.splits_per_hour));
}

std::string found_text(const Advice& advice, const Judged& j) {
  return fmt::format(
      "Recommended: {}\n{}{}  Every bound holds, the closest by a factor of {}: measured for this setting "
      "alone, on fresh seeds,\n  over {}.\n",
      setting_text(j), estimates_text(advice, j), pauses_text(advice, j), three_digits(j.sure), basis_of(j));
}

// Why the search ended, and what is left to do; empty if nothing is.
std::string stopped_text(const Advice& advice) {
  if (advice.stop == Stop::none) return {};
  return fmt::format(
      "{} Not tried:\n  {}\n",
      advice.stop == Stop::time ? "The time limit ended the search." : "The search was interrupted.",
      fmt::join(advice.not_tried, "\n  "));
}

std::string best_so_far_text(const Advice& advice) {
  if (!advice.choice) return "No setting has been measured yet.\n";
  const Judged& j = *advice.choice;
  return fmt::format(
      "Best so far, not a recommendation: {}\n{}{}  Measured over {}, which also chose it: some of it may "
      "be luck. {}.\n",
      setting_text(j), estimates_text(advice, j), pauses_text(advice, j), basis_of(j), sentence(j));
}

std::string conclusion(const Advice& advice) {
  if (advice.answer == Answer::found) return found_text(advice, *advice.choice);
  if (advice.stop != Stop::none) return best_so_far_text(advice);
  const Judged& j = *advice.choice;
  if (advice.answer == Answer::impossible)
    return fmt::format("No setting meets the bounds: each one tried breaks a bound. The closest is {}:\n{}",
                       setting_text(j), pauses_text(advice, j));
  return fmt::format(
      "Undecided: no setting surely holds, and not every one surely breaks a bound. The closest is {}, "
      "over {};\nmore --hours may decide:\n{}",
      setting_text(j), basis_of(j), pauses_text(advice, j));
}

Json pauses_json(const PauseOutcome& p) {
  return {{"pauses", p.pauses},
          {"split", p.split},
          {"harmful", p.harmful},
          {"split_share", json_of(wilson({.count = p.split, .n = p.pauses}).value_or(Estimate{}))},
          {"splits_per_hour", json_of(p.splits_per_hour)}};
}

Json json_of(const Advice& advice, const Judged& j) {
  Json json{{"heartbeat", short_text(j.setting.heartbeat)}, {"timeout", short_text(j.setting.timeout)}};
  for (std::size_t b = 0; b < advice.bounds.size(); ++b) {
    Json& bound = json[std::string(name_of(advice.bounds[b].concern).name)];
    bound = json_of(j.estimates[b]);
    if (per_hour(advice.bounds[b].concern)) bound["seen"] = j.seen[b];
  }
  json["calm_seconds"] = j.calm_seconds;
  json["crashes"] = j.crashes;
  json["margin"] = std::isfinite(j.sure) ? Json(j.sure) : Json();
  json["broken"] = j.broken;
  if (j.pauses) json["pause"] = pauses_json(*j.pauses);
  return json;
}

constexpr const char* text_of(Stop stop) {
  if (stop == Stop::none) return "done";
  return stop == Stop::time ? "time" : "interrupted";
}

constexpr const char* text_of(Answer answer) {
  if (answer == Answer::found) return "found";
  return answer == Answer::impossible ? "impossible" : "undecided";
}

}  // namespace

std::string advice_text(const Scenario& scenario, const Advice& advice, std::size_t width) {
  std::string out =
      fmt::format("{}: heartbeat {} to {}, timeout {} to {}; {}\n\n", printable(scenario.name),
                  short_text(advice.heartbeat.low), short_text(advice.heartbeat.high),
                  short_text(advice.timeout.low), short_text(advice.timeout.high), bounds_text(advice));
  std::vector<std::pair<std::string, const Judged*>> rows;
  for (const std::size_t i : advice.front) {
    const bool chosen = advice.answer == Answer::found && advice.tried[i].setting == advice.choice->setting;
    rows.emplace_back(chosen ? "->" : "", &advice.tried[i]);
  }
  if (!rows.empty())
    out += fmt::format("Of {} settings, those that no other beats [95 % interval]\n{}\n", advice.tried.size(),
                       table_of(advice, rows, "", width));
  out += conclusion(advice);
  const std::string stopped = stopped_text(advice);
  if (advice.answer != Answer::found && advice.stop == Stop::none)
    return out + table_of(advice, {{"", &*advice.choice}}, "", width);
  rows.clear();
  for (const Deviation& d : advice.sensitivity) rows.emplace_back(d.what, &d.judged);
  if (!rows.empty())
    out += fmt::format("\nSensitivity: if conditions change [95 % interval]\n{}",
                       table_of(advice, rows, "change", width));
  return out + (stopped.empty() ? "" : "\n" + stopped);
}

Json to_json(const Scenario& scenario, const Advice& advice) {
  Json bounds = Json::object(), tried = Json::array(), front = Json::array(), sensitivity = Json::array();
  for (const Bound& b : advice.bounds) bounds[std::string(name_of(b.concern).name)] = b.limit;
  const Json pauses =
      advice.pauses ? Json{{"length", to_text(advice.pauses->length)}, {"per_hour", advice.pauses->per_hour}}
                    : Json();
  for (const Judged& j : advice.tried) tried.push_back(json_of(advice, j));
  for (const std::size_t i : advice.front) front.push_back(i);
  for (const Deviation& d : advice.sensitivity) {
    Json& row = sensitivity.emplace_back(json_of(advice, d.judged));
    row["change"] = d.what;
  }
  return {{"scenario", scenario.name},
          {"protocol", scenario.protocol},
          {"answer", text_of(advice.answer)},
          {"bounds", bounds},
          {"pauses", pauses},
          {"search", text_of(advice.stop)},
          {"not_tried", advice.not_tried},
          {"choice", advice.choice ? json_of(advice, *advice.choice) : Json()},
          {"front", front},
          {"tried", tried},
          {"sensitivity", sensitivity},
          {"runs", advice.runs},
          {"calm_hours", advice.calm_hours}};
}

std::string advice_csv(const Advice& advice) {
  std::string out = "heartbeat_ms,timeout_ms,on_front,chosen,calm_seconds,crashes,margin,broken";
  for (const Bound& b : advice.bounds) {
    const auto name = name_of(b.concern).name;
    out += fmt::format(",{0},{0}_low,{0}_high", name);
  }
  out += '\n';
  const auto ms = [](Duration d) { return static_cast<double>(d.count()) / 1e6; };
  for (std::size_t i = 0; i < advice.tried.size(); ++i) {
    const Judged& j = advice.tried[i];
    const bool front = std::find(advice.front.begin(), advice.front.end(), i) != advice.front.end();
    const bool chosen = advice.answer == Answer::found && j.setting == advice.choice->setting;
    out += fmt::format("{},{},{:d},{:d},{},{},{},{:d}", ms(j.setting.heartbeat), ms(j.setting.timeout), front,
                       chosen, j.calm_seconds, j.crashes, csv_number(j.sure), j.broken);
    for (const Estimate& e : j.estimates)
      out += fmt::format(",{},{},{}", csv_number(e.value), csv_number(e.low), csv_number(e.high));
    out += '\n';
  }
  return out;
}

}  // namespace sim
