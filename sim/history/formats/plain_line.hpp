// Nearly all lines of our own format are plain: no blanks, no escapes, whole numbers only. Reading those by
// hand is ten times faster than building a document for each.
#pragma once

#include <optional>
#include <string_view>

#include "sim/history/operation.hpp"

namespace sim {

/// The operation on a plain and correct line; nothing for any other line, for whatever reason: the strict
/// reader then reports it, or reads it.
std::optional<Operation> read_plain_line(std::string_view line);

}  // namespace sim
