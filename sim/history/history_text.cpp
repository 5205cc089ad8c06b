#include "sim/history/history_text.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "sim/history/history.hpp"

namespace sim {

HistoryText HistoryText::of_file(const std::string& path) {
  const auto refuse = [&](const char* why) { throw HistoryError(path, 0, why); };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) refuse("cannot be opened; expected a readable file");
  struct stat status {};
  const bool known = ::fstat(file, &status) == 0;
  if (known && S_ISDIR(status.st_mode)) {
    ::close(file);
    refuse("is a folder; expected a readable file");
  }
  if (known && S_ISREG(status.st_mode) && status.st_size > 0) {
    const auto size = static_cast<std::size_t>(status.st_size);
    void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (at != MAP_FAILED) {
      ::close(file);
      ::madvise(at, size, MADV_SEQUENTIAL);
      HistoryText text({static_cast<const char*>(at), size});
      text.mapped_ = true;
      return text;
    }
  }
  ::close(file);
  std::ifstream in(path, std::ios::binary);
  HistoryText text{std::string_view()};
  text.own_.assign(std::istreambuf_iterator<char>(in), {});
  if (in.bad()) refuse("cannot be read to its end");
  return text;
}

HistoryText::HistoryText(HistoryText&& other) noexcept
    : whole_(std::exchange(other.whole_, {})),
      own_(std::move(other.own_)),
      mapped_(std::exchange(other.mapped_, false)),
      released_(other.released_),
      enough_(std::move(other.enough_)) {}

HistoryText::~HistoryText() {
  // What was mapped is ours to unmap; it was never written to.
  if (mapped_) ::munmap(const_cast<char*>(whole_.data()), whole_.size());
}

void HistoryText::let_go(std::size_t read) {
  const std::size_t end = read / kPortion * kPortion;
  if (mapped_) ::madvise(const_cast<char*>(whole_.data()) + released_, end - released_, MADV_DONTNEED);
  released_ = end;
  if (enough_ && enough_()) throw ReadingStopped();
}

}  // namespace sim
