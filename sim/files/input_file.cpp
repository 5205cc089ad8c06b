#include "sim/files/input_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace sim {
namespace {

constexpr int kGlanceMs = 50;
constexpr int kPatienceMs = 5000;

// Reads a pipe or a regular file. A pipe is opened without blocking, to tell one that has no writer yet (a
// read returns nothing, and it hasn't hung up) from one that keeps us waiting (EAGAIN).
class Reading {
 public:
  Reading(int file, const std::filesystem::path& path) : file_(file), path_(path) {
    struct stat status {};
    if (::fstat(file, &status) != 0) throw_errno(path, "can't be read");
    is_pipe_ = S_ISFIFO(status.st_mode);
  }

  /// Reads up to `most` bytes; returns 0 at the end.
  std::size_t some(char* to, std::size_t most) {
    while (true) {
      const ssize_t n = ::read(file_, to, most);
      if (n > 0) {
        has_begun_ = true;
        return static_cast<std::size_t>(n);
      }
      if (n == 0 && (!is_pipe_ || has_begun_ || has_hung_up())) return 0;
      if (n == 0) {
        wait_for_a_writer();
      } else if (errno == EAGAIN) {
        wait_for_the_writer();
      } else if (errno != EINTR) {
        throw_errno(path_, "can't be read");
      }
    }
  }

 private:
  short state(int for_ms) const {
    pollfd poll_for{file_, POLLIN, 0};
    ::poll(&poll_for, 1, for_ms);
    return poll_for.revents;
  }
  bool has_hung_up() const { return (state(0) & POLLHUP) != 0; }
  void wait_for_a_writer() {
    state(kGlanceMs);
    waited_ms_ += kGlanceMs;
    if (waited_ms_ > kPatienceMs) throw FileError(path_, "is a pipe that nobody writes to");
  }
  void wait_for_the_writer() {
    if (state(is_told_ ? -1 : kPatienceMs) != 0 || is_told_) return;
    is_told_ = true;
    const std::string text = path_.string() + ": waiting for the writer of this pipe\n";
    std::fputs(text.c_str(), stderr);
  }

  const int file_;
  const std::filesystem::path& path_;
  bool is_pipe_ = false, has_begun_ = false, is_told_ = false;
  int waited_ms_ = 0;
};

}  // namespace

Descriptor open_to_read(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) throw FileError(path, "no such file");
    throw_errno(path, "can't be read");
  }
  if (S_ISDIR(status.st_mode)) throw FileError(path, "is a folder, expected a file");
  const int flags = O_RDONLY | O_CLOEXEC | (S_ISFIFO(status.st_mode) ? O_NONBLOCK : 0);
  Descriptor file(::open(path.c_str(), flags));
  if (!file.open()) throw_errno(path, "can't be read");
  // A terminal ends when its user says so; other devices have no end, or nothing to say.
  if (S_ISBLK(status.st_mode) || (S_ISCHR(status.st_mode) && ::isatty(file.get()) == 0))
    throw FileError(path, "is a device, expected a file");
  return file;
}

std::string read_at_most(const Descriptor& file, const std::filesystem::path& path, std::size_t most) {
  constexpr std::size_t kLeast = std::size_t{1} << 16;
  struct stat status {};
  const bool sized = ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
  Reading reading(file.get(), path);
  std::string text;
  std::size_t used = 0;
  while (used < most) {
    const std::size_t room =
        used == 0 && sized ? static_cast<std::size_t>(status.st_size) + 1 : std::max(kLeast, used + used / 2);
    text.resize(std::min(most, std::max(room, used + 1)));
    const std::size_t n = reading.some(text.data() + used, text.size() - used);
    if (n == 0) break;
    used += n;
  }
  text.resize(used);
  return text;
}

std::string read_at_most(const std::filesystem::path& path, std::size_t most) {
  return read_at_most(open_to_read(path), path, most);
}

}  // namespace sim
