// Transactions as Jepsen writes them: `:f :txn, :value [[:r :x nil] [:w :y 1] [:append :z 2]]`, or with
// Knossos' older `:f :read, :value {:x nil}` and `:f :write, :value {:x 1}`.
#include <algorithm>
#include <utility>

#include "sim/history/formats/jepsen_reader.hpp"

namespace sim {
namespace {

bool is_step(const Edn& step) {
  if (!step.is_sequence() || (step.items.size() != 3 && step.items.size() != 2)) return false;
  const Edn& f = step.items[0];
  const bool reads = f.text == "r" || f.text == "read";
  const bool changes = f.text == "w" || f.text == "write" || f.text == "append";
  const bool named = f.kind == Edn::Kind::keyword || f.kind == Edn::Kind::string;
  return named && (reads || (changes && step.items.size() == 3));
}

bool reads_by_map(const JepsenEvent& event) { return event.f.ends_with("read") || event.f.ends_with("get"); }

}  // namespace

bool holds_steps(const Edn& value) {
  return value.is_sequence() && !value.items.empty() && std::ranges::all_of(value.items, is_step);
}

// A register holds a number, a name, nothing, or a list of those.
Value JepsenReader::register_value(const Edn& edn) {
  Value found = value(edn);
  return found.as_text() != nullptr ? Value{names_.as_number(found)} : found;
}

void JepsenReader::micro_operation(const Edn& step, bool is_answer, std::vector<TransactionStep>& steps,
                                   std::vector<Value>& reads) {
  using Kind = TransactionStep::Kind;
  if (!is_step(step)) {
    events_.fail("found " + edn_text(step).substr(0, 80) +
                 "; expected [:r REGISTER nil], [:w REGISTER VALUE] or [:append REGISTER VALUE]");
  }
  const std::string_view f = step.items[0].text;
  const std::int64_t reg = element(step.items[1]);
  if (f != "r" && f != "read") {
    Value written = register_value(step.items[2]);
    const bool appends = f == "append";
    if (appends && written.as_number() == nullptr) written = names_.as_number(written);
    steps.push_back({appends ? Kind::append : Kind::write, reg, std::move(written)});
    return;
  }
  Value seen = step.items.size() == 3 ? register_value(step.items[2]) : Value{};
  // A client that wasn't told what was there says nothing.
  if (is_answer && options_.nil_is_unknown && seen.is_nil()) return;
  steps.push_back({Kind::read, reg});
  reads.push_back(std::move(seen));
}

JepsenReader::Transaction JepsenReader::transaction(const JepsenEvent& event, const Edn* given,
                                                    bool is_answer) {
  using Kind = TransactionStep::Kind;
  std::vector<TransactionStep> steps;
  std::vector<Value> reads;
  const Edn& whole = need(given);
  if (whole.kind == Edn::Kind::map) {
    for (std::size_t i = 0; i < whole.items.size(); i += 2) {
      const std::int64_t reg = element(whole.items[i]);
      Value held = register_value(whole.items[i + 1]);
      const bool untold = is_answer && options_.nil_is_unknown && held.is_nil();
      if (!reads_by_map(event)) {
        steps.push_back({Kind::write, reg, std::move(held)});
      } else if (!untold) {
        steps.push_back({Kind::read, reg});
        reads.push_back(std::move(held));
      }
    }
  } else if (whole.is_sequence()) {
    for (const Edn& step : whole.items) micro_operation(step, is_answer, steps, reads);
  } else {
    events_.fail("expected :value [[:r REGISTER nil] [:w REGISTER VALUE] ...]");
  }
  return {transaction_argument(steps), transaction_output(reads)};
}

// The answer repeats the request, with the values read. Registers of a map may come in another order.
void JepsenReader::answer_transaction(Operation& op, const JepsenEvent& event, const Edn* given) {
  Transaction told = transaction(event, given, true);
  const auto without_reads = [](const Value& argument, bool reads_too) {
    std::vector<TransactionStep> steps = transaction_steps(argument);
    if (!reads_too) std::erase_if(steps, [](const auto& s) { return s.kind == TransactionStep::Kind::read; });
    return steps;
  };
  const bool whole = !options_.nil_is_unknown && given->kind != Edn::Kind::map;
  if (without_reads(op.argument, whole) != without_reads(told.argument, whole)) {
    events_.fail("the :ok says :value " + edn_text(*given).substr(0, 80) +
                 ", which isn't what was invoked; expected the same steps");
  }
  op.argument = std::move(told.argument);
  op.output = std::move(told.output);
}

}  // namespace sim
