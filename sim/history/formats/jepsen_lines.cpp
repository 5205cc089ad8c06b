// Histories that Jepsen prints as a line for each event, `PROCESS :type :f value error` with tabs between:
// history.txt, which has nothing else, and its logs, where every line begins with the time and the source.
// Over the years that was
//   INFO  jepsen.util - 0 :invoke :write 3
//   INFO [2016-02-03 12:08:00,000] jepsen worker 0 - jepsen.util 0 :invoke :write 3
//   2025-06-23 13:09:52,409{GMT} INFO [jepsen worker 0] jepsen.util: 0 :invoke :write 3
// and is the same from `jepsen.util` on. Lines of other origin are skipped in a log; a line of a numbered
// process that makes no sense is an error.
#include <algorithm>
#include <optional>

#include "sim/history/formats/formats.hpp"
#include "sim/history/formats/jepsen_reader.hpp"
#include "sim/history/history.hpp"
#include "sim/history/history_error.hpp"
#include "sim/history/reading_options.hpp"

namespace sim {
namespace {

constexpr std::string_view kSource = "jepsen.util";

// The event on a log's line: the text behind the name of its source, if that is Jepsen's for operations.
std::optional<std::string_view> told(std::string_view line) {
  const auto at = line.find(kSource);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = line.substr(at + kSource.size());
  if (rest.starts_with(':')) rest.remove_prefix(1);
  rest = without_blanks(rest);
  if (rest.starts_with("- ")) rest = without_blanks(rest.substr(2));
  return rest;
}

bool begins_like_event(std::string_view text) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view rest = text.substr(digits);
  return digits > 0 && !rest.empty() && (rest.front() == ' ' || rest.front() == '\t') &&
         without_blanks(rest).starts_with(':');
}

// Parts of an event, kept between lines so that nothing need be allocated.
struct Parts {
  Edn process{}, type{}, f{}, value{};
};

class LineReader {
 public:
  LineReader(const std::string& file, const ReadingOptions& options)
      : file_(file), reader_(file, options, false) {}

  void read_event(std::string_view text, std::size_t line) {
    EdnReader edn(text, file_, line);
    const auto word = [&](Edn& into, const char* what) {
      if (edn.next(into)) return;
      edn.fail(std::string("the line ends without ") + what + "; expected PROCESS :type :f value");
    };
    word(parts_.process, "a process");
    word(parts_.type, "a :type");
    word(parts_.f, "an :f");
    const bool is_keyword = parts_.type.kind == Edn::Kind::keyword && parts_.f.kind == Edn::Kind::keyword;
    const bool of_client = parts_.process.kind == Edn::Kind::integer;
    if (of_client && !is_keyword) edn.fail("expected PROCESS :type :f value");
    JepsenEvent event{.line = line, .process = &parts_.process, .type = parts_.type.text, .f = parts_.f.text};
    // For operations that failed, or may have, older logs give the error in place of the value.
    const bool valued = event.type == "invoke" || event.type == "ok";
    if (of_client && valued) {
      word(parts_.value, "a value");
      event.value = &parts_.value;
    }
    reader_.take(event);
    any_ = true;
  }

  bool any() const { return any_; }
  History finish() { return reader_.finish(); }

 private:
  const std::string& file_;
  JepsenReader reader_;
  Parts parts_{};
  bool any_ = false;
};

}  // namespace

History read_history_txt(HistoryText& source, const std::string& file, const ReadingOptions& options) {
  LineReader reader(file, options);
  std::string_view text = source.view();
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::string_view content = without_blanks(take_line(text));
    source.release_before(text);
    if (!content.empty()) reader.read_event(content, line);
  }
  return reader.finish();
}

History read_jepsen_log(HistoryText& source, const std::string& file, const ReadingOptions& options) {
  LineReader reader(file, options);
  const bool whole = source.view().ends_with('\n');
  std::string_view text = source.view();
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::string_view content = take_line(text);
    source.release_before(text);
    const auto event = told(content);
    if (event && (begins_like_event(*event) || event->starts_with(":nemesis"))) {
      reader.read_event(*event, line);
    } else if (text.empty() && !whole && content.find("INFO") != std::string_view::npos) {
      throw HistoryError(file, line, "the file ends within a line; expected a complete one");
    }
  }
  if (!reader.any())
    throw HistoryError(file, 0,
                       "no line of jepsen.util describes an operation; expected a log with "
                       "operations");
  return reader.finish();
}

}  // namespace sim
