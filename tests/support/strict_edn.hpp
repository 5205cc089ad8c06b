// Events in EDN read by the full reader alone, with which the fast reader of plain events must agree.
#pragma once

#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "sim/history/formats/edn.hpp"
#include "sim/history/formats/jepsen_reader.hpp"
#include "sim/history/formats/plain_event.hpp"
#include "sim/history/history.hpp"
#include "sim/history/history_error.hpp"
#include "sim/history/read_history.hpp"
#include "sim/history/reading_options.hpp"

namespace strict_edn {

/// What came of reading a text: a history, or why it is none, with file and line.
struct Reading {
  std::optional<sim::History> history{};
  std::string error{};
  bool operator==(const Reading&) const = default;
};

template <class Read> Reading attempt(const Read& read) {
  try {
    return {.history = read()};
  } catch (const sim::HistoryError& error) {
    return {.error = error.what()};
  }
}

/// As `read_history` does it. The format is edn or kv.
inline Reading usual(const std::string& text, const sim::ReadingOptions& options) {
  return attempt([&] {
    std::istringstream in(text);
    return sim::read_history(in, "a file", options);
  });
}

/// Every event by the full reader.
inline Reading strict(std::string_view text, sim::ReadingOptions options) {
  const std::string file = "a file";
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto read = [&] {
    sim::JepsenReader reader(file, options, options.format == sim::HistoryFormat::kv);
    sim::read_edn_events(text, file, [&](const sim::Edn& event, std::string_view) { reader.take(event); });
    return reader.finish();
  };
  return attempt([&] {
    try {
      return read();
    } catch (const sim::NoTuplesAfterAll&) {
      options.tuples = false;
      return read();
    }
  });
}

/// What the full reader says of the value that `plain` has read from the front of `text`, if that's something
/// else; empty if it's the same.
inline std::string contradiction(std::string_view text, std::size_t taken, const sim::JepsenEvent& plain) {
  const std::string file = "a file";
  sim::EdnReader reader(text, file, plain.line);
  sim::Edn event;
  if (!reader.next(event) || text.size() - reader.rest().size() != taken) return "it ends elsewhere";
  const auto same = [&](std::string_view name, const sim::Edn* found) {
    const sim::Edn* expected = event.find(name);
    if (found == nullptr || expected == nullptr) return found == expected;
    const bool alike = found->line == expected->line && found->kind == expected->kind;
    return alike && edn_text(*found) == edn_text(*expected);
  };
  const auto same_word = [&](std::string_view name, std::string_view found) {
    const sim::Edn* expected = event.find(name);
    return expected != nullptr && expected->kind == sim::Edn::Kind::keyword && expected->text == found;
  };
  const bool all = event.kind == sim::Edn::Kind::map && event.line == plain.line &&
                   same_word("type", plain.type) && same_word("f", plain.f) &&
                   same("process", plain.process) && same("value", plain.value) && same("key", plain.key) &&
                   same("index", plain.index);
  return all ? std::string() : "it is " + edn_text(event);
}

}  // namespace strict_edn
