// A file that a command leaves behind. It appears whole or not at all, whenever the command is killed, and a
// file that can't be written is noticed before anything runs.
#pragma once

#include <filesystem>
#include <memory>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

#include "sim/files/descriptor.hpp"

namespace sim {

class OutputFile {
 public:
  /// Opens a draft beside `path`, and removes those that killed writers of `path` left; an empty path makes a
  /// file that is not wanted. Throws FileError when it can't be written. A symbolic link stays one: its
  /// target is written. Anything but a regular file (a pipe, a terminal, /dev/stdout) is written to directly.
  explicit OutputFile(const std::filesystem::path& path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  bool wanted() const { return !path_.empty(); }
  std::ostream& stream() { return out_; }
  /// Gives the file its name. Throws FileError when something couldn't be written, such as on a full disk.
  void commit();

 private:
  // Passes the output on to the system, and remembers why it took no more.
  class Buffer final : public std::streambuf {
   public:
    Descriptor file;
    int error = 0;

   protected:
    int_type overflow(int_type c) override;
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int sync() override;

   private:
    std::string waiting_;
  };

  void open_direct(int flags);
  void open_draft();

  std::filesystem::path path_;    ///< As it was given.
  std::filesystem::path target_;  ///< Where symbolic links lead.
  std::filesystem::path draft_;   ///< Empty when written to directly, or committed.
  Buffer buffer_;
  std::ostream out_{&buffer_};
};

/// Writes a whole file of this text; throws FileError.
void write_whole(const std::filesystem::path& path, std::string_view text);

/// Finds out before anything runs whether each could be written, and leaves nothing. Throws FileError.
void try_to_write(const std::vector<std::filesystem::path>& paths);

/// Throws FileError if a file of this name couldn't be put in place at the end: it is a folder, or may not be
/// written.
void check_writable(const std::filesystem::path& path);

/// Removes the drafts of `path` whose writers were killed.
void remove_stale_drafts(const std::filesystem::path& path);
/// The same of every file of a folder that is ours to write.
void remove_all_stale_drafts(const std::filesystem::path& folder);

}  // namespace sim
