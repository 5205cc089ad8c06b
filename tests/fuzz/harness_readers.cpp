#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "sim/history/formats/plain_event.hpp"
#include "sim/history/formats/plain_line.hpp"
#include "sim/history/history.hpp"
#include "sim/history/history_error.hpp"
#include "sim/history/objects/object_model.hpp"
#include "sim/history/read_history.hpp"
#include "sim/history/reading_options.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/history/write_history.hpp"
#include "sim/linearizability/explanation.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "tests/fuzz/harness.hpp"
#include "tests/support/strict_edn.hpp"

namespace fuzz {
namespace {

using namespace sim;

constexpr std::string_view kHeader = R"({"repsim":"history","version":1})"
                                     "\n";

History parse(const std::string& text, const ReadingOptions& options) {
  std::istringstream in(text);
  return read_history(in, "a file", options);
}

void require(bool holds, const std::string& claim) {
  if (!holds) throw Finding(claim);
}

// The line as the strict reader sees it: a plain one begins with its brace.
void compare_with_strict_reader(std::string_view line) {
  const auto plain = read_plain_line(line);
  if (!plain) return;
  const std::string text = std::string(kHeader) + " " + std::string(line);
  try {
    const History strict = parse(text, HistoryFormat::jsonl);
    require(strict.operations.size() == 1 && strict.operations[0] == *plain,
            "the strict reader reads something else: " + text);
  } catch (const HistoryError& error) {
    throw Finding("the strict reader refuses what is read as plain: " + std::string(error.what()));
  }
}

// The events that are read by hand, and the whole text with and without that short cut.
void compare_with_full_reader(const std::string& text) {
  PlainEvent reader;
  for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
    const std::string_view rest = std::string_view(text).substr(at);
    const std::size_t taken = reader.read(rest, 1);
    if (taken == 0) continue;
    const std::string otherwise = strict_edn::contradiction(rest, taken, reader.event());
    require(otherwise.empty(), "the full reader of EDN reads something else: " + otherwise + "\n" + text);
  }
  for (const HistoryFormat format : {HistoryFormat::edn, HistoryFormat::kv}) {
    require(strict_edn::usual(text, format) == strict_edn::strict(text, format),
            "with and without reading by hand it's another history, or another error:\n" + text);
  }
}

void require_round_trip(const History& history) {
  std::stringstream written;
  write_jsonl(written, history);
  require(parse(written.str(), HistoryFormat::jsonl) == history, "written and read again it is another one");
}

bool did_nothing(const Operation& op) {
  const bool may = op.action == Action::cas || op.action == Action::acquire || op.action == Action::release;
  return may && op.outcome == Outcome::ok && op.output != truth(true);
}

// What Jepsen's notation tells of an operation, whoever did it, to whichever object and whenever.
std::string told(Operation op, const Names& names) {
  const bool own_choice = op.action == Action::stamp || op.action == Action::draw;
  if (own_choice) op.argument = op.output;
  if (own_choice) op.action = Action::write;
  if (did_nothing(op)) op.outcome = Outcome::failed;
  if (op.outcome != Outcome::ok || output_of(op.action) == Output::none) op.output = Nil{};
  op.client = {};
  if (op.key < kFirstNamedKey) op.key = 0;
  op.call = Time{};
  op.ret = op.outcome == Outcome::pending ? kNever : Time{};
  Names unnumbered = names;
  unnumbered.clients.clear();
  return jsonl_line(op, unnumbered);
}

std::vector<std::string> told(const History& history) {
  std::vector<std::string> lines;
  for (const Operation& op : history.operations) lines.push_back(told(op, history.names));
  std::ranges::sort(lines);
  return lines;
}

std::string written_as_edn(const History& history) {
  std::ostringstream out;
  write_edn(out, history);
  return out.str();
}

// The verdict, if a few steps suffice and if the notation can tell all that it depends on.
Verdict quick_verdict(const History& history, Model model) {
  constexpr std::size_t enough = 30;
  const bool tells_all =
      model != Model::lock && !history.initial && std::ranges::none_of(history.operations, did_nothing);
  if (!tells_all || history.operations.size() > enough) return Verdict::unknown;
  try {
    return linearizability_verdict(history.operations, model, initial_value(model), {.steps = 5'000});
  } catch (const std::invalid_argument&) {
    return Verdict::unknown;
  }
}

// As what it was: what the notation doesn't say must not be guessed otherwise.
void require_round_trip_by_edn(const History& history) {
  if (!history.model) return;
  ReadingOptions edn(HistoryFormat::edn);
  edn.model = history.model;
  edn.tuples = false;
  std::string written;
  try {
    written = written_as_edn(history);
  } catch (const std::runtime_error&) {
    return;  // there is something that the notation can't tell
  }
  try {
    const History back = parse(written, edn);
    require(told(back) == told(history),
            "written as EDN and read again it has other operations:\n" + written);
    require(parse(written_as_edn(back), edn) == back, "EDN changes once more:\n" + written);
    const Verdict before = quick_verdict(history, *history.model);
    const Verdict after = quick_verdict(back, *history.model);
    const bool undecided = before == Verdict::unknown || after == Verdict::unknown;
    require(undecided || before == after,
            "written as EDN and read again it is judged otherwise:\n" + written);
  } catch (const HistoryError& error) {
    throw Finding("what was written as EDN can't be read: " + std::string(error.what()) + "\n" + written);
  }
}

void judge(const History& history) {
  constexpr std::size_t enough =
      100;  // the other harness is for judging; here, whatever was read must be judged
  if (!history.model || history.operations.size() > enough) return;
  const Value initial = history.initial.value_or(initial_value(*history.model));
  try {
    check_linearizability(history.operations, *history.model, initial, {.steps = 5'000});
  } catch (const std::invalid_argument&) {  // operations that the model doesn't have
  }
}

void read(const std::string& text, HistoryFormat format) {
  try {
    const History history = parse(text, format);
    if (format == HistoryFormat::jsonl) require_round_trip(history);
    require_round_trip_by_edn(history);
    judge(history);
  } catch (const HistoryError&) {
  }
}

}  // namespace

void read_bytes(std::span<const std::uint8_t> bytes) {
  const std::string text(bytes.begin(), bytes.end());
  for (const std::string& format : format_names()) read(text, *format_from_name(format));
  compare_with_full_reader(text);
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    compare_with_strict_reader(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace fuzz
