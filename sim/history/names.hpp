// Values of any kind as numbers. A model that only compares values needs no more of them than that equal ones
// are equal; so each value that is neither nil, a number of 64 bits, a list nor a text gets a number of its
// own from a range that no file can write, and the file's notation for it is kept beside.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/history/value.hpp"

namespace sim {

struct History;

/// What the numbers of a history stand for. Empty where they stand for themselves.
struct Names {
  std::vector<std::string> values{};    ///< In EDN, of the numbers from `kFirstName` on; sorted.
  std::vector<std::string> keys{};      ///< In EDN, of the keys from `kFirstNamedKey` on; sorted.
  std::vector<std::int64_t> clients{};  ///< Of client 0, 1, ...: its number in the file; ascending.
  bool operator==(const Names&) const = default;

  std::string value(std::int64_t number) const;  ///< In EDN, whether it's a name or a number.
  std::string value(const Value& value) const;   ///< In EDN.
  std::string key(std::uint32_t key) const;
  std::int64_t client(std::uint16_t client) const;
};

inline constexpr std::int64_t kFirstName = std::numeric_limits<std::int64_t>::min();
inline constexpr std::uint32_t kFirstNamedKey = std::uint32_t{1} << 31;

/// Whether a number stands for something else. A file's own number that falls in this range becomes a name.
constexpr bool is_name(std::int64_t number) { return number < kFirstName + (std::int64_t{1} << 32); }

/// Text as an EDN string, with its quotes.
std::string edn_quoted(std::string_view text);

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
