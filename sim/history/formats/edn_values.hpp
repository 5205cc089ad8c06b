// Values of an operation from what a file says.
#pragma once

#include "sim/history/formats/edn.hpp"
#include "sim/history/name_table.hpp"
#include "sim/history/names.hpp"

namespace sim {

/// Nil, a number or name, a list of those, or a text. What can't be compared must have been refused.
Value value_of(const Edn& edn, NameTable& names);

/// The same as one number or name: what stands in a list.
std::int64_t element_of(const Edn& edn, NameTable& names);

/// Reads one value in EDN, such as `0`, `"text"` or `[1 2]`; throws std::invalid_argument for anything else.
Edn read_edn_value(const std::string& text);

}  // namespace sim
