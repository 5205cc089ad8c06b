// Hands out the numbers of values of any kind, while a history is read.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/history/history.hpp"

namespace sim {

/// Hands out the numbers while a history is read.
class NameTable {
 public:
  std::int64_t number_of(std::string_view edn);         ///< Of a value.
  std::int64_t number_of(std::int64_t number);          ///< Itself, unless it falls in the range of names.
  std::uint32_t key_of(std::string_view edn);           ///< Of a key that is no small number.
  const std::string& text_of(std::int64_t name) const;  ///< Of a value's number.

  /// The value as one number: a text, list or nil gets a name.
  std::int64_t as_number(const Value& value);

  bool empty() const { return values_.empty() && keys_.empty(); }

  /// Renumbers all of `history` in the order of the names' texts, so that its numbers don't depend on the
  /// format or the order in which it was read, and leaves the names with it.
  void finish(History& history) const;

 private:
  using Numbers = std::map<std::string, std::uint32_t, std::less<>>;
  static std::uint32_t number_in(Numbers& numbers, std::string_view text);

  Numbers values_{};
  std::vector<const std::string*> texts_{};  // of values, by number
  Numbers keys_{};
};

}  // namespace sim
