#include "sim/experiment/rare/rare_event.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/check/divergence.hpp"
#include "sim/check/lost_writes.hpp"
#include "sim/check/split_brain.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "sim/linearizability/verdict.hpp"

namespace sim {
namespace {

using Count = std::optional<std::uint64_t>;

constexpr std::array<RareEvent, 5> kRareEvents{{
    {"split_brain", "episodes", true,
     [](const Record& r, const Scenario&) -> Count { return judge_split_brain(r).episodes.size(); }},
    {"harmful", "harmful episodes", true,
     [](const Record& r, const Scenario&) -> Count { return judge_split_brain(r).harmful; }},
    {"lost_write", "lost writes", false,
     [](const Record& r, const Scenario&) -> Count { return judge_lost_writes(r).operations.size(); }},
    {"diverged", "runs that end diverged", false,
     [](const Record& r, const Scenario& s) -> Count {
       return s.plan->becomes_alike() && judge_divergence(r).diverged ? 1 : 0;
     }},
    {"violation", "runs that are not linearizable", false,
     [](const Record& r, const Scenario& s) -> Count {
       const Verdict verdict =
           linearizability_verdict(r.operations, s.setup.model, initial_value(s.setup.model));
       if (verdict == Verdict::unknown) return std::nullopt;
       return verdict == Verdict::violation ? 1 : 0;
     }},
}};

}  // namespace

std::span<const RareEvent> rare_events() { return kRareEvents; }

const RareEvent& rare_event(std::string_view name) {
  const auto found = std::ranges::find(kRareEvents, name, &RareEvent::name);
  if (found != kRareEvents.end()) return *found;
  std::vector<std::string> names;
  for (const RareEvent& event : kRareEvents) names.emplace_back(event.name);
  throw InputError({.file = "--event",
                    .found = fmt::format("found \"{}\"", name),
                    .expected = fmt::format("one of {}", fmt::join(names, ", ")),
                    .nearest = nearest(name, names)});
}

}  // namespace sim
