// The readers behind `read_history`, one for each format; each reads the text once, from front to back.
#pragma once

#include <string>
#include <string_view>

#include "sim/history/history.hpp"
#include "sim/history/history_text.hpp"

namespace sim {

History read_jsonl(HistoryText& text, const std::string& file);
History read_etcd_log(HistoryText& text, const std::string& file);
History read_jepsen_edn(HistoryText& text, const std::string& file);
History read_kv_text(HistoryText& text, const std::string& file);

/// Takes the next line off the front of `text`, without its line end.
std::string_view take_line(std::string_view& text);

}  // namespace sim
