#include "sim/cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace sim {

std::size_t line_width() {
  constexpr std::size_t kElsewhere = 98, kNarrowest = 40, kWidest = 120;  // longer lines are hard to read
  winsize size{};
  const bool terminal = ::isatty(STDOUT_FILENO) == 1 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
  if (!terminal || size.ws_col == 0) return kElsewhere;
  return std::clamp<std::size_t>(size.ws_col, kNarrowest, kWidest);
}

}  // namespace sim
