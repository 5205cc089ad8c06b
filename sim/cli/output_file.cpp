#include "sim/cli/output_file.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "sim/scenario/json.hpp"

namespace sim {

namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw InputError({.file = path, .found = "can't be written: " + reason});
}

}  // namespace

fs::path made_folder(const std::string& name) {
  std::error_code error;
  fs::create_directories(name, error);
  if (error)
    throw InputError({.file = name, .found = fmt::format("can't be made a folder: {}", error.message())});
  return name;
}

OutputFile::OutputFile(const std::string& path) : path_(path) {
  if (path.empty()) return;
  std::error_code error;
  if (fs::is_directory(path_, error))
    throw InputError({.file = path, .found = "is a folder", .expected = "a file to write"});
  const bool direct = fs::exists(path_, error) && !fs::is_regular_file(path_, error);
  if (!direct) temporary_ = fmt::format("{}.{}.tmp", path, getpid());
  errno = 0;
  out_.open(direct ? path_ : temporary_, std::ios::binary);
  if (!out_) {
    temporary_.clear();
    refuse(path, std::strerror(errno));
  }
}

OutputFile::~OutputFile() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove(temporary_, ignored);
}

void OutputFile::commit() {
  if (!wanted()) return;
  out_.close();
  if (!out_) refuse(path_.string(), "not all of it was taken (is the disk full?)");
  std::error_code error;
  if (!temporary_.empty()) fs::rename(temporary_, path_, error);
  if (error) refuse(path_.string(), error.message());
  temporary_.clear();
}

}  // namespace sim
