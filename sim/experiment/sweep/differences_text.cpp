// Differences between points as a table for programs and as sentences for people.
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/experiment/sweep/summary.hpp"
#include "sim/experiment/table.hpp"
#include "sim/report/plain_numbers.hpp"

namespace sim {
namespace {

// The wording of a measure's difference: "4.1 [3.8, 4.4] fewer split brains an hour".
struct Phrase {
  std::string_view measure;
  double scale;           // from the measure's unit to that of the sentence
  std::string_view unit;  // with a space behind it, or empty
  std::string_view more, less;
  std::string_view what;
  bool seconds = false;  // said in the unit of time that fits
};

constexpr std::array<Phrase, 14> kPhrases{{
    {"violation", 100, "", "more", "fewer", "runs in 100 that aren't linearizable"},
    {"diverged", 100, "", "more", "fewer", "runs in 100 that diverge"},
    {"consensus_broken", 100, "", "more", "fewer", "runs in 100 that break consensus"},
    {"harmful", 100, "", "more", "fewer", "runs in 100 with a harmful split brain"},
    {"split_brain_per_s", 3600, "", "more", "fewer", "split brains an hour"},
    {"lost_writes_per_s", 3600, "", "more", "fewer", "lost writes an hour"},
    {"dual_primary_fraction", 3600, "", "more", "less", "with two primaries in an hour", true},
    {"availability", 100, "percentage points ", "more", "less", "availability"},
    {"longest_outage_s", 1, "", "more", "less", "outage at the longest", true},
    {"answered", 100, "", "more", "fewer", "operations in 100 answered"},
    {"failover_mean_s", 1, "", "more", "less", "failover", true},
    {"latency_p50_ms", 1e-3, "", "more", "less", "median latency", true},
    {"latency_p99_ms", 1e-3, "", "more", "less", "latency at the 99th percentile", true},
    {"messages_per_operation", 1, "", "more", "fewer", "messages an operation"},
}};

std::string sentence(const Phrase& phrase, const Estimate& e) {
  const bool less = e.value < 0;
  const double sign = less ? -phrase.scale : phrase.scale;
  const double value = sign * e.value, low = sign * (less ? e.high : e.low),
               high = sign * (less ? e.low : e.high);
  const std::string amount =
      phrase.seconds ? time_interval_text(value, low, high) : interval_text(value, low, high);
  return fmt::format("{} {}{} {}", amount, phrase.unit, less ? phrase.less : phrase.more, phrase.what);
}

bool is_clear(const Estimate& e) { return e.low > 0 || e.high < 0; }

// Clear differences come first, a sentence each; then the unclear ones, by name.
std::string said_of(const SweepSummary& s, std::size_t point) {
  const auto excess = s.differences.between(s.differences.baseline(), point, s.confidence);
  std::string out;
  std::vector<std::string> unclear;
  for (const Phrase& phrase : kPhrases) {
    const auto& difference = excess[measure_index(phrase.measure)];
    if (!difference) continue;
    if (is_clear(difference->excess))
      out += fmt::format("    {}\n", sentence(phrase, difference->excess));
    else if (difference->excess.value != 0)
      unclear.push_back(sentence(phrase, difference->excess));
  }
  for (const auto& text : unclear) out += fmt::format("    not clear: {}\n", text);
  return out.empty() ? "    no difference seen\n" : out;
}

}  // namespace

std::string differences_csv(const SweepSummary& s) {
  std::string out = "point,baseline,measure,n,difference,low,high,unit\n";
  for (std::size_t point = 0; point < s.points.size(); ++point) {
    for (std::size_t baseline = 0; baseline < s.points.size(); ++baseline) {
      if (!s.differences.compares(baseline, point)) continue;
      const auto excess = s.differences.between(baseline, point, s.confidence);
      for (std::size_t i = 0; i < kMeasures; ++i) {
        if (!excess[i]) continue;
        const auto& [n, e] = *excess[i];
        out += fmt::format("{},{},{},{},{},{},{},{}\n", point, baseline, measures()[i].name, n, e.value,
                           csv_number(e.low), csv_number(e.high), measures()[i].unit);
      }
    }
  }
  return out;
}

std::string differences_text(const SweepSummary& s) {
  if (s.points.size() < 2) return {};
  const std::size_t baseline = s.differences.baseline();
  std::string out = fmt::format("Compared with {}, seed by seed [95 % interval]\n", shown_name(s, baseline));
  for (std::size_t point = 0; point < s.points.size(); ++point) {
    if (point != baseline) out += fmt::format("  {}\n{}", shown_name(s, point), said_of(s, point));
  }
  return out;
}

}  // namespace sim
