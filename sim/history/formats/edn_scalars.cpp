// Numbers and texts of EDN, each value in one form, so that comparing the forms compares the values.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "sim/history/formats/edn.hpp"
#include "sim/history/names.hpp"

namespace sim {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void set_number(Edn& into, std::string text) {
  into.kind = Edn::Kind::number;
  into.text = std::move(text);
}

// An optional sign and digits, beyond 64 bits or not.
bool read_integer(std::string_view word, Edn& into) {
  if (word.ends_with('N')) word.remove_suffix(1);
  const bool negative = word.front() == '-';
  std::string_view digits = word.substr(word.front() == '-' || word.front() == '+' ? 1 : 0);
  if (!all_digits(digits) || (digits.size() > 1 && digits.front() == '0')) return false;  // 017 is octal
  if (digits.size() <= 18) {                                                              // surely 64 bits
    std::int64_t value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    into.kind = Edn::Kind::integer;
    into.integer = negative ? -value : value;
    return true;
  }
  const std::string text = (negative ? "-" : "") + std::string(digits);
  if (const auto value = whole(text)) {
    into.kind = Edn::Kind::integer;
    into.integer = *value;
  } else {
    set_number(into, text + 'N');
  }
  return true;
}

bool read_ratio(std::string_view word, Edn& into) {
  const auto slash = word.find('/');
  if (slash == std::string_view::npos) return false;
  if (word.front() == '+') return read_ratio(word.substr(1), into);
  const auto above = whole(word.substr(0, slash));
  const auto below = whole(word.substr(slash + 1));
  const bool fits = above && below && *below > 0 && *above != std::numeric_limits<std::int64_t>::min() &&
                    all_digits(word.substr(slash + 1));
  if (!fits) return false;
  const std::int64_t common = std::gcd(*above, *below);
  if (*below == common) {
    into.kind = Edn::Kind::integer;
    into.integer = *above / common;
  } else {
    set_number(into, std::to_string(*above / common) + '/' + std::to_string(*below / common));
  }
  return true;
}

// 1.50M and 15E-1M are one decimal number: digits without zeros at their ends, and a power of ten.
bool read_decimal(std::string_view word, Edn& into) {
  const bool negative = word.front() == '-';
  if (word.front() == '-' || word.front() == '+') word.remove_prefix(1);
  const auto e = std::min(word.find_first_of("eE"), word.size());
  std::string_view power = word.substr(std::min(e + 1, word.size()));
  if (power.starts_with('+')) power.remove_prefix(1);
  const auto exponent = e == word.size() ? std::optional<std::int64_t>(0) : whole(power);
  std::string digits(word.substr(0, e));
  const auto point = digits.find('.');
  std::int64_t shift = 0;
  if (point != std::string::npos) {
    shift = static_cast<std::int64_t>(digits.size() - point - 1);
    digits.erase(point, 1);
  }
  constexpr std::int64_t far = 1'000'000'000;
  if (!all_digits(digits) || !exponent || *exponent > far || *exponent < -far) return false;
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  while (digits.ends_with('0')) {
    digits.pop_back();
    --shift;
  }
  const std::string sign = negative && !digits.empty() ? "-" : "";
  const std::int64_t place = digits.empty() ? 0 : *exponent - shift;
  if (digits.empty()) digits = "0";
  set_number(into, sign + digits + (place != 0 ? 'E' + std::to_string(place) : "") + 'M');
  return true;
}

bool read_floating(std::string_view word, Edn& into) {
  if (word.front() == '+') word.remove_prefix(1);
  const bool is_floating = word.find_first_of(".eE") != std::string_view::npos;
  if (word.ends_with('.') || !is_floating) return false;
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (end != word.data() + word.size()) return false;
  if (error == std::errc::result_out_of_range) return false;  // too large or too small to be told from others
  if (value == 0) value = 0;                                  // -0.0 equals 0.0
  std::array<char, 64> shown{};
  const auto last = std::to_chars(shown.data(), shown.data() + shown.size(), value == 0 ? 0.0 : value).ptr;
  std::string text(shown.data(), last);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  set_number(into, text);
  return true;
}

std::string shown_character(const std::string& text) {
  using Named = std::pair<std::string_view, std::string_view>;
  static constexpr Named named[] = {{"\n", "newline"}, {" ", "space"},     {"\t", "tab"},
                                    {"\r", "return"},  {"\f", "formfeed"}, {"\b", "backspace"}};
  const auto known = std::ranges::find(named, std::string_view(text), &Named::first);
  return '\\' + (known != std::end(named) ? std::string(known->second) : text);
}

std::string joined(char open, const std::vector<std::string>& texts, char close) {
  std::string all(1, open);
  for (const std::string& text : texts) all += (all.size() > 1 ? " " : "") + text;
  return all + close;
}

std::vector<std::string> entries(const Edn& edn) {
  std::vector<std::string> texts;
  const bool is_map = edn.kind == Edn::Kind::map;
  for (std::size_t i = 0; i < edn.items.size(); i += is_map ? 2 : 1) {
    texts.push_back(edn_text(edn.items[i]) + (is_map ? ' ' + edn_text(edn.items[i + 1]) : std::string()));
  }
  if (!edn.is_sequence()) std::ranges::sort(texts);
  return texts;
}

}  // namespace

