// Values of any kind as numbers. A model that only compares values just needs equal numbers for equal values.
// So each value that is neither nil, a number of 64 bits, a list nor a text gets a number of its own from a
// range that no file can write, and the file's notation for it is kept beside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "sim/history/value.hpp"

namespace sim {

/// The meaning of a history's numbers. Empty where they stand for themselves.
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

/// The name with this place among all of its kind, and back.
constexpr std::int64_t name_at(std::size_t rank) { return kFirstName + static_cast<std::int64_t>(rank); }
constexpr std::size_t rank_of(std::int64_t name) {
  return static_cast<std::size_t>(static_cast<std::uint64_t>(name) - static_cast<std::uint64_t>(kFirstName));
}

/// Text as an EDN string, with its quotes.
std::string edn_quoted(std::string_view text);

}  // namespace sim
