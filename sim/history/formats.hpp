// The readers behind `read_history`, one for each format; each gets the whole text.
#pragma once

#include <string>
#include <string_view>

#include "sim/history/history.hpp"

namespace sim {

History read_jsonl(std::string_view text, const std::string& file);
History read_etcd_log(std::string_view text, const std::string& file);
History read_jepsen_edn(std::string_view text, const std::string& file);
History read_kv_text(std::string_view text, const std::string& file);

/// Takes the next line off the front of `text`, without its line end.
std::string_view take_line(std::string_view& text);

}  // namespace sim
