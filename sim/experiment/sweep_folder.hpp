// A sweep's folder, which survives a kill at any moment: what was run is written first and for good, rows are
// appended in their order, the summary comes last. A later sweep finds out how far an earlier one got.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "sim/report/run_result.hpp"

namespace sim {

/// Throws an InputError about a file or folder.
[[noreturn]] void refuse(const std::filesystem::path& path, std::string found, std::string expected = {});

class SweepFolder {
 public:
  /// Makes the folder and writes sweep.json, or finds the one there to be the same. Throws InputError if the
  /// folder can't be written, holds another sweep, or is being written by another process.
  SweepFolder(std::filesystem::path folder, const Json& about);
  ~SweepFolder();
  SweepFolder(const SweepFolder&) = delete;
  SweepFolder& operator=(const SweepFolder&) = delete;

  /// How row number `n`, from 0, must begin; anything else there belongs to another sweep. Empty past the
  /// end.
  using Beginning = std::function<std::string(std::uint64_t n)>;
  /// Reads the rows that are there, in order, and cuts off a last one that was torn. Throws InputError on a
  /// row that doesn't belong. Returns the last row, or nothing.
  std::string resume(const Beginning& beginning, const std::function<void(RunResult)>& row);

  /// Forgets all rows.
  void clear();

  /// Appends whole lines. Throws InputError when the disk is full; a torn line is cut off by the next resume.
  void append(std::string_view lines);

  /// Writes a file of this name, all or nothing, once the rows are safe on disk. Throws InputError when they
  /// aren't.
  void write_file(std::string_view name, const std::string& text);

 private:
  std::filesystem::path folder_;
  std::filesystem::path rows_path_;
  int rows_ = -1;
};

}  // namespace sim
