// The report of `repsim check` beyond a verdict: the operations that contradict each other and by when, the
// kind of fault that would explain it, and an order of the operations.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/history/history.hpp"
#include "sim/linearizability/explanation.hpp"

namespace sim {

/// Adds "prefix", "classification", the proofs about the witness, "witness_operations", and, if those are too
/// many to read, "dead_end" to `json`.
void add_explanation(nlohmann::ordered_json& json, const History& history, const Explanation& why);

/// Replaces numbers that stand for values, keys and clients by the file's own notation. No number of a file
/// equals that of a value, so none can be taken for another.
void name_values(std::string& story, const Names& names);

/// The same in a few words, for the end of a line; in brackets.
std::string explanation_text(const History& history, const Explanation& why);

/// [{"operation": I, "at": TIME}, ...]
nlohmann::ordered_json to_json(const std::vector<OrderedOperation>& order);

}  // namespace sim
