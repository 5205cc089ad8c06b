// Finds a file's format: a history shows it early on, and a few hundred characters are enough to tell.
#include <algorithm>

#include "sim/history/formats/formats.hpp"
#include "sim/history/history_error.hpp"
#include "sim/history/reading_options.hpp"

namespace sim {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Files that people hand over by mistake, and what they should do instead.
void refuse_binary(std::string_view text, const std::string& file) {
  const auto refuse = [&](const char* what) { throw HistoryError(file, 0, what); };
  if (text.starts_with("\x1f\x8b")) refuse("compressed (gzip); expected the text: unpack it with gunzip");
  if (text.starts_with("BZh") ||
      text.starts_with("\xfd"
                       "7zXZ") ||
      text.starts_with("\x28\xb5\x2f\xfd") || text.starts_with("PK\x03"))
    refuse("compressed; expected the text: unpack it first");
  if (text.starts_with("JEPSEN"))
    refuse("Jepsen's binary store; expected history.edn or history.txt from the same folder");
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) refuse("UTF-16; expected UTF-8");
  if (text.substr(0, 400).find('\0') != std::string_view::npos) refuse("binary; expected a text");
}

// The event on a line of Jepsen's oldest logs: `0 :invoke :read nil`. Nothing if it isn't one of those.
std::string_view told_by(std::string_view line) {
  constexpr std::string_view source = "jepsen.util - ";
  if (!line.starts_with("INFO ")) return {};
  const std::string_view rest = without_blanks(line.substr(4));
  return rest.starts_with(source) ? without_blanks(rest.substr(source.size())) : std::string_view();
}

// Whether an event can be of the test of etcd: numbers are read, written, and compared and set.
bool is_of_etcd(std::string_view event) {
  const auto word = [&] {
    const std::string_view found = event.substr(0, event.find_first_of(" \t"));
    event = without_blanks(event.substr(found.size()));
    return found;
  };
  word();  // the process
  if (word() != ":invoke") return true;
  const std::string_view f = word();
  if (f == ":read") return event.starts_with("nil");
  const bool cas = f == ":cas" && event.starts_with('[');
  if (!cas && f != ":write") return false;
  if (cas) event.remove_prefix(1);
  return event.find_first_not_of("0123456789-nil] \t") == event.npos;
}

// The console log of Jepsen's test of etcd, in which a failed cas says that the value was another. Other
// tests wrote such logs as well, of other objects.
bool is_etcd_log(std::string_view beginning) {
  if (told_by(beginning.substr(0, beginning.find('\n'))).empty()) return false;
  constexpr std::size_t enough = 1 << 16;
  const bool cut = beginning.size() > enough;
  beginning = beginning.substr(0, enough);
  while (!beginning.empty()) {
    const std::string_view event = told_by(take_line(beginning));
    if (cut && beginning.empty()) return true;
    if (!event.empty() && is_digit(event.front()) && !is_of_etcd(event)) return false;
  }
  return true;
}

// A line of a log begins with a date, a time or a level.
bool is_log(std::string_view head) {
  for (const std::string_view level : {"INFO", "WARN", "DEBUG", "ERROR", "TRACE"}) {
    if (head.starts_with(level)) return true;
  }
  const bool dated =
      head.size() > 10 && is_digit(head[0]) && is_digit(head[3]) && head[4] == '-' && head[7] == '-';
  return dated || contains(head, "jepsen.util");
}

// PROCESS :type :f value, or :nemesis :info ...
bool is_history_txt(std::string_view head) {
  const auto word_end = std::min(head.find_first_of(" \t"), head.size());
  const std::string_view word = head.substr(0, word_end);
  const bool is_process = !word.empty() && (word.front() == ':' || std::ranges::all_of(word, is_digit));
  return is_process && without_blanks(head.substr(word_end)).starts_with(':');
}

// Texts that are put, appended and read. A store of numbers or lists is another one.
bool is_kv_text(std::string_view head) {
  const bool named = contains(head, ":get") || contains(head, ":put") || contains(head, ":append");
  const bool text = contains(head, ":value \"") || contains(head, ":key \"");
  if (!named || !text || !contains(head, ":key")) return false;
  constexpr std::string_view value = ":value ";
  for (auto at = head.find(value); at < head.size(); at = head.find(value, at + 1)) {
    const std::string_view found = head.substr(at + value.size());
    if (!found.empty() && !contains("\"ntf", found.substr(0, 1))) return false;  // text, nil, true or false
  }
  return true;
}

HistoryFormat detect_json(std::string_view head) {
  return contains(head, "\"repsim\"") || !contains(head, "\"process\"") ? HistoryFormat::jsonl
                                                                        : HistoryFormat::json;
}

}  // namespace

HistoryFormat detect_format(std::string_view text, const std::string& file) {
  refuse_binary(text, file);
  const std::string_view head = without_blanks(text).substr(0, 400);
  if (head.empty()) throw HistoryError(file, 0, "empty; expected a history");
  const bool is_map = head.starts_with('{');
  if (is_map && without_blanks(head.substr(1)).starts_with('"')) return detect_json(head);
  if (head.starts_with('[')) {
    const std::string_view first = without_blanks(head.substr(1));
    if (first.starts_with('{') && without_blanks(first.substr(1)).starts_with('"'))
      return HistoryFormat::json;
  }
  if (is_etcd_log(without_blanks(text))) return HistoryFormat::etcd;
  if (contains("[({;#^", head.substr(0, 1))) {
    return is_map && is_kv_text(head) ? HistoryFormat::kv : HistoryFormat::edn;
  }
  if (is_history_txt(head)) return HistoryFormat::txt;
  if (is_log(head)) return HistoryFormat::log;
  throw HistoryError(
      file, 1,
      "unknown format; expected JSON lines, EDN, Jepsen's history.txt or a log of it (choose with --format)");
}

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text;
}

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace sim
