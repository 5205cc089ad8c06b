// The formats in which histories are kept, and options for understanding one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/history/operation.hpp"

namespace sim {

enum class HistoryFormat : std::uint8_t {
  automatic,  ///< Decided by the first characters of the file.
  jsonl,      ///< Our own: see sim/report/README.md.
  json,       ///< Jepsen's events as JSON: an array of objects, or one a line.
  edn,        ///< Jepsen: a vector, a list or a bare sequence of maps. The model follows from the operations.
  etcd,       ///< The console log of Jepsen's test of etcd of 2014.
  log,        ///< Any other log of Jepsen's, such as jepsen.log.
  txt,        ///< Jepsen's history.txt: `PROCESS :type :f value` on each line.
  kv,         ///< One EDN map a line; get, put, append on text that is initially "".
};

/// Options for understanding a history.
struct ReadingOptions {
  ReadingOptions(HistoryFormat f = HistoryFormat::automatic) : format(f) {}  // NOLINT: nearly always all
  HistoryFormat format;
  std::optional<Model> model{};  ///< The object, whatever the file says.
  bool nil_is_unknown = false;   ///< A client that read nil wasn't told the value, as Knossos takes it.
  /// Whether values are [KEY VALUE], as Jepsen's `independent` writes them; unset: the operations tell.
  std::optional<bool> tuples{};
  /// Of a file: one with a longer line is refused by a std::bad_alloc before it is read. 0: any will do.
  std::size_t longest_line = 0;
};

std::vector<std::string> format_names();
std::optional<HistoryFormat> format_from_name(std::string_view name);  ///< "auto", "jsonl", ...

}  // namespace sim
