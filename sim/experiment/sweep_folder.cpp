#include "sim/experiment/sweep_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "sim/report/result_json.hpp"

namespace sim {
namespace {

[[noreturn]] void refuse_errno(const std::filesystem::path& path, const char* what) {
  refuse(path, fmt::format("{}: {}", what, std::strerror(errno)));
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(file, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// Under another name first, then renamed: there is the whole file or none.
void write_atomically(const std::filesystem::path& path, const std::string& text) {
  auto draft = path;
  draft += ".draft";
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) refuse_errno(path, "can't be written");
  const bool written = write_all(file, text) && ::fsync(file) == 0;
  const int why = errno;
  ::close(file);
  if (!written || ::rename(draft.c_str(), path.c_str()) != 0) {
    if (!written) errno = why;
    refuse_errno(path, "can't be written");
  }
}

std::string read_all(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Which of the things that were run is another one.
std::string difference(const std::string& there, const Json& about) {
  const Json old = Json::parse(there, nullptr, false);
  if (!old.is_object()) return "its sweep.json is no sweep";
  for (const auto& [key, value] : about.items()) {
    const auto found = old.find(key);
    if (found == old.end()) return fmt::format("\"{}\" is missing there", key);
    if (*found == value) continue;
    if (value.is_primitive())
      return fmt::format("\"{}\" is {} there, {} here", key, found->dump(), value.dump());
    return fmt::format("\"{}\" is another one there", key);
  }
  return "its sweep.json differs";
}

}  // namespace

void refuse(const std::filesystem::path& path, std::string found, std::string expected) {
  throw InputError({.file = path.string(), .found = std::move(found), .expected = std::move(expected)});
}

SweepFolder::SweepFolder(std::filesystem::path folder, const Json& about)
    : folder_(std::move(folder)), rows_path_(folder_ / "runs.jsonl") {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) refuse(folder_, fmt::format("can't be made a folder: {}", error.message()));
  const auto about_path = folder_ / "sweep.json";
  const std::string text = about.dump(2) + '\n';
  if (!std::filesystem::exists(about_path)) {
    if (std::filesystem::exists(rows_path_))
      refuse(folder_, "holds runs without a sweep.json", "a folder of its own");
    write_atomically(about_path, text);
  } else if (const std::string there = read_all(about_path); there != text) {
    refuse(folder_, fmt::format("holds another sweep ({})", difference(there, about)), "a folder of its own");
  }
  rows_ = ::open(rows_path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (rows_ < 0) refuse_errno(rows_path_, "can't be written");
  if (::flock(rows_, LOCK_EX | LOCK_NB) != 0) {
    ::close(std::exchange(rows_, -1));
    refuse(folder_, "another sweep is writing here");
  }
}

SweepFolder::~SweepFolder() {
  if (rows_ >= 0) ::close(rows_);
}

std::string SweepFolder::resume(const Beginning& beginning, const std::function<void(RunResult)>& row) {
  std::ifstream in(rows_path_, std::ios::binary);
  std::string line, last;
  std::uint64_t n = 0, good = 0;
  while (std::getline(in, line) && !in.eof()) {  // at the end of the file the last line is a torn one
    const std::string begins = beginning(n);
    if (begins.empty() || !line.starts_with(begins))
      refuse(rows_path_, fmt::format("line {} is no row of this sweep", n + 1), "a folder of its own");
    try {
      row(result_from_row(line));
    } catch (const std::exception&) {
      refuse(rows_path_, fmt::format("line {} is no row of this sweep", n + 1), "a folder of its own");
    }
    ++n;
    good += line.size() + 1;
    last.swap(line);
  }
  if (good < std::filesystem::file_size(rows_path_) && ::ftruncate(rows_, static_cast<off_t>(good)) != 0)
    refuse_errno(rows_path_, "can't be written");
  return last;
}

void SweepFolder::clear() {
  if (::ftruncate(rows_, 0) != 0) refuse_errno(rows_path_, "can't be written");
}

void SweepFolder::append(std::string_view lines) {
  if (!write_all(rows_, lines)) refuse_errno(rows_path_, "can't be written");
}

void SweepFolder::write_file(std::string_view name, const std::string& text) {
  // Some file systems find out only now that there was no room for the rows.
  if (::fsync(rows_) != 0) refuse_errno(rows_path_, "can't be written");
  write_atomically(folder_ / name, text);
}

}  // namespace sim
