#include "sim/linearizability/given_order.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "sim/history/objects/object_model.hpp"

namespace sim {

bool explains(std::span<const std::uint32_t> order, std::span<const Operation> operations, Model model,
              const Value& initial) {
  const ObjectModel& object = object_model(model);
  std::vector<Value> states;
  std::vector<bool> placed(operations.size());
  Time latest_call{};
  std::ptrdiff_t answered = 0;
  for (const std::uint32_t place : order) {
    const Operation& op = operations[place];
    const bool ok = op.outcome == Outcome::ok;
    const bool by_chance = op.action == Action::stamp || op.action == Action::draw;
    if (placed[place] || op.outcome == Outcome::failed || (by_chance && !ok)) return false;
    if (ok && op.ret < latest_call) return false;  // it precedes one that is placed already
    placed[place] = true;
    latest_call = std::max(latest_call, op.call);
    if (op.key >= states.size()) states.resize(op.key + std::size_t{1}, initial);
    const Value output = object.execute(states[op.key], op);
    const bool told = ok && output_of(op.action) != Output::none;
    if (told && !answer_fits(op, output)) return false;
    answered += ok ? 1 : 0;
  }
  return answered == std::ranges::count(operations, Outcome::ok, &Operation::outcome);
}

}  // namespace sim
