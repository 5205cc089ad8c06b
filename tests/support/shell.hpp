// Runs commands as a user would, for the tests of the command line.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "tests/support/catch.hpp"

struct Ended {
  int code;
  std::string out;
};

/// Runs shell commands, in which $R is the program; `out` is what they print to standard output.
inline Ended shell(const std::string& commands) {
  FILE* pipe = popen(fmt::format("R='{}'; {}", REPSIM_BINARY, commands).c_str(), "r");
  REQUIRE(pipe != nullptr);
  Ended ended{};
  std::array<char, 4096> part{};
  for (std::size_t n; (n = fread(part.data(), 1, part.size(), pipe)) > 0;) ended.out.append(part.data(), n);
  const int status = pclose(pipe);
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ended;
}
