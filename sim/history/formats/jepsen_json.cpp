// Jepsen's events as JSON: `{"process":0,"type":"invoke","f":"write","value":1}`, an object a line or all in
// an array.
#include "sim/history/formats/formats.hpp"
#include "sim/history/formats/jepsen_reader.hpp"
#include "sim/history/formats/json_values.hpp"
#include "sim/history/history.hpp"
#include "sim/history/history_error.hpp"
#include "sim/history/reading_options.hpp"

namespace sim {
namespace {

void read_document(std::string_view text, const std::string& file, std::size_t line, JepsenReader& reader) {
  Edn document;
  if (const auto why = read_json(text, document)) throw HistoryError(file, line, *why);
  const Edn* history = document.find("process") == nullptr ? document.find("history") : nullptr;
  const Edn& whole = history != nullptr ? *history : document;
  if (!whole.is_sequence()) {
    document.line = line;
    return reader.take(document);
  }
  for (Edn event : whole.items) {
    event.line = line++;  // an event's place in the array, unless they stand on lines of their own
    reader.take(event);
  }
}

}  // namespace

History read_jepsen_json(HistoryText& text, const std::string& file, const ReadingOptions& options) {
  JepsenReader reader(file, options, false);
  std::string_view rest = text.view();
  const auto start = rest.find_first_not_of(" \t\r\n");
  if (start != std::string_view::npos && rest[start] == '[') {
    read_document(rest, file, 1, reader);
    return reader.finish();
  }
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::string_view content = take_line(rest);
    text.release_before(rest);
    if (content.find_first_not_of(" \t") == std::string_view::npos) continue;
    read_document(content, file, number, reader);
  }
  return reader.finish();
}

}  // namespace sim
