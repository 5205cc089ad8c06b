#include "sim/history/read_history.hpp"

#include <istream>
#include <iterator>

#include "sim/history/formats/formats.hpp"
#include "sim/history/formats/jepsen_reader.hpp"
#include "sim/history/history_error.hpp"

namespace sim {
namespace {

History read_as(HistoryText& text, const std::string& file, const ReadingOptions& options) {
  switch (options.format) {
    case HistoryFormat::automatic:
    case HistoryFormat::jsonl: break;
    case HistoryFormat::json: return read_jepsen_json(text, file, options);
    case HistoryFormat::edn: return read_jepsen_edn(text, file, options);
    case HistoryFormat::etcd: return read_etcd_log(text, file, options);
    case HistoryFormat::log: return read_jepsen_log(text, file, options);
    case HistoryFormat::txt: return read_history_txt(text, file, options);
    case HistoryFormat::kv: return read_kv_text(text, file, options);
  }
  return read_jsonl(text, file, options);
}

History read_text(HistoryText& text, const std::string& file, ReadingOptions options) {
  if (text.view().starts_with("\xEF\xBB\xBF")) text.skip(3);  // a byte order mark
  if (options.format == HistoryFormat::automatic) options.format = detect_format(text.view(), file);
  try {
    return read_as(text, file, options);
  } catch (const NoTuplesAfterAll&) {
    options.tuples = false;
    text.start_again();
    return read_as(text, file, options);
  }
}

}  // namespace

History read_history(std::istream& in, const std::string& file, const ReadingOptions& options) {
  const std::string content{std::istreambuf_iterator<char>(in), {}};
  HistoryText text{content};
  return read_text(text, file, options);
}

History read_history_file(const std::string& path, const ReadingOptions& options,
                          const std::function<bool()>& enough) {
  HistoryText text = HistoryText::of_file(path);
  text.stop_when(enough);
  if (options.longest_line > 0 && text.has_longer_line(options.longest_line)) throw std::bad_alloc();
  const auto require_whole = [&] {
    if (text.was_cut()) throw HistoryError(path, 0, "was cut short while it was read");
  };
  try {
    History history = read_text(text, path, options);
    require_whole();
    return history;
  } catch (const HistoryError&) {
    require_whole();
    throw;
  }
}

}  // namespace sim
