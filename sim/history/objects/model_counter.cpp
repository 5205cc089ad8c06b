// A number that is raised: `add` answers with the sum.
#include <array>

#include "sim/history/objects/object_model.hpp"

namespace sim {
namespace {

// Wraps around, as the state must be defined whatever clients add.
Value execute_counter(Value& state, const Operation& op) {
  const auto number = [](const Value& value) {
    const auto* n = value.as_number();
    return n != nullptr ? static_cast<std::uint64_t>(*n) : 0;
  };
  if (op.action == Action::add) state = static_cast<std::int64_t>(number(state) + number(op.argument));
  return state;
}

constexpr std::array kCounterActions{Action::read, Action::add};

}  // namespace

extern const ObjectModel kCounter{Model::counter, "counter", kCounterActions, std::int64_t{0},
                                  execute_counter};

}  // namespace sim
