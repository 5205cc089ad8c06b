#include "sim/cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace sim {

std::size_t line_width() {
  constexpr std::size_t kElsewhere = 98, kNarrowest = 40, kWidest = 120;  // longer lines are hard to read
  const std::size_t columns = table_width();
  return columns == 0 ? kElsewhere : std::clamp(columns, kNarrowest, kWidest);
}

std::size_t table_width() {
  winsize size{};
  const bool terminal = ::isatty(STDOUT_FILENO) == 1 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
  return terminal ? size.ws_col : 0;
}

}  // namespace sim
