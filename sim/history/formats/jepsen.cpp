// Histories as Jepsen and Knossos keep them: EDN maps `{:process 4, :type :invoke, :f :write, :value 2}`,
// whose order is real time. The kv texts are the same with a :key and with text as values.
#include <optional>
#include <utility>

#include "sim/history/formats/edn.hpp"
#include "sim/history/formats/formats.hpp"
#include "sim/history/formats/jepsen_reader.hpp"
#include "sim/history/formats/kv_event.hpp"
#include "sim/history/formats/plain_event.hpp"
#include "sim/history/history.hpp"
#include "sim/history/reading_options.hpp"

namespace sim {
namespace {

History read_events(HistoryText& text, const std::string& file, const ReadingOptions& options, bool kv_text) {
  JepsenReader reader(file, options, kv_text);
  PlainEvent plain;
  const auto take = [&](const Edn& event, std::string_view rest) {
    reader.take(event);
    text.release_before(rest);
  };
  const auto take_by_hand = [&](std::string_view rest, std::size_t line) {
    std::size_t length = 0;
    if (const auto usual = kv_text ? read_kv_event(rest, line) : std::nullopt) {
      reader.take(*usual);
      length = usual->length;
    } else if (length = plain.read(rest, line); length > 0) {
      reader.take(plain.event());
    }
    if (length > 0) text.release_before(rest.substr(length));
    return length;
  };
  read_edn_events(text.view(), file, take, take_by_hand);
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
