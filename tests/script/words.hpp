// The words of a command, and the error if they make no sense.
#pragma once

#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace script {

using Words = std::vector<std::string>;
Words words_of(std::string_view text);

[[noreturn]] inline void refuse(const std::string& why) { throw std::runtime_error(why); }

template <class Number> Number number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) refuse("not a number: " + std::string(text));
  return number;
}

}  // namespace script
