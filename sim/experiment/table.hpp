// Points and numbers as tables: for people in columns, for spreadsheets as CSV.
#pragma once

#include <string>
#include <vector>

#include "sim/experiment/statistics.hpp"
#include "sim/kernel/printable.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {

/// An estimate as results show it: value, low and high, an end that isn't known as null.
Json json_of(const Estimate& estimate);
/// Every key that some point has, in order of first mention.
std::vector<std::string> keys_of(const std::vector<Json>& points);
/// A point's value for a key; empty when it leaves that to the scenario.
std::string cell_of(const Json& point, const std::string& key);

/// Rows of cells as lines, made printable and cut when they are long: the first column left-aligned, the
/// others right-aligned. If they are wider than `width` (0: any width will do), the columns that don't fit
/// follow in blocks below, each of which begins with the first `names` columns.
std::string aligned(const std::vector<std::vector<std::string>>& rows, std::size_t width = 0,
                    std::size_t names = 1);

/// A number that reads back as the same double; empty if it isn't finite.
std::string csv_number(double x);

}  // namespace sim
