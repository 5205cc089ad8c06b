// Converts values from a file into an operation's values.
#pragma once

#include "sim/history/formats/edn.hpp"
#include "sim/history/name_table.hpp"
#include "sim/history/names.hpp"

namespace sim {

/// Nil, a number or name, a list of those, or a text. Values that can't be compared must have been refused.
Value value_of(const Edn& edn, NameTable& names);

/// The same as one number or name, to stand in a list.
std::int64_t element_of(const Edn& edn, NameTable& names);

/// Reads one value in EDN, such as `0`, `"text"` or `[1 2]`; throws std::invalid_argument for anything else.
Edn read_edn_value(const std::string& text);

}  // namespace sim