void read_edn_number(std::string_view token, Edn& into) {
  const bool decimal = token.ends_with('M');
  const bool read = decimal
                        ? read_decimal(token.substr(0, token.size() - 1), into)
                        : read_integer(token, into) || read_ratio(token, into) || read_floating(token, into);
  if (read) return;
  into.kind = Edn::Kind::unreadable;
  into.text = token;
}

namespace {
char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
}  // namespace

std::string edn_text(const Edn& edn) {
  switch (edn.kind) {
    case Edn::Kind::nil: return "nil";
    case Edn::Kind::boolean: return edn.integer != 0 ? "true" : "false";
    case Edn::Kind::integer: return std::to_string(edn.integer);
    case Edn::Kind::number:
    case Edn::Kind::symbol:
    case Edn::Kind::unreadable: return edn.text;
    case Edn::Kind::character: return shown_character(edn.text);
    case Edn::Kind::string: return edn_quoted(edn.text);
    case Edn::Kind::keyword: return ':' + edn.text;
    case Edn::Kind::list:
    case Edn::Kind::vector: return joined('[', entries(edn), ']');
    case Edn::Kind::map: return joined('{', entries(edn), '}');
    case Edn::Kind::set: return '#' + joined('{', entries(edn), '}');
    case Edn::Kind::tagged: break;
  }
  std::string tagged = edn_text(edn.items.front());
  if (edn.text == "uuid") std::ranges::transform(tagged, tagged.begin(), lower_case);
  return '#' + edn.text + ' ' + tagged;
}

std::string why_incomparable(const Edn& edn) {
  if (edn.kind == Edn::Kind::unreadable) {
    return "found " + edn.text.substr(0, 80) + ", which can't be compared with other values";
  }
  if (edn.kind == Edn::Kind::number && edn.text == "##NaN") return "found ##NaN, which equals no value";
  for (const Edn& item : edn.items) {
    if (std::string why = why_incomparable(item); !why.empty()) return why;
  }
  return {};
}

void add_utf8(std::string& text, char32_t code) {
  const auto add = [&](char32_t bits) {
    text.push_back(static_cast<char>(static_cast<unsigned char>(bits)));
  };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      add(0xE0 | code >> 12);
    } else {
      add(0xF0 | code >> 18);
      add(0x80 | (code >> 12 & 0x3F));
    }
    add(0x80 | (code >> 6 & 0x3F));
  }
  add(0x80 | (code & 0x3F));
}

bool is_utf8(std::string_view text) {
  const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::ranges::all_of(text, ascii)) return true;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    if (lead < 0x80) continue;
    const std::size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4 || i + more > text.size()) return false;
    char32_t code = lead & (0x3FU >> more);
    for (std::size_t k = 0; k < more; ++k) {
      const auto byte = static_cast<unsigned char>(text[i++]);
      if ((byte & 0xC0U) != 0x80U) return false;
      code = code << 6 | (byte & 0x3FU);
    }
    constexpr std::array<char32_t, 4> least{0, 0x80, 0x800, 0x10000};
    if (code < least[more] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
  }
  return true;
}

}  // namespace sim
