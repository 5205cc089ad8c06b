// Which format a file is in: a history says what it is early on, and a few hundred characters are enough to
// tell.
#include <algorithm>

#include "sim/history/formats.hpp"

namespace sim {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What people hand over by mistake, and what they should do instead.
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

// The console log of Jepsen's test of etcd, in which a failed cas says that the value was another.
bool is_etcd_log(std::string_view head) {
  return head.starts_with("INFO ") && without_blanks(head.substr(4)).starts_with("jepsen.util - ");
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
  if (is_etcd_log(head)) return HistoryFormat::etcd;
  if (contains("[({;#^", head.substr(0, 1))) {
    const bool on_text = contains(head, ":get") || contains(head, ":put") || contains(head, ":append");
    return is_map && contains(head, ":key") && on_text ? HistoryFormat::kv : HistoryFormat::edn;
  }
  if (is_history_txt(head)) return HistoryFormat::txt;
  if (is_log(head)) return HistoryFormat::log;
  throw HistoryError(
      file, 1,
      "unknown format; expected JSON lines, EDN, Jepsen's history.txt or a log of it (choose with --format)");
}

}  // namespace sim
