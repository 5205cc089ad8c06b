// Our own format, one JSON object a line. Reading is strict, because a history that was cut or edited wrongly
// must never be judged as if it were whole: a missing line can turn a violation into a clean verdict.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>

#include "sim/history/formats.hpp"
#include "sim/history/plain_line.hpp"

namespace sim {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

// One line being read: knows where it is, so that every error can say so.
struct Line {
  const std::string& file;
  std::size_t number;
  Json json{};

  [[noreturn]] void fail(const std::string& expectation) const {
    throw HistoryError(file, number, expectation);
  }

  void parse(std::string_view text) {
    try {
      json = Json::parse(text);
    } catch (const Json::exception&) {  // not JSON, or a number beyond all bounds
      fail("not JSON; expected one complete object on the line");
    }
    if (!json.is_object()) fail(std::string("found ") + json.type_name() + "; expected a JSON object");
  }

  // For messages, which lists and objects would make long; and printing them nests as deeply as they do.
  static std::string shown(const Json& value) {
    return value.is_structured() ? std::string("an ") + value.type_name() : value.dump();
  }

  bool has(const char* key) const { return json.contains(key); }

  const Json& at(const char* key) const {
    if (!has(key)) fail(std::string("key \"") + key + "\" is missing");
    return json.at(key);
  }

  std::int64_t whole(const Json& value, const std::string& where) const {
    const bool fits = value.is_number_integer() &&
                      !(value.is_number_unsigned() &&
                        value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()});
    if (!fits) fail("\"" + where + "\" is " + shown(value) + "; expected an integer of 64 bits");
    return value.get<std::int64_t>();
  }

  std::int64_t whole(const char* key, std::int64_t max) const {
    const auto value = whole(at(key), key);
    if (value < 0 || value > max) {
      fail(std::string("\"") + key + "\" is " + std::to_string(value) + "; expected 0 to " +
           std::to_string(max));
    }
    return value;
  }

  std::string text(const char* key) const {
    if (!at(key).is_string())
      fail(std::string("\"") + key + "\" is " + shown(at(key)) + "; expected a string");
    return at(key).get<std::string>();
  }

  Value value(const char* key) const {
    const Json& found = at(key);
    if (found.is_null()) return Nil{};
    if (found.is_string()) return found.get<std::string>();
    if (!found.is_array()) return whole(found, key);
    List list;
    for (const Json& element : found) list.push_back(whole(element, key));
    return list;
  }

  void only(std::initializer_list<std::string_view> known) const {
    for (const auto& [key, unused] : json.items()) {
      if (std::find(known.begin(), known.end(), key) == known.end()) fail("unknown key \"" + key + "\"");
    }
  }
};

HistoryFault read_fault(const Line& header, const Json& json) {
  Line fault{header.file, header.number, json};
  if (!json.is_object()) header.fail("\"faults\" holds " + Line::shown(json) + "; expected objects");
  fault.only({"what", "from", "until", "text"});
  constexpr auto longest = std::numeric_limits<std::int64_t>::max() - 1;
  HistoryFault read{.what = fault.text("what"), .from = Time{Duration{fault.whole("from", longest)}}};
  if (fault.has("until")) read.until = Time{Duration{fault.whole("until", longest)}};
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
  const Json& faults = line.at("faults");
  if (!faults.is_array()) line.fail("\"faults\" is " + Line::shown(faults) + "; expected an array");
  for (const Json& fault : faults) history.faults.push_back(read_fault(line, fault));
}

