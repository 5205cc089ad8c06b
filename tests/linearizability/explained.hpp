// Histories made by hand in a line, and the explanation of why they have no order.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/history/objects/object_model.hpp"
#include "sim/history/operation.hpp"
#include "sim/history/vocabulary.hpp"
#include "sim/linearizability/explanation.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "tests/support/catch.hpp"

namespace explained {

using namespace sim;

inline Time at(std::int64_t ms) { return Time{} + std::chrono::milliseconds(ms); }

struct From {
  int client;
  std::int64_t call;
  std::int64_t ret;
};

inline Operation operation(From from, Action action) {
  Operation op;
  op.client.value = static_cast<std::uint16_t>(from.client);
  op.action = action;
  op.outcome = Outcome::ok;
  op.call = at(from.call);
  op.ret = at(from.ret);
  return op;
}

inline Operation write(From from, std::int64_t value) {
  Operation op = operation(from, Action::write);
  op.argument = value;
  return op;
}

inline Operation read(From from, Value value) {
  Operation op = operation(from, Action::read);
  op.output = std::move(value);
  return op;
}

inline Operation cas(From from, Value expected, std::int64_t value) {
  Operation op = operation(from, Action::cas);
  op.expected = std::move(expected);
  op.argument = value;
  op.output = truth(true);
  return op;
}

inline std::int64_t n(std::int64_t value) { return value; }

inline Explanation explain(const std::vector<Operation>& history, Model model) {
  const Value initial = initial_value(model);
  const auto found =
      check_linearizability(history, model, initial, {}, TimeUnit::nanoseconds, Detail::verdict);
  REQUIRE(found.verdict == Verdict::violation);
  return explain_violation(history, model, initial, found);
}

}  // namespace explained
