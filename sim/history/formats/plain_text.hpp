// The texts that readers by hand take as they are.
#pragma once

#include <array>

namespace sim {

/// By character: printable ASCII that neither ends a text nor begins an escape.
constexpr std::array<bool, 256> kPlainText = [] {
  std::array<bool, 256> in{};
  for (unsigned char c = ' '; c < 127; ++c) in[c] = c != '"' && c != '\\';
  return in;
}();

/// Whether a character stands for itself in a text; `char` may be signed or not.
constexpr bool stands_for_itself(char c) { return kPlainText[static_cast<unsigned char>(c)]; }

}  // namespace sim
