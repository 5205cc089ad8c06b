// The readers behind `read_history`, one for each format; each reads the text once, from front to back.
#pragma once

#include <string>
#include <string_view>

#include "sim/history/formats/history_text.hpp"
#include "sim/history/history.hpp"
#include "sim/history/reading_options.hpp"

namespace sim {

History read_jsonl(HistoryText& text, const std::string& file, const ReadingOptions& options);
History read_etcd_log(HistoryText& text, const std::string& file, const ReadingOptions& options);
History read_jepsen_edn(HistoryText& text, const std::string& file, const ReadingOptions& options);
History read_jepsen_json(HistoryText& text, const std::string& file, const ReadingOptions& options);
History read_jepsen_log(HistoryText& text, const std::string& file, const ReadingOptions& options);
History read_history_txt(HistoryText& text, const std::string& file, const ReadingOptions& options);
History read_kv_text(HistoryText& text, const std::string& file, const ReadingOptions& options);

/// The format that a text seems to be in. Throws HistoryError, naming `file`, if it is none.
HistoryFormat detect_format(std::string_view text, const std::string& file);

/// `text` from its first character that is no blank, tab or end of a line.
std::string_view without_blanks(std::string_view text);

/// Takes the next line off the front of `text`, without its line end.
std::string_view take_line(std::string_view& text);

}  // namespace sim
