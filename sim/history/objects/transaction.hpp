// Transactions on several registers, as a history holds them: lists of numbers for the request, for the
// values read, and for the state.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sim/history/operation.hpp"

namespace sim {

/// One step of a transaction: of one register.
struct TransactionStep {
  enum class Kind : std::uint8_t {
    read,    ///< `:r`, its value then, after the steps before.
    write,   ///< `:w`
    append,  ///< To the list that it holds, as Elle's list-append does; a register that holds nil begins one.
  };
  Kind kind = Kind::read;
  std::int64_t reg = 0;  ///< Its number or name.
  Value value{};         ///< Of a write or append: a number, nil or a list.
  bool operator==(const TransactionStep&) const = default;
};

/// Steps as the argument of an operation, and back. A value that doesn't come from here gives no steps.
Value transaction_argument(std::span<const TransactionStep> steps);
std::vector<TransactionStep> transaction_steps(const Value& argument);

/// The values that its reads returned, in order, as the output of an operation; and back.
Value transaction_output(std::span<const Value> reads);
std::vector<Value> transaction_reads(const Value& output);

/// The state before all transactions: each register holds `initial`, but for those that are named.
Value transaction_state(const Value& initial, std::span<const std::pair<std::int64_t, Value>> registers = {});

/// Gives transactions that have no register in common, not even by way of others, objects (keys) of their
/// own, as their effects on different registers are independent. Only where all are of key 0.
void split_transactions(std::span<Operation> operations);

/// "[r 3] [w 4 17]", with the numbers of registers and values; what was read, if it's known, behind the
/// register.
std::string transaction_text(const Operation& op);

/// Whether it only reads.
bool only_reads(const Value& argument);

}  // namespace sim
