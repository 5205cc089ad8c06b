// Our own format, one JSON object a line; jsonl.cpp reads it.
#include <cstdint>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/history/formats/edn_values.hpp"
#include "sim/history/history.hpp"
#include "sim/history/objects/object_model.hpp"
#include "sim/history/objects/transaction.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/history/write_history.hpp"

namespace sim {
namespace {

using OrderedJson = nlohmann::ordered_json;

// Values with a notation in JSON are written in it, so that reading gives the same; the rest as {"edn":
// TEXT}.
OrderedJson named(const std::string& text) {
  const Edn edn = read_edn_value(text);
  const bool is_plain =
      text.find_first_not_of("+-.0123456789e") == std::string::npos && !text.ends_with(".0");
  if (edn.kind == Edn::Kind::string) return edn.text;
  if (edn.kind == Edn::Kind::boolean) return edn.integer != 0;
  if (edn.kind == Edn::Kind::integer) return edn.integer;
  if (edn.kind == Edn::Kind::number && is_plain) return std::stod(text);
  return {{"edn", text}};
}

class JsonOf {
 public:
  explicit JsonOf(const Names& names) : names_(names) {}

  OrderedJson operator()(Nil) const { return nullptr; }
  OrderedJson operator()(std::int64_t n) const {
    return is_name(n) ? named(names_.value(n)) : OrderedJson(n);
  }
  OrderedJson operator()(const std::string& text) const { return text; }
  OrderedJson operator()(const List& list) const {
    auto json = OrderedJson::array();
    for (const std::int64_t element : list) json.push_back((*this)(element));
    return json;
  }
  OrderedJson operator()(const Value& value) const { return value.visit(*this); }

  OrderedJson key(std::uint32_t key) const {
    return key >= kFirstNamedKey ? named(names_.key(key)) : OrderedJson(key);
  }

 private:
  const Names& names_;
};

OrderedJson steps_to_json(const Value& argument, const JsonOf& json_of) {
  using Kind = TransactionStep::Kind;
  auto json = OrderedJson::array();
  for (const TransactionStep& step : transaction_steps(argument)) {
    const char* name = step.kind == Kind::read ? "r" : step.kind == Kind::write ? "w" : "append";
    json.push_back({name, json_of(step.reg)});
    if (step.kind != Kind::read) json.back().push_back(json_of(step.value));
  }
  return json;
}

OrderedJson output_to_json(const Operation& op, const JsonOf& json_of) {
  if (output_of(op.action) == Output::truth) return op.output == truth(true);
  if (op.action != Action::txn) return json_of(op.output);
  auto json = OrderedJson::array();
  for (const Value& value : transaction_reads(op.output)) json.push_back(json_of(value));
  return json;
}

OrderedJson to_json(const Operation& op, const Names& names) {
  const JsonOf json_of(names);
  OrderedJson json{{"client", names.client(op.client.value)},
                   {"f", std::string(action_name(op.action))},
                   {"key", json_of.key(op.key)}};
  if (op.action == Action::txn) {
    json["value"] = steps_to_json(op.argument, json_of);
  } else if (takes_argument(op.action)) {
    json["value"] = json_of(op.argument);
  }
  if (op.action == Action::cas) json["expected"] = json_of(op.expected);
  const bool silent = may_be_silent(op.action) && op.output == Value{};
  if (op.outcome == Outcome::ok && output_of(op.action) != Output::none && !silent) {
    json["output"] = output_to_json(op, json_of);
  }
  json["call"] = op.call.time_since_epoch().count();
  if (op.outcome != Outcome::pending && op.ret != kNever) json["return"] = op.ret.time_since_epoch().count();
  json["outcome"] = std::string(outcome_name(op.outcome));
  return json;
}

// For transactions, the value that all registers hold; a header can't say more.
OrderedJson initial_to_json(const History& history) {
  const JsonOf json_of(history.names);
  if (history.model != Model::multi_register) return json_of(*history.initial);
  return json_of(transaction_reads(*history.initial).front());
}

}  // namespace

std::string jsonl_line(const Operation& operation, const Names& names) {
  return to_json(operation, names).dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

void write_jsonl(std::ostream& out, const History& history) {
  OrderedJson header{{"repsim", "history"},
                     {"version", 1},
                     {"scenario", history.scenario},
                     {"protocol", history.protocol},
                     {"seed", history.seed}};
  if (history.model) header["model"] = std::string(model_name(*history.model));
  header["clients"] = history.clients;
  if (history.initial) header["initial"] = initial_to_json(history);
  if (history.times_are_lines) header["times"] = "lines";
  for (const HistoryFault& fault : history.faults) {
    OrderedJson json{{"what", fault.what}, {"from", fault.from.time_since_epoch().count()}};
    if (fault.until != kNever) json["until"] = fault.until.time_since_epoch().count();
    if (!fault.text.empty()) json["text"] = fault.text;
    header["faults"].push_back(std::move(json));
  }
  out << header.dump() << '\n';
  for (const Operation& op : history.operations) out << jsonl_line(op, history.names) << '\n';
}

}  // namespace sim
