// The width of the terminal.
#pragma once

#include <cstddef>

namespace sim {

/// The columns of the terminal that standard output goes to; elsewhere a width that doesn't depend on who is
/// looking, so that the same run prints the same bytes.
std::size_t line_width();

}  // namespace sim
