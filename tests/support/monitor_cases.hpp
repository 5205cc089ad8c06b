// Shared by the tests of single monitors: histories of an object built by hand, on which all judges
// must agree first, and large ones that a monitor must judge by itself.
#pragma once

#include <optional>
#include <vector>

#include "sim/history/generator.hpp"
#include "sim/history/vocabulary.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judges_agree.hpp"

namespace monitor_cases {

using namespace sim;

/// What the model's monitor says, if anything; every operation becomes that of a client of its own.
inline std::optional<Monitored> judged(std::vector<Operation> history, Model model) {
  for (std::size_t i = 0; i < history.size(); ++i) history[i].client.value = static_cast<std::uint16_t>(i);
  const Value initial = initial_value(model);
  CHECK(judges::compare_all(history, model, initial).problem.empty());
  return judges::monitor(history, judges::places_by_key(history).front(), model, initial);
}

/// The same, where it must say something.
inline bool right(const std::vector<Operation>& history, Model model) {
  const auto monitored = judged(history, model);
  REQUIRE(monitored.has_value());
  return monitored->linearizable;
}

/// Judges a generated history without a search: linearizable without a bug, else a violation.
inline void judge_without_search(const GeneratorPlan& plan) {
  const auto history = generate_history(plan).operations;
  std::uint64_t steps = 0;
  const Verdict verdict = linearizability_verdict(history, plan.model, initial_value(plan.model), {}, &steps);
  CHECK(verdict == (plan.bug == GeneratorPlan::Bug::none ? Verdict::linearizable : Verdict::violation));
  CHECK(steps == 0);
}

}  // namespace monitor_cases
