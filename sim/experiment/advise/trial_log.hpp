// An advice's measurements so far, on disk: a line for each trial, so that advice that was interrupted, or is
// asked for again, reuses them. A trial is known by its inputs, not by the question: another bound in the
// same folder finds the runs that both have in common.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "sim/files/descriptor.hpp"
#include "sim/report/row_seal.hpp"
#include "sim/scenario/json.hpp"

namespace sim {

class TrialLog {
 public:
  static constexpr const char* kFile = "trials.jsonl";

  /// Without a folder nothing is known, and nothing kept. Throws InputError, with file and line, when the
  /// file holds something else; a torn last line is cut off.
  explicit TrialLog(const std::optional<std::filesystem::path>& folder);

  bool kept() const { return file_.open(); }
  /// The outcome of the trial with these inputs; nullptr when it isn't known.
  const Json* find(const Json& inputs) const;
  /// `about` describes the trial for people.
  void add(const Json& inputs, const std::string& about, Json outcome);

 private:
  void read();
  void take(const std::string& line, std::uint64_t number);

  std::filesystem::path path_;
  RowSeal seal_;
  std::map<std::string, Json> outcomes_;
  Descriptor file_;
};

}  // namespace sim
