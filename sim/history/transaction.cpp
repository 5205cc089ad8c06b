#include "sim/history/transaction.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <optional>

#include "sim/history/names.hpp"
#include "sim/history/object_model.hpp"

namespace sim {
namespace {

// A value among numbers: what it is, and then itself.
enum Tag : std::int64_t { kNilValue, kNumberValue, kListValue };

void put(List& into, const Value& value) {
  if (const auto* number = value.as_number()) {
    into.insert(into.end(), {kNumberValue, *number});
  } else if (const auto* list = value.as_list()) {
    into.insert(into.end(), {kListValue, static_cast<std::int64_t>(list->size())});
    into.insert(into.end(), list->begin(), list->end());
  } else {
    into.push_back(kNilValue);
  }
}

// Takes numbers and values off the front of a list.
class Source {
 public:
  explicit Source(const Value& value) {
    if (const auto* list = value.as_list()) rest_ = *list;
  }

  bool empty() const { return rest_.empty(); }

  std::int64_t number() {
    if (rest_.empty()) return 0;
    const std::int64_t front = rest_.front();
    rest_ = rest_.subspan(1);
    return front;
  }

  Value value() {
    const std::int64_t tag = number();
    if (tag == kNumberValue) return number();
    if (tag != kListValue) return {};
    const auto size = std::min(static_cast<std::size_t>(std::max<std::int64_t>(number(), 0)), rest_.size());
    List list(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(size));
    rest_ = rest_.subspan(size);
    return list;
  }

 private:
  std::span<const std::int64_t> rest_{};
};

// All registers that hold something else than the others do, in order of their numbers.
struct Registers {
  Value initial;
  std::vector<std::pair<std::int64_t, Value>> held{};

  explicit Registers(const Value& state) {
    Source source(state);
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

// As of a key: what isn't a list becomes one, nil an empty one.
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

Value transaction_argument(std::span<const TransactionStep> steps) {
  List list;
  for (const TransactionStep& step : steps) {
    list.insert(list.end(), {static_cast<std::int64_t>(step.kind), step.reg});
    if (step.kind != TransactionStep::Kind::read) put(list, step.value);
  }
  return list;
}

std::vector<TransactionStep> transaction_steps(const Value& argument) {
  std::vector<TransactionStep> steps;
  for (Source source(argument); !source.empty();) {
    TransactionStep& step = steps.emplace_back();
    step.kind = static_cast<TransactionStep::Kind>(std::clamp<std::int64_t>(source.number(), 0, 2));
    step.reg = source.number();
    if (step.kind != TransactionStep::Kind::read) step.value = source.value();
  }
  return steps;
}

Value transaction_output(std::span<const Value> reads) {
  List list;
  for (const Value& value : reads) put(list, value);
  return list;
}

std::vector<Value> transaction_reads(const Value& output) {
  std::vector<Value> reads;
  for (Source source(output); !source.empty();) reads.push_back(source.value());
  return reads;
}

Value transaction_state(const Value& initial, std::span<const std::pair<std::int64_t, Value>> registers) {
  List list;
  put(list, initial);
  for (const auto& [reg, value] : registers) {
    list.push_back(reg);
    put(list, value);
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

extern const ObjectModel kMultiRegister{Model::multi_register, "multi-register", kMultiRegisterActions,
                                        transaction_state({}), execute_transaction};

}  // namespace sim
