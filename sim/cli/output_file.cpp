#include "sim/cli/output_file.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "sim/scenario/json.hpp"

namespace sim {

namespace fs = std::filesystem;

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
  out_.open(direct ? path_ : temporary_, std::ios::binary);
  if (!out_) {
    temporary_.clear();
    throw InputError({.file = path, .found = "can't be written"});
  }
}

OutputFile::~OutputFile() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove(temporary_, ignored);
}

void OutputFile::commit() {
  if (!wanted()) return;
  out_.close();
  std::error_code error;
  if (out_ && !temporary_.empty()) fs::rename(temporary_, path_, error);
  if (!out_ || error) throw InputError({.file = path_.string(), .found = "can't be written"});
  temporary_.clear();
}

}  // namespace sim
