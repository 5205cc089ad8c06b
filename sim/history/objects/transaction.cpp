#include "sim/history/objects/transaction.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <optional>

#include "sim/history/encoded_values.hpp"
#include "sim/history/names.hpp"

namespace sim {

Value transaction_argument(std::span<const TransactionStep> steps) {
  List list;
  for (const TransactionStep& step : steps) {
    list.insert(list.end(), {static_cast<std::int64_t>(step.kind), step.reg});
    if (step.kind != TransactionStep::Kind::read) put_value(list, step.value);
  }
  return list;
}

std::vector<TransactionStep> transaction_steps(const Value& argument) {
  std::vector<TransactionStep> steps;
  for (EncodedValues source(argument); !source.empty();) {
    TransactionStep& step = steps.emplace_back();
    step.kind = static_cast<TransactionStep::Kind>(std::clamp<std::int64_t>(source.number(), 0, 2));
    step.reg = source.number();
    if (step.kind != TransactionStep::Kind::read) step.value = source.value();
  }
  return steps;
}

Value transaction_output(std::span<const Value> reads) {
  List list;
  for (const Value& value : reads) put_value(list, value);
  return list;
}

std::vector<Value> transaction_reads(const Value& output) {
  std::vector<Value> reads;
  for (EncodedValues source(output); !source.empty();) reads.push_back(source.value());
  return reads;
}

Value transaction_state(const Value& initial, std::span<const std::pair<std::int64_t, Value>> registers) {
  List list;
  put_value(list, initial);
  for (const auto& [reg, value] : registers) {
    list.push_back(reg);
    put_value(list, value);
  }
  return list;
}

std::string transaction_text(const Operation& op) {
  const std::vector<Value> reads =
      op.outcome == Outcome::ok ? transaction_reads(op.output) : std::vector<Value>();
  const Names as_they_are;
  std::string text;
  std::size_t read = 0;
  for (const TransactionStep& step : transaction_steps(op.argument)) {
    const bool looks = step.kind == TransactionStep::Kind::read;
    text +=
        (text.empty() ? "[" : " [") + std::string(looks                                       ? "r "
                                                  : step.kind == TransactionStep::Kind::write ? "w "
                                                                                              : "append ");
    text += std::to_string(step.reg);
    const Value* value = !looks ? &step.value : read < reads.size() ? &reads[read] : nullptr;
    read += looks ? 1 : 0;
    if (value != nullptr) text += ' ' + as_they_are.value(*value);
    text += ']';
  }
  return text;
}

void split_transactions(std::span<Operation> operations) {
  const auto elsewhere = [](const Operation& op) { return op.key != 0 || op.action != Action::txn; };
  if (std::ranges::any_of(operations, elsewhere)) return;
  std::map<std::int64_t, std::size_t> place;  // of each register, in order of appearance
  std::vector<std::size_t> joined;            // with an earlier one, or itself
  const auto root = [&](std::size_t at) {
    while (joined[at] != at) at = joined[at] = joined[joined[at]];
    return at;
  };
  std::vector<std::size_t> first(operations.size(), 0);
  for (std::size_t i = 0; i < operations.size(); ++i) {
    bool any = false;
    for (const TransactionStep& step : transaction_steps(operations[i].argument)) {
      const std::size_t at = place.try_emplace(step.reg, place.size()).first->second;
      if (at == joined.size()) joined.push_back(at);
      const std::size_t a = root(any ? first[i] : at);
      const std::size_t b = root(at);
      joined[std::max(a, b)] = std::min(a, b);
      first[i] = std::min(a, b);
      any = true;
    }
  }
  std::map<std::size_t, std::uint32_t> keys;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const std::size_t object = joined.empty() ? 0 : root(first[i]);
    operations[i].key = keys.try_emplace(object, static_cast<std::uint32_t>(keys.size())).first->second;
  }
}

bool only_reads(const Value& argument) {
  const auto reads = [](const TransactionStep& step) { return step.kind == TransactionStep::Kind::read; };
  return std::ranges::all_of(transaction_steps(argument), reads);
}

}  // namespace sim
