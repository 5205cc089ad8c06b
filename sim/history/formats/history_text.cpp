#include "sim/history/formats/history_text.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <limits>
#include <utility>

#include "sim/files/input_file.hpp"
#include "sim/history/history_error.hpp"

namespace sim {

HistoryText HistoryText::of_file(const std::string& path) {
  try {
    const Descriptor file = open_to_read(path);
    struct stat status {};
    if (::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
      const auto size = static_cast<std::size_t>(status.st_size);
      void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
      if (at != MAP_FAILED) {
        ::madvise(at, size, MADV_SEQUENTIAL);
        return HistoryText({static_cast<const char*>(at), size}, CutGuard(at, size));
      }
    }
    HistoryText text{std::string_view()};
    text.own_ = read_at_most(file, path, std::numeric_limits<std::size_t>::max());
    return text;
  } catch (const FileError& error) {
    throw HistoryError(path, 0, error.reason);
  }
}

HistoryText::HistoryText(std::string_view mapping, CutGuard guard)
    : whole_(mapping), mapped_(true), guard_(std::move(guard)) {}

HistoryText::HistoryText(HistoryText&& other) noexcept
    : whole_(std::exchange(other.whole_, {})),
      own_(std::move(other.own_)),
      skipped_(other.skipped_),
      mapped_(std::exchange(other.mapped_, false)),
      guard_(std::move(other.guard_)),
      released_(other.released_),
      enough_(std::move(other.enough_)) {}

HistoryText::~HistoryText() {
  // The mapping is ours to unmap; it was never written to.
  if (mapped_) ::munmap(const_cast<char*>(whole_.data()), whole_.size());
}

bool HistoryText::has_longer_line(std::size_t most) {
  if (!mapped_) return false;  // then all of it is in memory, and counted
  const std::string_view text = view();
  for (std::size_t begin = 0; text.size() - begin > most;) {
    const auto end = text.substr(begin, most + 1).find('\n');
    if (end == std::string_view::npos) return true;
    begin += end + 1;
    release_before(text.substr(begin));
  }
  start_again();
  return false;
}

void HistoryText::let_go(std::size_t read) {
  const std::size_t end = read / kPortion * kPortion;
  if (mapped_) ::madvise(const_cast<char*>(whole_.data()) + released_, end - released_, MADV_DONTNEED);
  released_ = end;
  if (enough_ && enough_()) throw ReadingStopped();
}

}  // namespace sim
