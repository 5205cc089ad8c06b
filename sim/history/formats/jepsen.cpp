// Histories as Jepsen and Knossos keep them: EDN maps `{:process 4, :type :invoke, :f :write, :value 2}`,
// whose order is real time. The kv texts are the same with a :key and with text as values.
#include <utility>

#include "sim/history/formats/edn.hpp"
#include "sim/history/formats/formats.hpp"
#include "sim/history/formats/jepsen_reader.hpp"
#include "sim/history/history.hpp"
#include "sim/history/reading_options.hpp"

namespace sim {
namespace {

History read_events(HistoryText& text, const std::string& file, const ReadingOptions& options, bool kv_text) {
  JepsenReader reader(file, options, kv_text);
  read_edn_events(text.view(), file, [&](const Edn& event, std::string_view rest) {
    reader.take(event);
    text.release_before(rest);
  });
  return reader.finish();
}

}  // namespace

History read_jepsen_edn(HistoryText& text, const std::string& file, const ReadingOptions& options) {
  return read_events(text, file, options, false);
}

History read_kv_text(HistoryText& text, const std::string& file, const ReadingOptions& options) {
  return read_events(text, file, options, true);
}

}  // namespace sim
