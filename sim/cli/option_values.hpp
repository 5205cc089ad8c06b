// Numbers and words on the command line. Each number has a range and each word is one of a few; another one
// is refused with what is expected and the nearest valid value. (The parser's own conversion turns -1 into
// the largest number, and its own choice of words names no nearest.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/App.hpp>

namespace sim {

struct WholeRange {
  std::uint64_t min = 0;
  std::uint64_t max = UINT64_MAX;
};
struct RealRange {
  double min, max;
};

/// A whole number within a range; throws InputError that begins with the option's name.
std::uint64_t parse_whole(const std::string& option, const std::string& text, WholeRange range);
/// A decimal number within a range; throws InputError.
double parse_real(const std::string& option, const std::string& text, RealRange range);

/// Adds an option that takes a whole number into `variable`, which may be a std::optional.
template <class T>
CLI::Option* add_whole_option(CLI::App& command, const std::string& name, T& variable, WholeRange range,
                              const std::string& about) {
  const auto take = [name, &variable, range](const std::string& text) {
    using Number = std::remove_cvref_t<decltype(variable)>;
    const std::uint64_t number = parse_whole(name, text, range);
    if constexpr (std::is_arithmetic_v<Number>)
      variable = static_cast<Number>(number);
    else
      variable = number;
  };
  return command.add_option_function<std::string>(name, take, about)->type_name("N");
}

/// Adds an option that takes a decimal number.
CLI::Option* add_real_option(CLI::App& command, const std::string& name, std::optional<double>& variable,
                             RealRange range, const std::string& about);

/// Adds an option, or an argument if `name` has no dashes, that takes one of `words`, which help and
/// completions list.
CLI::Option* add_word_option(CLI::App& command, const std::string& name, std::string& variable,
                             const std::vector<std::string>& words, const std::string& about);

}  // namespace sim
