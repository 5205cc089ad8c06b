// JSON as EDN, in which all values are read: an object is a map with texts as keys, and null is nil. Numbers
// beyond 64 bits keep all their digits. An object that has a key twice is refused: a reader that takes the
// last (or the first) of two values may judge another history than the next reader.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/history/formats/edn.hpp"

namespace sim {

/// Reads one JSON document. An object `{"edn": TEXT}` stands for the value of that text. Returns why it can't
/// be read, or nothing.
std::optional<std::string> read_json(std::string_view text, Edn& into);

}  // namespace sim
