#include "sim/cli/option_values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/scenario/json.hpp"

namespace sim {
namespace {

template <class T> std::optional<T> parsed(const std::string& text) {
  T number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

// The nearest value in range to texts such as 1e3, -1 or a number with too many digits; empty for others.
std::string nearest_whole(const std::string& text, WholeRange range) {
  const bool digits = text.find_first_not_of("0123456789") == text.npos && !text.empty();
  if (digits) return fmt::format("{}", parsed<std::uint64_t>(text) ? range.min : range.max);
  const auto number = parsed<double>(text);
  if (!number || !std::isfinite(*number)) return {};
  const double whole = std::round(*number);
  if (whole <= static_cast<double>(range.min)) return fmt::format("{}", range.min);
  if (whole >= static_cast<double>(range.max)) return fmt::format("{}", range.max);
  return fmt::format("{}", static_cast<std::uint64_t>(whole));
}

}  // namespace

std::uint64_t parse_whole(const std::string& option, const std::string& text, WholeRange range) {
  const auto number = parsed<std::uint64_t>(text);
  if (number && *number >= range.min && *number <= range.max) return *number;
  const bool too_large = number && *number > range.max;
  throw InputError({.file = option,
                    .found = "found " + shown(text),
                    .expected = fmt::format("a whole number from {} to {}", range.min, range.max),
                    .nearest = too_large ? fmt::format("{}", range.max) : nearest_whole(text, range)});
}

double parse_real(const std::string& option, const std::string& text, RealRange range) {
  const auto number = parsed<double>(text);
  if (number && *number >= range.min && *number <= range.max) return *number;
  const bool near = number && std::isfinite(*number);
  throw InputError({.file = option,
                    .found = "found " + shown(text),
                    .expected = fmt::format("a number from {} to {}", range.min, range.max),
                    .nearest = near ? fmt::format("{}", std::clamp(*number, range.min, range.max)) : ""});
}

CLI::Option* add_real_option(CLI::App& command, const std::string& name, std::optional<double>& variable,
                             RealRange range, const std::string& about) {
  const auto take = [name, &variable, range](const std::string& text) {
    variable = parse_real(name, text, range);
  };
  return command.add_option_function<std::string>(name, take, about)->type_name("X");
}

CLI::Option* add_word_option(CLI::App& command, const std::string& name, std::string& variable,
                             const std::vector<std::string>& words, const std::string& about) {
  const auto take = [name, &variable, words](const std::string& text) {
    if (std::ranges::find(words, text) == words.end())
      throw InputError({.file = name,
                        .found = "found " + shown(text),
                        .expected = fmt::format("{}", fmt::join(words, ", ")),
                        .nearest = nearest(text, words)});
    variable = text;
  };
  return command.add_option_function<std::string>(name, take, about)
      ->type_name(fmt::format("TEXT:{{{}}}", fmt::join(words, ",")));
}

}  // namespace sim
