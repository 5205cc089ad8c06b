// A sweep's folder, which survives a kill at any moment: the inputs are written first and for good, rows are
// appended in their order, the summary comes last. A later sweep finds out how far an earlier one got.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "sim/files/output_folder.hpp"
#include "sim/report/row_seal.hpp"
#include "sim/report/run_result.hpp"

namespace sim {

/// Throws an InputError about a file or folder.
[[noreturn]] void refuse(const std::filesystem::path& path, std::string found, std::string expected = {});

/// The files that a sweep or a merge leaves in its folder.
inline constexpr std::string_view kSweepFiles[] = {"sweep.json", "runs.jsonl", "differences.csv",
                                                   "summary.csv"};

class SweepFolder {
 public:
  /// Makes the folder and locks it, and looks for rows of the same sweep, or of the same with fewer seeds.
  /// Changes no file. Throws InputError if it holds another sweep, and FileError if it can't be written or is
  /// in use.
  SweepFolder(std::filesystem::path folder, const Json& about);

  /// How row number `n`, from 0, must begin; anything else there belongs to another sweep. Empty past the
  /// end.
  using Beginning = std::function<std::string(std::uint64_t n)>;
  using Row = std::function<void(RunResult result, std::string_view line)>;
  /// Reads the existing rows, in order, up to a last one that was torn. Throws InputError on a row that
  /// doesn't belong or was changed after it was written.
  void resume(const Beginning& beginning, const Row& row);

  /// Writes sweep.json, unless it has the same content already; removes a summary of fewer seeds first.
  void write_about();
  /// Makes ready for more rows after those that were read, or for none when these are `complete`.
  void open_rows(bool complete);
  /// Appends whole lines. Throws FileError when the disk is full; a torn line is cut off by the next sweep.
  void append(std::string_view lines);

  /// Writes a file of this name, all or nothing, once the rows are safe on disk. Throws FileError when they
  /// aren't.
  void write_file(std::string_view name, const std::string& text);

  const RowSeal& seal() const { return seal_; }
  std::filesystem::path rows_path() const { return folder_.path() / "runs.jsonl"; }

 private:
  void drop_summary();

  OutputFolder folder_;
  std::string about_;  ///< The content of sweep.json.
  RowSeal seal_;
  std::uint64_t good_ = 0;  ///< Bytes of rows that are as they should be.
  Descriptor rows_;
};

/// Throws InputError unless this line is the row that begins so, unchanged.
RunResult checked_row(const RowSeal& seal, const std::string& line, const std::string& beginning,
                      const std::filesystem::path& file, std::uint64_t number);

}  // namespace sim
