// The width of the terminal.
#pragma once

#include <cstddef>

namespace sim {

/// The columns of the terminal that standard output goes to; elsewhere a fixed width, so that the same run
/// prints the same bytes for everybody.
std::size_t line_width();

/// The same for tables; elsewhere 0: as wide as they come.
std::size_t table_width();

}  // namespace sim
