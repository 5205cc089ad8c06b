#include "sim/scenario/units.hpp"

#include <array>
#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace sim {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr std::array<Unit, 6> kUnits{{{"h", 3'600'000'000'000},
                                      {"min", 60'000'000'000},
                                      {"s", 1'000'000'000},
                                      {"ms", 1'000'000},
                                      {"us", 1'000},
                                      {"ns", 1}}};
constexpr double kFastest = 1e12;
constexpr std::array<Unit, 3> kPer{{{"/s", 1}, {"/min", 60}, {"/h", 3600}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// digits[.digits] times 10^-places, without rounding.
struct Decimal {
  std::int64_t digits = 0;
  int places = 0;
};

// Takes a decimal number off the front of `text`.
std::optional<Decimal> take_decimal(std::string_view& text) {
  Decimal d;
  bool point = false;
  std::size_t i = 0;
  for (; i < text.size() && (is_digit(text[i]) || (text[i] == '.' && !point)); ++i) {
    if (text[i] == '.') {
      point = true;
      continue;
    }
    if (d.digits > (std::numeric_limits<std::int64_t>::max() - 9) / 10) return std::nullopt;
    d.digits = d.digits * 10 + (text[i] - '0');
    d.places += point ? 1 : 0;
  }
  const bool complete = i > 0 && is_digit(text[0]) && is_digit(text[i - 1]);
  text.remove_prefix(i);
  return complete ? std::optional(d) : std::nullopt;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto decimal = take_decimal(text);
  if (!decimal) return std::nullopt;
  for (const auto& [name, nanoseconds] : kUnits) {
    if (text != name) continue;
    auto [digits, places] = *decimal;
    for (; places > 0 && digits % 10 == 0; --places) digits /= 10;
    std::int64_t unit = nanoseconds;
    for (; places > 0 && unit % 10 == 0; --places) unit /= 10;
    for (; places > 0 && unit % 2 == 0 && digits % 5 == 0; --places) unit /= 2, digits /= 5;
    if (places > 0 || digits > std::numeric_limits<std::int64_t>::max() / unit) return std::nullopt;
    return Duration{negative ? -digits * unit : digits * unit};
  }
  return std::nullopt;
}

std::string to_text(Duration duration) {
  if (duration == Duration{0}) return "0s";
  for (const auto& [name, nanoseconds] : kUnits) {
    if (duration.count() % nanoseconds == 0) return fmt::format("{}{}", duration.count() / nanoseconds, name);
  }
  return {};  // every duration is a whole number of nanoseconds
}

std::string short_text(Duration duration) {
  const auto ns = static_cast<double>(duration.count());
  for (const auto& [unit, size] : {std::pair{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}}) {
    if (ns >= size || -ns >= size) return fmt::format("{:.4g}{}", ns / size, unit);
  }
  return to_text(duration);
}

std::optional<double> parse_rate(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + slash, value);
  if (error != std::errc{} || end != text.data() + slash || !(value > 0 && value <= kFastest)) {
    return std::nullopt;
  }
  for (const auto& [name, per] : kPer) {
    if (text.substr(slash) == name) return value / static_cast<double>(per);
  }
  return std::nullopt;
}

namespace {

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 5> kMemoryUnits{
    {{"TB", 1ULL << 40}, {"GB", 1ULL << 30}, {"MB", 1ULL << 20}, {"KB", 1ULL << 10}, {"B", 1}}};

}  // namespace

std::optional<std::uint64_t> parse_memory(std::string_view text) {
  constexpr double kMost = 0x1p60;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !(value > 0)) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, size] : kMemoryUnits) {
    const double bytes = value * static_cast<double>(size);
    if (unit != name) continue;
    if (!(bytes >= 1 && bytes < kMost)) return std::nullopt;
    const auto whole = static_cast<std::uint64_t>(bytes);
    return static_cast<double>(whole) == bytes ? std::optional(whole) : std::nullopt;
  }
  return std::nullopt;
}

std::string memory_text(std::uint64_t bytes) {
  for (const auto& [name, size] : kMemoryUnits) {
    if (bytes % size == 0 && bytes >= size) return fmt::format("{}{}", bytes / size, name);
  }
  return "0B";
}

std::string rate_text(double per_second) { return fmt::format("{}/s", per_second); }

}  // namespace sim
