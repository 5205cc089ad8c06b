#include "sim/files/output_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "sim/files/output_file.hpp"

namespace sim {
namespace {

// Whether it wasn't there.
bool made(const std::filesystem::path& path) {
  std::error_code error;
  const bool is_new = std::filesystem::create_directories(path, error);
  if (!error && !std::filesystem::is_directory(path, error))
    error = std::make_error_code(std::errc::not_a_directory);
  if (error) throw FileError(path, "can't be created as a folder: " + error.message());
  return is_new;
}

}  // namespace

// The folder itself carries the lock, so that nothing is left in it. Some network file systems lock only
// files open for writing, which a folder never is: there, a file carries the lock.
FolderLock::FolderLock(const std::filesystem::path& folder, Kind kind)
    : folder_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!folder_.open()) throw_errno(folder, "can't be opened");
  const int how = (kind == Kind::exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB;
  bool locked = ::flock(folder_.get(), how) == 0;
  if (!locked && errno != EWOULDBLOCK) {
    folder_ = Descriptor(::open((folder / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    locked = folder_.open() && ::flock(folder_.get(), how) == 0;
  }
  if (locked) return;
  if (errno == EWOULDBLOCK) throw FileError(folder, "is in use: another command is writing or reading it");
  throw_errno(folder, "can't be locked");
}

OutputFolder::OutputFolder(const std::filesystem::path& path)
    : path_(path), is_new_(made(path)), lock_(path, FolderLock::Kind::exclusive) {
  remove_all_stale_drafts(path);
}

OutputFolder::OutputFolder(OutputFolder&& other) noexcept
    : path_(other.path_), is_new_(std::exchange(other.is_new_, false)), lock_(std::move(other.lock_)) {}

OutputFolder::~OutputFolder() {
  if (is_new_) ::rmdir(path_.c_str());  // which leaves one that holds something
}

}  // namespace sim
