#include "sim/history/history_error.hpp"

#include <utility>

namespace sim {

HistoryError::HistoryError(std::string file_name, std::size_t line_number,
                           const std::string& what_was_expected)
    : std::runtime_error(file_name + (line_number > 0 ? ":" + std::to_string(line_number) : std::string()) +
                         ": " + what_was_expected),
      file(std::move(file_name)),
      line(line_number),
      expectation(what_was_expected) {}

}  // namespace sim
