// A file that a command leaves behind: it appears whole or not at all, and one that can't be written is
// noticed before anything runs.
#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace sim {

/// The folder of this name, made if it isn't there. Throws InputError when it can't be.
std::filesystem::path made_folder(const std::string& name);

class OutputFile {
 public:
  /// Opens it for writing under a temporary name beside `path`; an empty path makes a file that is not
  /// wanted. Throws InputError when it can't be written. What is not a regular file (a pipe, a terminal) is
  /// written to directly.
  explicit OutputFile(const std::string& path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  bool wanted() const { return !path_.empty(); }
  std::ostream& stream() { return out_; }
  /// Gives the file its name. Throws InputError when something couldn't be written, such as on a full disk.
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;  ///< Empty when written to directly, or committed.
  std::ofstream out_;
};

}  // namespace sim
