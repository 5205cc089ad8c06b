#include "sim/report/row_reader.hpp"

namespace sim {

bool RowReader::has(std::string_view key) const {
  const std::string_view comma = first_ ? "" : ",";
  return rest_.starts_with(comma) && rest_.substr(comma.size()).starts_with('"') &&
         rest_.substr(comma.size() + 1).starts_with(key) &&
         rest_.substr(comma.size() + 1 + key.size()).starts_with("\":");
}

// Excludes forms that from_chars reads, too: inf, nan, and zeros in front.
bool RowReader::is_json_number(const char* begin, const char* end) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const char* first = *begin == '-' ? begin + 1 : begin;
  return first != end && digit(*first) && digit(end[-1]) &&
         !(*first == '0' && end - first > 1 && digit(first[1]));
}

void RowReader::take(std::string& v) {
  const std::string_view text = json_text();
  if (text.front() != '"') throw NoRow();
  const std::string_view inside = text.substr(1, text.size() - 2);
  if (inside.find('\\') == std::string_view::npos) {
    v = inside;
  } else {
    Json json;
    take_json(text, json);
    v = json.get<std::string>();
  }
}

void RowReader::take(Json& v) { take_json(json_text(), v); }

void RowReader::take_json(std::string_view text, Json& v) {
  v = Json::parse(text, nullptr, false);
  if (v.is_discarded()) throw NoRow();
}

// Reads up to the comma or bracket that ends the value; those within strings and inner brackets don't.
std::string_view RowReader::json_text() {
  std::size_t depth = 0, i = 0;
  bool in_string = false;
  for (; i < rest_.size(); ++i) {
    const char c = rest_[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}' || c == ']')) break;
    in_string = c == '"';
    depth += c == '{' || c == '[';
    depth -= c == '}' || c == ']';
  }
  if (i == 0 || i >= rest_.size() || in_string) throw NoRow();
  const std::string_view text = rest_.substr(0, i);
  rest_.remove_prefix(i);
  return text;
}

}  // namespace sim
