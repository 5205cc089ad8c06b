// The work of `repsim check` on one file: reads it, judges it, and finds out why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/history/operation.hpp"
#include "sim/linearizability/verdict.hpp"

namespace sim {

struct CheckOptions {
  std::vector<std::string> files;
  std::string model;
  std::string format = "auto";
  std::string initial;  ///< As written; empty: the file's own, or the model's.
  std::string nil = "value";
  std::string tuples = "auto";
  std::string budget;
  std::string memory;
  std::size_t memory_bytes = 0;  ///< The value of `memory`; 0: any.
  std::uint64_t steps = 0;       ///< 0: as many as the budget of time allows, or a thousand million.
  std::string consistency = "linearizable";
  bool time = false;
  bool json = false;
  bool quiet = false;
  bool order = false;
  std::string save;
  std::FILE* said_to = stdout;  ///< Text for people goes there.
};

struct CheckedFile {
  std::string file;
  std::optional<Model> model{};  ///< Unset while it isn't known.
  std::size_t operations = 0;
  LinearizabilityResult result;
  std::string error;           ///< Why the file can't be read or judged; then there's no result.
  std::size_t error_line = 0;  ///< Where, from 1; 0 when it concerns the whole file.
  std::string why;             ///< The same as `explanation`, in words.
  nlohmann::ordered_json explanation = nlohmann::ordered_json::object();  ///< Additions to the JSON.
  std::vector<std::string> remarks{};
  double cpu_seconds = 0;          ///< Until the verdict was known, reading included.
  double explain_cpu_seconds = 0;  ///< From then on.
  double peak_mib = 0;             ///< Of the process so far.
};

/// Throws std::runtime_error for options that make no sense.
LinearizabilityBudget parse_budget(const CheckOptions& options);
/// In bytes; 0 when the option wasn't given.
std::size_t parse_memory(const std::string& text);
void require_initial(const CheckOptions& options);

/// Never throws for a bad file: that's an error of this one, and others are judged none the less.
CheckedFile judge_file(const CheckOptions& options, const std::string& file);

}  // namespace sim
