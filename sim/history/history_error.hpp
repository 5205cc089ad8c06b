// A reader's errors about a file that isn't a history.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

namespace sim {

/// A file that isn't a history: says where, what was found and what was expected.
struct HistoryError : std::runtime_error {
  HistoryError(std::string file_name, std::size_t line_number, const std::string& what_was_expected);
  std::string file;
  std::size_t line;         ///< From 1; 0 when the error concerns the whole file.
  std::string expectation;  ///< The part of `what()` behind those two.
};

/// A file whose reading was stopped before its end.
struct ReadingStopped : std::runtime_error {
  ReadingStopped() : std::runtime_error("reading was stopped before the end of the history") {}
};

}  // namespace sim
