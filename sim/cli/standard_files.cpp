#include "sim/cli/standard_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iostream>

#include "sim/files/descriptor.hpp"

namespace sim {

void open_standard_files() {
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(file, F_GETFD) != -1) continue;
    // The lowest free number is this one. Reading standard input and writing standard output still fail.
    ::open("/dev/null", file == STDOUT_FILENO ? O_RDONLY : O_WRONLY);
  }
}

void flush_standard_output() {
  errno = 0;
  const bool streamed = !std::cout.flush().fail();
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && streamed) return;
  if (errno == 0) throw FileError("standard output", "can't be written");
  throw_errno("standard output", "can't be written");
}

void say(const std::string& text) {
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace sim
