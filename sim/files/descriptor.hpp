// An open file that closes itself, and the error thrown when a file can't be opened.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace sim {

/// A file or folder that can't be read or written. Its `what()` is one line: the path, then why.
struct FileError : std::runtime_error {
  FileError(const std::filesystem::path& file, const std::string& why)
      : std::runtime_error(file.string() + ": " + why), path(file), reason(why) {}
  std::filesystem::path path;
  std::string reason;
};

/// Throws the meaning of `errno`, after what failed: "can't be written: No space left on device".
[[noreturn]] void throw_errno(const std::filesystem::path& path, const std::string& what);

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();

  bool open() const { return number_ >= 0; }
  int get() const { return number_; }
  /// Returns whether the system had no complaint, such as a disk that turned out to be full.
  bool close();

 private:
  int number_ = -1;
};

/// Writes all of it; returns false, with errno set, when the system takes no more.
bool write_all(int file, std::string_view text);

}  // namespace sim
