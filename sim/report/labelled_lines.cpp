#include "sim/report/labelled_lines.hpp"

#include <algorithm>

#include "sim/kernel/printable.hpp"

namespace sim {
namespace {

constexpr std::size_t kNarrowest = 20;  // a column of words is no help to anyone

// How many bytes of `text` fill a line of at most `width` columns: up to a blank, or else to the last
// character.
std::size_t length_of_line(std::string_view text, std::size_t width) {
  if (columns_of(text) <= width) return text.size();
  std::size_t end = 0, blank = 0;
  for (std::size_t next = 1; next <= text.size(); ++next) {
    const bool inside = next < text.size() && (static_cast<unsigned char>(text[next]) & 0xc0) == 0x80;
    if (inside) continue;
    if (columns_of(text.substr(0, next)) > width) break;
    end = next;
    if (next < text.size() && text[next] == ' ') blank = next;
  }
  return blank > 0 ? blank : end;
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  const std::size_t room = std::max(width, indent + kNarrowest) - indent;
  const std::string clean = printable_lines(text);
  std::string out;
  for (std::string_view rest = clean; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    const std::size_t length = length_of_line(line, room);
    if (!out.empty()) out += '\n' + std::string(indent, ' ');
    out += line.substr(0, length);
    rest.remove_prefix(length);
    if (!rest.empty() && (rest.front() == ' ' || rest.front() == '\n')) rest.remove_prefix(1);
  }
  return out;
}

void LabelledLines::line(std::string_view label, std::string_view text) {
  std::string start = printable(label);
  start.resize(std::max(start.size(), kLabelWidth), ' ');
  out_ += start + wrapped(text, width_, kLabelWidth) + '\n';
}

void LabelledLines::plain(std::string_view text) {
  out_ += printable_lines(text);
  out_ += '\n';
}

}  // namespace sim