History read_header(const Line& line) {
  if (!line.has("repsim") || line.at("repsim") != "history") {
    line.fail("expected a first line with \"repsim\":\"history\"");
  }
  if (line.at("version") != 1) line.fail("\"version\" is " + line.shown(line.at("version")) + "; expected 1");
  line.only({"repsim", "version", "scenario", "protocol", "seed", "model", "clients", "initial", "times",
             "faults"});
  History history;
  if (line.has("scenario")) history.scenario = line.text("scenario");
  if (line.has("protocol")) history.protocol = line.text("protocol");
  if (line.has("seed")) {
    if (!line.at("seed").is_number_unsigned()) line.fail("\"seed\" is no unsigned integer of 64 bits");
    history.seed = line.at("seed").get<std::uint64_t>();
  }
  if (line.has("clients")) history.clients = static_cast<std::uint32_t>(line.whole("clients", 65'536));
  if (line.has("model")) {
    history.model = model_from_name(line.text("model"));
    if (!history.model) line.fail("unknown model \"" + line.text("model") + "\"");
  }
  if (line.has("initial")) history.initial = line.value("initial");
  read_circumstances(line, history);
  return history;
}

// Collections and counters hold numbers only.
bool takes_number(Action action) {
  return takes_argument(action) && action != Action::write && action != Action::cas &&
         action != Action::append;
}

void read_action(const Line& line, Operation& op) {
  const auto action = action_from_name(line.text("f"));
  if (!action) line.fail("\"f\" is \"" + line.text("f") + "\"; expected " + action_names());
  op.action = *action;
  if (takes_argument(op.action)) {
    op.argument = line.value("value");
  } else if (line.has("value")) {
    line.fail(std::string(line.text("f")) + " takes no \"value\"");
  }
  if (op.action == Action::cas) op.expected = line.value("expected");
  if (op.action != Action::cas && line.has("expected")) line.fail("only a cas has \"expected\"");
  if (takes_number(op.action)) line.whole(line.at("value"), "value");
}

bool may_be_silent(Action action) { return action == Action::insert || action == Action::remove; }

void read_output(const Line& line, Operation& op) {
  const Output kind = output_of(op.action);
  if (op.outcome != Outcome::ok || kind == Output::none) {
    if (line.has("output")) line.fail("\"output\" belongs to answered operations that return a value");
    return;
  }
  if (may_be_silent(op.action) && !line.has("output")) return;
  const Json& output = line.at("output");
  if (kind == Output::truth) {
    if (!output.is_boolean()) {
      line.fail("\"output\" is " + line.shown(output) + "; expected true or false for " +
                std::string(action_name(op.action)));
    }
    op.output = std::int64_t{output.get<bool>()};
  } else {
    op.output = kind == Output::number ? Value{line.whole(output, "output")} : line.value("output");
  }
}

void read_times(const Line& line, Operation& op) {
  constexpr auto longest = std::numeric_limits<std::int64_t>::max() - 1;
  op.call = Time{Duration{line.whole("call", longest)}};
  if (op.outcome == Outcome::pending) {
    if (line.has("return")) line.fail("a pending operation has no \"return\"");
    return;
  }
  if (op.outcome == Outcome::failed && !line.has("return")) return;
  op.ret = Time{Duration{line.whole("return", longest)}};
  if (op.ret < op.call) line.fail("\"return\" is before \"call\"");
}

Operation read_operation(const Line& line) {
  line.only({"client", "f", "key", "value", "expected", "output", "call", "return", "outcome"});
  Operation op;
  op.client.value = static_cast<std::uint16_t>(line.whole("client", 65'535));
  if (line.has("key")) {
    op.key = static_cast<std::uint32_t>(line.whole("key", std::numeric_limits<std::uint32_t>::max()));
  }
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

OrderedJson to_json(const Value& value) {
  struct Visitor {
    OrderedJson operator()(Nil) const { return nullptr; }
    OrderedJson operator()(std::int64_t n) const { return n; }
    OrderedJson operator()(const List& list) const { return list; }
    OrderedJson operator()(const std::string& text) const { return text; }
  };
  return value.visit(Visitor{});
}

OrderedJson to_json(const Operation& op) {
  OrderedJson json{{"client", op.client.value}, {"f", std::string(action_name(op.action))}, {"key", op.key}};
  if (takes_argument(op.action)) json["value"] = to_json(op.argument);
  if (op.action == Action::cas) json["expected"] = to_json(op.expected);
  const Output kind = output_of(op.action);
  const bool silent = may_be_silent(op.action) && op.output == Value{};
  if (op.outcome == Outcome::ok && kind == Output::truth && !silent) {
    json["output"] = op.output == Value{std::int64_t{1}};
  } else if (op.outcome == Outcome::ok && kind != Output::none && !silent) {
    json["output"] = to_json(op.output);
  }
  json["call"] = op.call.time_since_epoch().count();
  if (op.outcome != Outcome::pending && op.ret != kNever) json["return"] = op.ret.time_since_epoch().count();
  json["outcome"] = std::string(outcome_name(op.outcome));
  return json;
}

}  // namespace

History read_jsonl(HistoryText& text, const std::string& file) {
  History history;
  bool has_header = false;
  std::string_view rest = text.view();
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::string_view content = take_line(rest);
    text.release_before(rest);
    if (has_header) {
      if (auto plain = read_plain_line(content)) {
        history.operations.push_back(std::move(*plain));
        continue;
      }
    }
    if (content.find_first_not_of(" \t") == std::string_view::npos) continue;
    Line line{file, number};
    line.parse(content);
    if (has_header) {
      history.operations.push_back(read_operation(line));
    } else {
      history = read_header(line);
      has_header = true;
    }
  }
  return history;
}

std::string jsonl_line(const Operation& operation) {
  return to_json(operation).dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

void write_jsonl(std::ostream& out, const History& history) {
  OrderedJson header{{"repsim", "history"},
                     {"version", 1},
                     {"scenario", history.scenario},
                     {"protocol", history.protocol},
                     {"seed", history.seed}};
  if (history.model) header["model"] = std::string(model_name(*history.model));
  header["clients"] = history.clients;
  if (history.initial) header["initial"] = to_json(*history.initial);
  if (history.times_are_lines) header["times"] = "lines";
  for (const HistoryFault& fault : history.faults) {
    OrderedJson json{{"what", fault.what}, {"from", fault.from.time_since_epoch().count()}};
    if (fault.until != kNever) json["until"] = fault.until.time_since_epoch().count();
    if (!fault.text.empty()) json["text"] = fault.text;
    header["faults"].push_back(std::move(json));
  }
  out << header.dump() << '\n';
  for (const Operation& op : history.operations) out << jsonl_line(op) << '\n';
}

}  // namespace sim
