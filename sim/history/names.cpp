#include "sim/history/names.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace sim {

std::string edn_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    switch (c) {
      case '"': quoted += "\\\""; break;
      case '\\': quoted += "\\\\"; break;
      case '\n': quoted += "\\n"; break;
      case '\t': quoted += "\\t"; break;
      case '\r': quoted += "\\r"; break;
      default:
        const auto byte = static_cast<unsigned char>(c);
        quoted += byte < 0x20 || byte == 0x7f ? fmt::format("\\u{:04x}", byte) : std::string(1, c);
    }
  }
  return quoted + '"';
}

std::string Names::value(std::int64_t number) const {
  const bool known = is_name(number) && rank_of(number) < values.size();
  return known ? values[rank_of(number)] : std::to_string(number);
}

std::string Names::value(const Value& value) const {
  if (const auto* number = value.as_number()) return this->value(*number);
  if (const auto* text = value.as_text()) return edn_quoted(*text);
  const auto* list = value.as_list();
  if (list == nullptr) return "nil";
  std::string text = "[";
  for (const std::int64_t element : *list) text += (text.size() > 1 ? " " : "") + this->value(element);
  return text + ']';
}

std::string Names::key(std::uint32_t key) const {
  const bool known = key >= kFirstNamedKey && key - kFirstNamedKey < keys.size();
  return known ? keys[key - kFirstNamedKey] : std::to_string(key);
}

std::int64_t Names::client(std::uint16_t client) const {
  return client < clients.size() ? clients[client] : client;
}

}  // namespace sim
