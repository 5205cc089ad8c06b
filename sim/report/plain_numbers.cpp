#include "sim/report/plain_numbers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>

#include <fmt/format.h>

namespace sim {
namespace {

struct Unit {
  std::string_view name;
  double seconds;
  double from;  // values from so many seconds on are shown in this unit
};
constexpr std::array<Unit, 7> kUnits{{{"days", 86'400, 259'200},
                                      {"h", 3600, 7200},
                                      {"min", 60, 600},
                                      {"s", 1, 1},
                                      {"ms", 1e-3, 1e-3},
                                      {"us", 1e-6, 1e-6},
                                      {"ns", 1e-9, 0}}};

struct Size {
  std::string_view name;
  double size;
};
constexpr std::array<Size, 4> kSizes{{{" M", 1e6}, {" G", 1e9}, {" T", 1e12}, {" P", 1e15}}};
constexpr double kLargest = 1e18;   // from here on an exponent is clearer
constexpr double kSmallest = 1e-4;  // below it, too

// Rounded before a unit is chosen, so that 999.96 ms is 1 s and not "1e+03 ms".
double rounded(double x) { return std::strtod(fmt::format("{:.2e}", x).c_str(), nullptr); }

std::string without_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

// The text of a number that has three digits already.
std::string plain(double x) {
  const double size = std::abs(x);
  int decimals = 2;
  for (double limit = 1; size < limit && decimals < 12; limit /= 10) ++decimals;
  for (double limit = 10; size >= limit && decimals > 0; limit *= 10) --decimals;
  return without_zeros(fmt::format("{:.{}f}", x, decimals));
}

// "1.8e-09" is "1.8e-9".
std::string with_exponent(double x) {
  std::string text = fmt::format("{:.3g}", x);
  for (const std::string_view zero : {"e-0", "e+0"}) {
    if (const auto at = text.find(zero); at != std::string::npos) text.erase(at + 2, 1);
  }
  return text;
}

const Unit& unit_of(double seconds) {
  const double size = std::abs(rounded(seconds));
  return *std::ranges::find_if(kUnits, [&](const Unit& u) { return size >= u.from; });
}

template <class Say> std::string with_ends(double value, double low, double high, const Say& say) {
  const bool unknown = std::isnan(low) || std::isnan(high) || (std::isinf(low) && std::isinf(high));
  if (unknown) return say(value);
  return fmt::format("{} [{}, {}]", say(value), say(low), say(high));
}

}  // namespace

std::string three_digits(double x) {
  if (std::isnan(x)) return "unknown";
  if (std::isinf(x)) return "no limit";
  const double y = rounded(x), size = std::abs(y);
  if (size == 0) return "0";
  if (size < kSmallest || size >= kLargest) return with_exponent(y);
  for (auto unit = kSizes.rbegin(); unit != kSizes.rend(); ++unit) {
    if (size >= unit->size) return fmt::format("{}{}", plain(y / unit->size), unit->name);
  }
  return plain(y);
}

std::string time_text(double seconds) {
  if (!std::isfinite(seconds)) return three_digits(seconds);
  if (seconds == 0) return "0 s";
  const Unit& unit = unit_of(seconds);
  return fmt::format("{} {}", three_digits(seconds / unit.seconds), unit.name);
}

std::string percent_text(double share) {
  const double left = 1 - share;
  if (!(left > 0 && left < 0.01)) return three_digits(100 * share);
  const double missing =
      std::strtod(fmt::format("{:.1e}", 100 * left).c_str(), nullptr);  // two of its digits
  int decimals = 1;
  for (double limit = 1; missing < limit && decimals < 15; limit /= 10) ++decimals;
  return without_zeros(fmt::format("{:.{}f}", 100 - missing, decimals));
}

std::string interval_text(double value, double low, double high) {
  return with_ends(value, low, high, three_digits);
}

std::string time_interval_text(double value, double low, double high) {
  const double size = value == 0 && std::isfinite(high) ? high : value;
  if (!std::isfinite(size) || size == 0) return with_ends(value, low, high, three_digits) + " s";
  const Unit& unit = unit_of(size);
  const auto say = [&](double x) { return three_digits(x / unit.seconds); };
  return fmt::format("{} {}", with_ends(value, low, high, say), unit.name);
}

std::string percent_interval_text(double value, double low, double high) {
  return with_ends(value, low, high, percent_text);
}

}  // namespace sim
