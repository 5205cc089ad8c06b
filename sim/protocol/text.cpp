#include "sim/protocol/text.hpp"

namespace sim {

std::string text_of(std::uint64_t number) {
  constexpr auto kDigits = "0123456789abcdef";
  if (number < std::uint64_t{1} << 40) return std::to_string(number);
  std::string text = "#";
  for (int shift = 60; shift >= 48; shift -= 4) text += kDigits[(number >> shift) & 15];
  return text;
}

std::string text_of(const NodeSet& nodes) {
  std::string text = "{";
  std::size_t left = nodes.size();
  for (std::uint16_t i = 0; left > 0; ++i) {
    if (!nodes.contains(NodeId{i})) continue;
    text += (text.size() > 1 ? " " : "") + std::to_string(i);
    --left;
  }
  return text + '}';
}

}  // namespace sim
