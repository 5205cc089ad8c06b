// What `repsim check` reports beyond a verdict: which operations contradict each other, by when, which kind
// of fault would explain it, and an order of the operations.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/history/history.hpp"
#include "sim/linearizability/explanation.hpp"

namespace sim {

/// Adds "prefix", "classification", what is proved of the witness, "witness_operations", and where those are
/// too many to read "dead_end" to `json`.
void add_explanation(nlohmann::ordered_json& json, const History& history, const Explanation& why);

/// Puts the file's own notation in the place of numbers that stand for values, keys and clients. No number of
/// a file is like that of a value, so that none can be taken for another.
void name_values(std::string& story, const Names& names);

/// The same in a few words, for the end of a line; in brackets.
std::string explanation_text(const History& history, const Explanation& why);

/// [{"operation": I, "at": TIME}, ...]
nlohmann::ordered_json to_json(const std::vector<OrderedOperation>& order);

}  // namespace sim
