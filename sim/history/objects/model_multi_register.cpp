// Several registers, which transactions read and write together.
#include <array>
#include <map>
#include <optional>

#include "sim/history/encoded_values.hpp"
#include "sim/history/objects/object_model.hpp"
#include "sim/history/objects/transaction.hpp"

namespace sim {
namespace {

// All registers whose value differs from the others', in order of their numbers.
struct Registers {
  Value initial;
  std::vector<std::pair<std::int64_t, Value>> held{};

  explicit Registers(const Value& state) {
    EncodedValues source(state);
    initial = source.value();
    while (!source.empty()) {
      const std::int64_t reg = source.number();
      held.emplace_back(reg, source.value());
    }
  }

  const Value& at(std::int64_t reg) const {
    const auto found = std::ranges::find(held, reg, [](const auto& entry) { return entry.first; });
    return found == held.end() ? initial : found->second;
  }

  void set(std::int64_t reg, const Value& value) {
    const auto number = [](const auto& entry) { return entry.first; };
    const auto at = std::ranges::lower_bound(held, reg, {}, number);
    const bool known = at != held.end() && at->first == reg;
    if (known && value == initial) {
      held.erase(at);
    } else if (known) {
      at->second = value;
    } else if (!(value == initial)) {
      held.insert(at, {reg, value});
    }
  }
};

// As for a key: a value that isn't a list becomes one, nil an empty one.
Value appended(const Value& to, const Value& element) {
  List list;
  if (const auto* whole = to.as_list()) list = *whole;
  if (const auto* number = to.as_number()) list.push_back(*number);
  if (const auto* number = element.as_number()) list.push_back(*number);
  return list;
}

Value execute_transaction(Value& state, const Operation& op) {
  Registers registers(state);
  std::vector<Value> reads;
  bool changed = false;
  for (const TransactionStep& step : transaction_steps(op.argument)) {
    if (step.kind == TransactionStep::Kind::read) {
      reads.push_back(registers.at(step.reg));
      continue;
    }
    const bool appends = step.kind == TransactionStep::Kind::append;
    registers.set(step.reg, appends ? appended(registers.at(step.reg), step.value) : step.value);
    changed = true;
  }
  if (changed) state = transaction_state(registers.initial, registers.held);
  return transaction_output(reads);
}

constexpr std::array kMultiRegisterActions{Action::txn};

}  // namespace

extern const ObjectModel kMultiRegister{Model::multi_register, "multi-register", kMultiRegisterActions,
                                        transaction_state({}), execute_transaction};

}  // namespace sim
