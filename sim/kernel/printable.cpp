#include "sim/kernel/printable.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace sim {
namespace {

struct Character {
  std::size_t bytes = 1;
  char32_t code = 0;
  bool valid = false;
};

// The first character of a text that isn't empty.
Character first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, lead, true};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  char32_t code = lead & (0x7fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3fu);
  }
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kLeast[bytes] || code > 0x10ffff || surrogate) return {};
  return {bytes, code, true};
}

using Ranges = std::pair<char32_t, char32_t>;
template <std::size_t N> bool within(char32_t c, const std::array<Ranges, N>& ranges) {
  return std::ranges::any_of(ranges, [&](const Ranges& r) { return c >= r.first && c <= r.second; });
}

// Controls, and invisible characters that change how the rest is shown: soft hyphen, marks and overrides of
// direction, separators of lines, byte order mark, tags.
bool hidden(char32_t c) {
  constexpr std::array<Ranges, 10> kHidden{{{0, 0x1f},
                                            {0x7f, 0x9f},
                                            {0xad, 0xad},
                                            {0x61c, 0x61c},
                                            {0x200b, 0x200f},
                                            {0x2028, 0x202e},
                                            {0x2060, 0x2069},
                                            {0xfeff, 0xfeff},
                                            {0xfff9, 0xfffb},
                                            {0xe0000, 0xe007f}}};
  return within(c, kHidden);
}

std::size_t columns_of(char32_t c) {
  constexpr std::array<Ranges, 4> kNone{
      {{0x300, 0x36f}, {0x1ab0, 0x1aff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}}};
  constexpr std::array<Ranges, 8> kWide{{{0x1100, 0x115f},
                                         {0x2e80, 0xa4cf},
                                         {0xac00, 0xd7a3},
                                         {0xf900, 0xfaff},
                                         {0xfe30, 0xfe6f},
                                         {0xff00, 0xff60},
                                         {0x1f300, 0x1faff},
                                         {0x20000, 0x3fffd}}};
  if (within(c, kNone)) return 0;
  return within(c, kWide) ? 2 : 1;
}

void append_hex(std::string& out, char32_t number, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    out += "0123456789abcdef"[(number >> shift) & 0xf];
}

void append_escaped(std::string& out, const Character& c, unsigned char byte) {
  if (!c.valid) {
    out += "\\x";
    return append_hex(out, byte, 2);
  }
  if (c.code == '\n') return void(out += "\\n");
  if (c.code == '\t') return void(out += "\\t");
  if (c.code == '\r') return void(out += "\\r");
  if (c.code > 0xffff) {  // two halves, as JSON writes it
    out += "\\u";
    append_hex(out, 0xd800 + ((c.code - 0x10000) >> 10), 4);
  }
  out += "\\u";
  append_hex(out, c.code > 0xffff ? 0xdc00 + (c.code & 0x3ff) : c.code, 4);
}

std::string cleaned(std::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character c = first_of(text);
    const bool plain = c.valid && (!hidden(c.code) || (keep_lines && c.code == '\n'));
    if (plain)
      out += text.substr(0, c.bytes);
    else
      append_escaped(out, c, static_cast<unsigned char>(text.front()));
    text.remove_prefix(c.bytes);
  }
  return out;
}

bool is_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double ignored = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ignored);
  const bool digit = text.find_first_of("0123456789") != std::string_view::npos;  // no "inf"
  return error == std::errc{} && end == text.data() + text.size() && digit;
}

}  // namespace

std::string in_milliseconds(Time time) {
  const auto ns = time.time_since_epoch().count();
  if (ns != 0 && ns < 100'000) return std::to_string(ns) + " ns";
  return std::to_string(ns / 1'000'000) + '.' + std::to_string(ns / 100'000 % 10) + " ms";
}

std::string printable(std::string_view text) { return cleaned(text, false); }

std::string printable_lines(std::string_view text) { return cleaned(text, true); }

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Character c = first_of(text);
    columns += columns_of(c.code);
    text.remove_prefix(c.bytes);
  }
  return columns;
}

std::string shortened(std::string_view text, std::size_t columns) {
  constexpr std::string_view kGap = "...";
  if (text.size() <= columns || columns_of(text) <= columns) return std::string(text);
  const std::size_t kept = columns > kGap.size() ? columns - kGap.size() : 0;
  const std::size_t front = kept - kept / 3;
  std::string_view head = text, tail = text;
  std::size_t used = 0;
  for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(first_of(rest).bytes)) {
    used += columns_of(first_of(rest).code);
    if (used > front) {
      head = text.substr(0, text.size() - rest.size());
      break;
    }
  }
  for (std::size_t left = columns_of(text); left > kept / 3 && !tail.empty();) {
    left -= columns_of(first_of(tail).code);
    tail.remove_prefix(first_of(tail).bytes);
  }
  return std::string(head) + std::string(kGap) + std::string(tail);
}

std::string csv_field(std::string_view text) {
  const bool formula =
      !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
  const std::string clean = (formula && !is_number(text) ? "'" : "") + printable(text);
  if (clean.find_first_of(",\";") == std::string::npos) return clean;
  std::string quoted = "\"";
  for (const char c : clean) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

}  // namespace sim
