#include "sim/files/descriptor.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sim {

void throw_errno(const std::filesystem::path& path, const std::string& what) {
  throw FileError(path, what + ": " + std::strerror(errno));
}

Descriptor::~Descriptor() { close(); }

bool Descriptor::close() {
  const int number = std::exchange(number_, -1);
  return number < 0 || ::close(number) == 0 || errno == EINTR;
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

}  // namespace sim
