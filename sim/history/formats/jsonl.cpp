// Our own format, one JSON object a line. Reading is strict, because a history that was cut or edited wrongly
// must never be judged as if it were whole: a missing line can turn a violation into a clean verdict.
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/history/formats/edn_values.hpp"
#include "sim/history/formats/formats.hpp"
#include "sim/history/formats/jepsen_reader.hpp"
#include "sim/history/formats/json_values.hpp"
#include "sim/history/formats/object_guess.hpp"
#include "sim/history/formats/operation_lines.hpp"
#include "sim/history/formats/plain_line.hpp"
#include "sim/history/history.hpp"
#include "sim/history/history_error.hpp"
#include "sim/history/name_table.hpp"
#include "sim/history/objects/object_model.hpp"
#include "sim/history/objects/transaction.hpp"
#include "sim/history/reading_options.hpp"
#include "sim/history/vocabulary.hpp"

namespace sim {
namespace {

constexpr std::int64_t kLongest = std::numeric_limits<std::int64_t>::max() - 1;

// One line being read: knows its place, so that every error can name it.
struct Line {
  const std::string& file;
  std::size_t number;
  Edn edn{};

  [[noreturn]] void fail(const std::string& expectation) const {
    throw HistoryError(file, number, expectation);
  }

  void parse(std::string_view text) {
    if (const auto why = read_json(text, edn)) fail(*why);
    if (edn.kind != Edn::Kind::map) fail("found " + kind_of(edn) + "; expected a JSON object");
  }

  static std::string kind_of(const Edn& value) {
    switch (value.kind) {
      case Edn::Kind::nil: return "null";
      case Edn::Kind::boolean: return "boolean";
      case Edn::Kind::string: return "string";
      case Edn::Kind::vector: return "array";
      case Edn::Kind::map: return "object";
      case Edn::Kind::integer:
      case Edn::Kind::number: return "number";
      default: return "another value";
    }
  }

  // A value for messages, which lists and objects would make long.
  static std::string shown(const Edn& value) {
    const bool is_large = value.kind == Edn::Kind::vector || value.kind == Edn::Kind::map;
    if (is_large) return "an " + kind_of(value);
    return value.kind == Edn::Kind::nil ? "null" : edn_text(value).substr(0, 80);
  }

  bool has(std::string_view key) const { return edn.find(key) != nullptr; }

  const Edn& at(const std::string& key) const {
    const Edn* found = edn.find(key);
    if (found == nullptr) fail("key \"" + key + "\" is missing");
    return *found;
  }

  std::int64_t whole(const Edn& value, const std::string& where) const {
    if (value.kind == Edn::Kind::integer) return value.integer;
    fail("\"" + where + "\" is " + shown(value) + "; expected an integer of 64 bits");
  }

  std::int64_t whole(const std::string& key, std::int64_t max) const {
    const auto value = whole(at(key), key);
    if (value < 0 || value > max) {
      fail("\"" + key + "\" is " + std::to_string(value) + "; expected 0 to " + std::to_string(max));
    }
    return value;
  }

  std::string text(const std::string& key) const {
    if (at(key).kind != Edn::Kind::string)
      fail("\"" + key + "\" is " + shown(at(key)) + "; expected a string");
    return at(key).text;
  }

  const Edn& comparable(const Edn& value, const std::string& where) const {
    if (const std::string why = why_incomparable(value); !why.empty()) fail("\"" + where + "\": " + why);
    return value;
  }

  Value value(const std::string& key, NameTable& names) const {
    return value_of(comparable(at(key), key), names);
  }

