// Histories as files.
#pragma once

#include <iosfwd>
#include <string>

#include "sim/history/history.hpp"

namespace sim {

/// Writes our own format; `read_history` gives back an equal history.
void write_jsonl(std::ostream& out, const History& history);

/// One operation as a line of it, without the line's end.
std::string jsonl_line(const Operation& operation, const Names& names = {});

/// Writes Jepsen's EDN, a map a line. A cas, acquire or release that did nothing becomes `:fail`, which does
/// not say that it could not. The findings of insert, remove and contains are written as `[ELEMENT true]` or
/// `[ELEMENT false]`. Throws std::runtime_error for what EDN can't tell: answers of add, an unanswered stamp
/// or draw, and an initial value that isn't the model's.
void write_edn(std::ostream& out, const History& history);

}  // namespace sim
