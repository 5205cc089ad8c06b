#include "sim/experiment/rare/rare_event.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/experiment/judges_asked.hpp"

namespace sim {
namespace {

using Count = std::optional<std::uint64_t>;

constexpr std::array<RareEvent, 5> kRareEvents{{
    {"split_brain", "episodes", true,
     [](const Record& r, const Scenario& s) -> Count {
       return split_brain_of({r, s}).episodes.size();
     }},
    {"harmful", "harmful episodes", true,
     [](const Record& r, const Scenario& s) -> Count {
       return split_brain_of({r, s}).harmful;
     }},
    {"lost_write", "lost writes", false,
     [](const Record& r, const Scenario& s) -> Count {
       return lost_writes_of({r, s}).operations.size();
     }},
    {"diverged", "runs that end diverged", false,
     [](const Record& r, const Scenario& s) -> Count {
       return divergence_of({r, s}).diverged ? 1 : 0;
     }},
    {"violation", "runs that are not linearizable", false,
     [](const Record& r, const Scenario& s) -> Count {
       const Verdict verdict = linearizability_of({r, s});
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
