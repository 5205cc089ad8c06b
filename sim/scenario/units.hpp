// Quantities as people write them, with their unit: "15ms", "1.5s", "200/s". A number without one is an error
// everywhere, because nobody remembers whether a timeout was in seconds or in milliseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/kernel/time.hpp"

namespace sim {

/// A number followed by ns, us, ms, s, min or h. Exact: nothing when it is no whole number of nanoseconds,
/// out of range, or malformed. May be negative.
std::optional<Duration> parse_duration(std::string_view text);

/// The duration as a whole number of the largest unit for which it is one: 1500 ms is "1500ms", 120 s is
/// "2min".
std::string to_text(Duration duration);

/// For people, with up to four significant digits: "7.1ms", "1.5s".
std::string short_text(Duration duration);

/// A number followed by /s, /min or /h, as a rate per second; nothing when it is malformed or not positive.
std::optional<double> parse_rate(std::string_view text);

/// A number followed by B, KB, MB, GB or TB, each 1,024 of the one before, in bytes; nothing when it is
/// malformed, not positive, or no whole number of bytes.
std::optional<std::uint64_t> parse_memory(std::string_view text);

/// Bytes as a whole number of the largest unit that allows it.
std::string memory_text(std::uint64_t bytes);

/// A rate such as "0.1/s"; reads back as the same double.
std::string rate_text(double per_second);

}  // namespace sim
