// What `repsim check` tells beyond a verdict: which operations contradict each other, until when, what kind
// of fault it looks like, and an order of the operations.
#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sim/check/explanation.hpp"
#include "sim/history/history.hpp"

namespace sim {

/// Fills in what a violation deserves; `result` gets the explanation's witness and story.
std::optional<Explanation> explain(const History& history, Model model, const Value& initial,
                                   LinearizabilityResult& result, const std::function<bool()>& out_of_time);

/// Adds "prefix", "classification" and "witness_operations" to `json`.
void add_explanation(nlohmann::ordered_json& json, const History& history, const Explanation& why);

/// The same in a few words, for the end of a line; in brackets.
std::string explanation_text(const History& history, const Explanation& why);

/// [{"operation": I, "at": TIME}, ...]
nlohmann::ordered_json to_json(const std::vector<OrderedOperation>& order);

}  // namespace sim
