// The console log of Jepsen's test of etcd: one compare-and-set register, real time in the order of the
// lines. Lines of other origin are skipped; a line of a numbered process that makes no sense is an error.
#include <algorithm>
#include <charconv>
#include <optional>

#include "sim/history/formats/event_pairing.hpp"
#include "sim/history/formats/formats.hpp"
#include "sim/history/history.hpp"
#include "sim/history/history_error.hpp"
#include "sim/history/reading_options.hpp"
#include "sim/history/vocabulary.hpp"

namespace sim {
namespace {

// Takes words off the front of a line; words are separated by any blanks.
struct Words {
  std::string_view rest;

  std::string_view next() {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
    rest.remove_prefix(word.size());
    return word;
  }
};

std::optional<std::int64_t> number(std::string_view word) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size() || is_name(value)) return std::nullopt;
  return value;
}

Value number_or_nil(const EventPairing& events, std::string_view word) {
  if (word == "nil") return Nil{};
  const auto value = number(word);
  if (!value) events.fail("found \"" + std::string(word) + "\"; expected a number or nil");
  return *value;
}

struct Event {
  std::int64_t process;
  std::string_view type;
  std::string_view f;
  Words value;
};

// Recognises `INFO  jepsen.util - 3 :invoke :read nil`; other lines are not Jepsen's.
std::optional<Event> recognise(std::string_view line) {
  Words words{line};
  if (words.next() != "INFO" || words.next() != "jepsen.util" || words.next() != "-") return std::nullopt;
  const auto process = number(words.next());
  if (!process) return std::nullopt;
  const auto type = words.next();
  const auto f = words.next();
  return Event{*process, type, f, words};
}

Operation invoked(const EventPairing& events, Event& event, Action action) {
  Operation op;
  op.action = action;
  if (action == Action::write) op.argument = number_or_nil(events, event.value.next());
  if (action == Action::cas) {
    std::string_view from = event.value.next();
    std::string_view to = event.value.next();
    if (!from.starts_with('[') || !to.ends_with(']')) events.fail("expected :cas [FROM TO]");
    from.remove_prefix(1);
    to.remove_suffix(1);
    op.expected = number_or_nil(events, from);
    op.argument = number_or_nil(events, to);
  }
  return op;
}

// A failed cas was answered: it saw a state other than the expected one. Any other failure has no result.
void complete(EventPairing& events, Event& event, Action action) {
  Operation& op = events.completing(event.process, action);
  const bool answered = event.type == ":ok" || action == Action::cas;
  if (event.type == ":ok" && action == Action::read) op.output = number_or_nil(events, event.value.next());
  if (action == Action::cas) op.output = std::int64_t{event.type == ":ok"};
  events.complete(event.process, answered ? Outcome::ok : Outcome::failed);
}

}  // namespace

History read_etcd_log(HistoryText& source, const std::string& file, const ReadingOptions& options) {
  History history;
  history.model = options.model.value_or(Model::cas_register);
  bool any = false;
  EventPairing events(history, file);
  const std::string_view whole = source.view();
  std::string_view text = whole;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::string_view content = take_line(text);
    source.release_before(text);
    auto event = recognise(content);
    events.at_line(line);
    // A last line without its end that starts like ours was cut, not written by somebody else.
    const bool cut = !event && whole.ends_with(content) && !content.empty() && content.starts_with("INFO");
    if (cut && text.empty()) events.fail("the file ends within a line; expected a complete one");
    if (!event) continue;
    any = true;
    events.of(event->f.substr(event->f.starts_with(':') ? 1 : 0));
    const auto action = event->f.starts_with(':') ? action_from_name(event->f.substr(1)) : std::nullopt;
    if (!action || (*action != Action::read && *action != Action::write && *action != Action::cas)) {
      events.fail("found \"" + std::string(event->f) + "\"; expected :read, :write or :cas");
    }
    if (event->type == ":invoke") {
      events.invoke(event->process, invoked(events, *event, *action));
    } else if (event->type == ":ok" || event->type == ":fail") {
      complete(events, *event, *action);
    } else if (event->type == ":info") {
      events.completing(event->process, *action);
      events.lose(event->process);
    } else {
      events.fail("found \"" + std::string(event->type) + "\"; expected :invoke, :ok, :fail or :info");
    }
  }
  if (!any)
    throw HistoryError(file, 0,
                       "no line of jepsen.util describes an operation; expected a log with "
                       "operations");
  events.finish();
  return history;
}

}  // namespace sim
