// The judge gives the known verdicts on histories that others recorded from real systems.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "sim/history/history.hpp"
#include "sim/history/objects/object_model.hpp"
#include "sim/history/read_history.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/linearizability/explanation.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace sim;
namespace fs = std::filesystem;

const fs::path kFolder = fs::path(REPSIM_SOURCE_DIR) / "tests/data/histories";

// As `verdicts.tsv` says: a file below the folder, and its verdict.
std::map<std::string, std::string> known_verdicts() {
  std::ifstream lines(kFolder / "verdicts.tsv");
  std::map<std::string, std::string> known;
  for (std::string file, verdict; lines >> file >> verdict;) known[file] = verdict;
  return known;
}

History recorded(const std::string& file) { return read_history_file((kFolder / file).string()); }

Value initial_of(const History& history) { return history.initial.value_or(initial_value(*history.model)); }

TEST_CASE("recorded histories of real systems get their known verdicts") {
  const auto known = known_verdicts();
  CHECK(known.size() >= 114);
  for (const auto& [file, verdict] : known) {
    INFO(file);
    const History history = recorded(file);
    const auto result = check_linearizability(history.operations, *history.model, initial_of(history));
    CHECK(verdict_name(result.verdict) == verdict);
    CHECK(result.witness.empty() == (result.verdict == Verdict::linearizable));
  }
}

TEST_CASE("every recorded history has a known verdict") {
  const auto known = known_verdicts();
  for (const auto& entry : fs::recursive_directory_iterator(kFolder)) {
    if (!entry.is_regular_file() || entry.path().parent_path() == kFolder) continue;
    INFO(entry.path());
    CHECK(known.contains(entry.path().lexically_relative(kFolder).generic_string()));
  }
}

TEST_CASE("recorded histories are ordered whole, or their contradiction is proved to be the smallest") {
  for (const auto& [file, verdict] : known_verdicts()) {
    INFO(file);
    const History history = recorded(file);
    const Value initial = initial_of(history);
    if (verdict == "linearizable") {
      const auto answered = std::ranges::count(history.operations, Outcome::ok, &Operation::outcome);
      const auto order = find_linearization(history.operations, *history.model, initial, std::nullopt);
      const auto placed = std::ranges::count_if(
          order, [&](const auto& at) { return history.operations[at.index].outcome == Outcome::ok; });
      CHECK(placed == answered);
    } else {
      const auto found = check_linearizability(history.operations, *history.model, initial);
      const auto why = explain_violation(history.operations, *history.model, initial, found).contradiction;
      CHECK(why.prefix_is_shortest);
      CHECK(why.witness_is_minimal);
      CHECK(why.witness_is_smallest);
    }
  }
}

}  // namespace
