// The checksum at the end of each row of a sweep: detects rows that were changed or belong to another
// sweep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/scenario/json.hpp"

namespace sim {

class RowSeal {
 public:
  /// `about` is the content of sweep.json. Rows of the parts of one sweep, and of the same sweep with more
  /// seeds, have the same seals.
  explicit RowSeal(Json about);

  /// Adds `"sum":"<16 hex digits>"` to the row that begins at `begin` and ends with `text`.
  void close(std::string& text, std::size_t begin) const;

  /// The fault of a row, in words; empty when it is unchanged.
  std::string_view complaint(std::string_view row) const;

 private:
  std::uint64_t sum(std::string_view row) const;
  std::uint64_t salt_ = 0;
};

}  // namespace sim
