// Text from outside made harmless before anyone sees it: names, keys, labels and file names come from others,
// and may move a terminal's cursor, turn a line around or become a formula.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sim/kernel/time.hpp"

namespace sim {

/// `text` as one line of valid UTF-8: control characters, characters that change the direction of writing,
/// and bytes that are no UTF-8 are shown as JSON would write them (\n, \u001b, \u202e) or as \xff.
std::string printable(std::string_view text);

/// The same, but lines stay lines. JSON stays the same JSON.
std::string printable_lines(std::string_view text);

/// An instant of a run in the unit that reports and stories use: "4070.4 ms", "12 ns" when it is too early
/// for that.
std::string in_milliseconds(Time time);

/// How many columns of a terminal a printable text takes.
std::size_t columns_of(std::string_view text);

/// `text` in at most `columns` columns: a longer text loses its middle, as names often differ at their ends.
std::string shortened(std::string_view text, std::size_t columns);

/// A text as a cell of a CSV line: printable, in quotes where it must be. A text that a spreadsheet would
/// take for a formula (it begins with = + - @, and is no number) gets an apostrophe in front, as spreadsheets
/// write it.
std::string csv_field(std::string_view text);

}  // namespace sim
