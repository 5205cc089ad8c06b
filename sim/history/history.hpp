// A history: the clients' requests, the answers, and their times.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/history/names.hpp"
#include "sim/history/operation.hpp"

namespace sim {

/// Something that went wrong while a history was recorded. For pictures only: no judge looks at it.
struct HistoryFault {
  std::string what;  ///< In one word, such as "crash" or "partition".
  Time from{};
  Time until = kNever;  ///< `kNever`: it lasted to the end.
  std::string text{};   ///< For people.
  bool operator==(const HistoryFault&) const = default;
};

struct History {
  std::string scenario;
  std::string protocol;
  std::uint64_t seed = 0;
  std::uint32_t clients = 0;
  std::optional<Model> model;  ///< Unset when the format doesn't say.
  /// If the model is a guess: one that allows more, and that the operations fit as well.
  std::optional<Model> or_else{};
  std::optional<Value> initial;  ///< Unset: `initial_value` of the model.
  /// Times are line numbers, not nanoseconds: the source recorded an order only.
  bool times_are_lines = false;
  std::vector<HistoryFault> faults{};  ///< In order of their beginning; only our own format tells them.
  std::vector<Operation> operations;   ///< In order of call.
  Names names{};                       ///< The meaning of the numbers in them.
  std::vector<std::string> remarks{};  ///< How ambiguous parts were understood; for people.
  bool operator==(const History&) const = default;
};

}  // namespace sim