  void only(std::initializer_list<std::string_view> known) const {
    for (std::size_t i = 0; i < edn.items.size(); i += 2) {
      const std::string& key = edn.items[i].text;
      if (std::ranges::find(known, key) == known.end()) fail("unknown key \"" + key.substr(0, 80) + "\"");
    }
  }
};

HistoryFault read_fault(const Line& header, const Edn& edn) {
  const Line fault{header.file, header.number, edn};
  if (edn.kind != Edn::Kind::map) header.fail("\"faults\" holds " + Line::shown(edn) + "; expected objects");
  fault.only({"what", "from", "until", "text"});
  HistoryFault read{.what = fault.text("what"), .from = Time{Duration{fault.whole("from", kLongest)}}};
  if (fault.has("until")) read.until = Time{Duration{fault.whole("until", kLongest)}};
  if (read.until < read.from) header.fail("a fault's \"until\" is before its \"from\"");
  if (fault.has("text")) read.text = fault.text("text");
  return read;
}

void read_circumstances(const Line& line, History& history) {
  if (line.has("times")) {
    if (line.text("times") != "lines")
      line.fail("\"times\" is \"" + line.text("times") + "\"; expected \"lines\"");
    history.times_are_lines = true;
  }
  if (!line.has("faults")) return;
  const Edn& faults = line.at("faults");
  if (!faults.is_sequence()) line.fail("\"faults\" is " + Line::shown(faults) + "; expected an array");
  for (const Edn& fault : faults.items) history.faults.push_back(read_fault(line, fault));
}

// A seed has 64 bits, one more than other numbers.
std::uint64_t read_seed(const Line& line) {
  const Edn& seed = line.at("seed");
  const bool small = seed.kind == Edn::Kind::integer && seed.integer >= 0;
  if (small) return static_cast<std::uint64_t>(seed.integer);
  const bool large = seed.kind == Edn::Kind::number && seed.text.size() <= 21 && seed.text.ends_with('N');
  try {
    std::size_t used = 0;
    const std::uint64_t value = large ? std::stoull(seed.text, &used) : 0;
    if (large && seed.text.front() != '-' && used + 1 == seed.text.size()) return value;
  } catch (const std::out_of_range&) {
  }
  line.fail("\"seed\" is no unsigned integer of 64 bits");
}

History read_header(const Line& line, NameTable& names) {
  const bool ours = line.has("repsim") && line.at("repsim").text == "history";
  if (!ours) line.fail("expected a first line with \"repsim\":\"history\"");
  if (line.whole(line.at("version"), "version") != 1)
    line.fail("\"version\" is " + Line::shown(line.at("version")) + "; expected 1");
  line.only({"repsim", "version", "scenario", "protocol", "seed", "model", "clients", "initial", "times",
             "faults"});
  History history;
  if (line.has("scenario")) history.scenario = line.text("scenario");
  if (line.has("protocol")) history.protocol = line.text("protocol");
  if (line.has("seed")) history.seed = read_seed(line);
  if (line.has("clients")) history.clients = static_cast<std::uint32_t>(line.whole("clients", 65'536));
  if (line.has("model")) {
    history.model = model_from_name(line.text("model"));
    if (!history.model) line.fail("unknown model \"" + line.text("model") + "\"; expected " + model_names());
  }
  if (line.has("initial")) {
    Value initial = line.value("initial", names);
    const bool text = initial.as_text() != nullptr;
    const bool of_registers = history.model == Model::multi_register;
    if (of_registers) initial = transaction_state(text ? Value{names.as_number(initial)} : initial);
    history.initial = std::move(initial);
  }
  read_circumstances(line, history);
  return history;
}

// ["r", REGISTER], ["w", REGISTER, VALUE], ["append", REGISTER, VALUE]
Value read_steps(const Line& line, NameTable& names) {
  using Kind = TransactionStep::Kind;
  const Edn& given = line.at("value");
  std::vector<TransactionStep> steps;
  for (const Edn& step : given.items) {
    const std::string f = step.is_sequence() && !step.items.empty() ? step.items.front().text : "";
    const bool reads = f == "r";
    if ((!reads && f != "w" && f != "append") || step.items.size() != (reads ? 2 : 3) ||
        !given.is_sequence()) {
      line.fail("\"value\" of a txn holds " + Line::shown(step) +
                "; expected [\"r\",REGISTER], [\"w\",REGISTER,VALUE] or [\"append\",REGISTER,VALUE]");
    }
    TransactionStep& one = steps.emplace_back();
    one.reg = element_of(line.comparable(step.items[1], "value"), names);
    if (reads) continue;
    one.kind = f == "w" ? Kind::write : Kind::append;
    one.value = value_of(line.comparable(step.items[2], "value"), names);
    const bool as_one = one.value.as_text() != nullptr || one.kind == Kind::append;
    if (as_one) one.value = names.as_number(one.value);
  }
  if (!given.is_sequence()) line.fail("\"value\" is " + Line::shown(given) + "; expected the steps of a txn");
  return transaction_argument(steps);
}

Value read_reads(const Line& line, const Value& argument, NameTable& names) {
  const Edn& given = line.at("output");
  std::vector<Value> reads;
  for (const Edn& read : given.items) {
    Value value = value_of(line.comparable(read, "output"), names);
    reads.push_back(value.as_text() != nullptr ? Value{names.as_number(value)} : std::move(value));
  }
  const auto asked =
      std::ranges::count(transaction_steps(argument), TransactionStep::Kind::read, &TransactionStep::kind);
  if (!given.is_sequence() || static_cast<std::size_t>(asked) != reads.size())
    line.fail("\"output\" of a txn is " + Line::shown(given) + "; expected a value for each of its " +
              std::to_string(asked) + " reads");
  return transaction_output(reads);
}

class OperationReader {
 public:
  OperationReader(const std::optional<Model>& model, NameTable& names) : model_(model), names_(names) {}

  Operation read(const Line& line) {
    line.only({"client", "f", "key", "value", "expected", "output", "call", "return", "outcome"});
    Operation op;
    line.whole(line.at("client"), "client");
    if (line.has("key")) op.key = key(line);
    const std::string outcome = line.text("outcome");
    if (outcome == "ok") {
      op.outcome = Outcome::ok;
    } else if (outcome == "failed") {
      op.outcome = Outcome::failed;
    } else if (outcome != "pending") {
      line.fail("\"outcome\" is \"" + outcome + "\"; expected ok, pending or failed");
    }
    read_action(line, op);
    read_output(line, op);
    read_times(line, op);
    return op;
  }

  bool allows(Action action) const { return !model_ || sim::allows(object_model(*model_), action); }

 private:
  std::uint32_t key(const Line& line) {
    const Edn& given = line.at("key");
    if (given.kind == Edn::Kind::integer && given.integer < 0) {
      line.fail("\"key\" is " + Line::shown(given) + "; expected a number from 0 on, or another value");
    }
    const bool small = given.kind == Edn::Kind::integer && given.integer < kFirstNamedKey;
    if (small) return static_cast<std::uint32_t>(given.integer);
    return names_.key_of(edn_text(line.comparable(given, "key")));
  }

  void read_action(const Line& line, Operation& op) {
    const std::string f = line.text("f");
    const auto action = f == "delete" ? std::optional(Action::write) : action_from_name(f);
    if (!action) {
      const std::string near = nearest_action(f);
      line.fail("\"f\" is \"" + f.substr(0, 80) + "\"" +
                (near.empty() ? "" : " (did you mean " + near + "?)") + "; expected " + action_names());
    }
    op.action = *action;
    if (!allows(op.action)) {
      line.fail("\"f\" is \"" + f + "\"; expected of the model " + std::string(model_name(*model_)) + ": " +
                action_names(*model_));
    }
    if (op.action == Action::txn) {
      op.argument = read_steps(line, names_);
    } else if (takes_argument(op.action) && f != "delete") {
      op.argument = line.value("value", names_);
    } else if (line.has("value")) {
      line.fail(f + " takes no \"value\"");
    }
    if (op.action == Action::cas) op.expected = line.value("expected", names_);
    if (op.action != Action::cas && line.has("expected")) line.fail("only a cas has \"expected\"");
    if (op.action == Action::add) line.whole(line.at("value"), "value");
  }

  void read_output(const Line& line, Operation& op) {
    const Output kind = output_of(op.action);
    if (op.outcome != Outcome::ok || kind == Output::none) {
      if (line.has("output")) line.fail("\"output\" belongs to answered operations that return a value");
      return;
    }
    if (may_be_silent(op.action) && !line.has("output")) return;
    const Edn& output = line.at("output");
    if (kind == Output::truth) {
      if (output.kind != Edn::Kind::boolean) {
        line.fail("\"output\" is " + Line::shown(output) + "; expected true or false for " +
                  std::string(action_name(op.action)));
      }
      op.output = output.integer;
    } else if (op.action == Action::txn) {
      op.output = read_reads(line, op.argument, names_);
    } else {
      op.output = kind == Output::number ? Value{line.whole(output, "output")} : line.value("output", names_);
    }
  }

  static void read_times(const Line& line, Operation& op) {
    op.call = Time{Duration{line.whole("call", kLongest)}};
    if (op.outcome == Outcome::pending) {
      if (line.has("return")) line.fail("a pending operation has no \"return\"");
      return;
    }
    if (op.outcome == Outcome::failed && !line.has("return")) return;
    op.ret = Time{Duration{line.whole("return", kLongest)}};
    if (op.ret < op.call) line.fail("\"return\" is before \"call\"");
  }

  const std::optional<Model>& model_;
  NameTable& names_;
};

// Clients keep their numbers if those are small; otherwise the history says which is which.
class Clients {
 public:
  void read(const Line& line, Operation& op, std::size_t place) {
    constexpr std::int64_t small = 65'535;
    const std::int64_t number = line.whole("client", std::numeric_limits<std::int64_t>::max());
    if (number > small) large_.emplace_back(place, number);
    op.client.value = static_cast<std::uint16_t>(number > small ? 0 : number);
  }

  void finish(History& history, const std::string& file) {
    if (large_.empty()) return;
    std::vector<std::int64_t> numbers(history.operations.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = history.operations[i].client.value;
    for (const auto& [place, number] : large_) numbers[place] = number;
    std::vector<std::int64_t>& distinct = history.names.clients = numbers;
    std::ranges::sort(distinct);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    if (distinct.size() > 65'536) throw HistoryError(file, 0, "more than 65536 clients; expected fewer");
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const auto rank = std::ranges::lower_bound(distinct, numbers[i]) - distinct.begin();
      history.operations[i].client.value = static_cast<std::uint16_t>(rank);
    }
  }

 private:
  std::vector<std::pair<std::size_t, std::int64_t>> large_{};
};

}  // namespace

History read_jsonl(HistoryText& text, const std::string& file, const ReadingOptions& options) {
  History history;
  NameTable names;
  Clients clients;
  OperationLines lines;
  OperationReader reader(history.model, names);
  bool has_header = false;
  std::string_view rest = text.view();
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::string_view content = take_line(rest);
    text.release_before(rest);
    if (has_header) {
      lines.note(history.operations.size(), number);
      auto plain = read_plain_line(content);
      if (plain && reader.allows(plain->action)) {
        history.operations.push_back(std::move(*plain));
        continue;
      }
    }
    if (content.find_first_not_of(" \t") == std::string_view::npos) continue;
    Line line{file, number};
    line.parse(content);
    if (has_header) {
      Operation op = reader.read(line);
      clients.read(line, op, history.operations.size());
      history.operations.push_back(std::move(op));
    } else {
      history = read_header(line, names);
      if (options.model) history.model = options.model;
      has_header = true;
    }
  }
  if (!has_header) throw HistoryError(file, 0, "empty; expected a history");
  clients.finish(history, file);
  fit_to_model(history, names, file, lines);
  names.finish(history);
  return history;
}

}  // namespace sim
