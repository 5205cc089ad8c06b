#include "sim/history/object_model.hpp"

#include <algorithm>
#include <array>

namespace sim {

extern const ObjectModel kRegister;
extern const ObjectModel kCasRegister;
extern const ObjectModel kKeyValue;
extern const ObjectModel kCounter;
extern const ObjectModel kLog;
extern const ObjectModel kSet;
extern const ObjectModel kQueue;
extern const ObjectModel kStack;
extern const ObjectModel kLock;

std::span<const ObjectModel* const> object_models() {
  static constexpr std::array<const ObjectModel*, 9> all{
      &kRegister, &kCasRegister, &kKeyValue, &kCounter, &kLog, &kSet, &kQueue, &kStack, &kLock};
  return all;
}

const ObjectModel& object_model(Model model) { return *object_models()[static_cast<std::size_t>(model)]; }

bool allows(const ObjectModel& model, Action action) {
  return std::ranges::find(model.actions, action) != model.actions.end();
}

bool changed_nothing(const Operation& op) {
  if (op.action == Action::read || op.action == Action::contains) return true;
  if (op.outcome != Outcome::ok) return false;
  if (op.action == Action::dequeue || op.action == Action::pop) return op.output == Value{};
  return output_of(op.action) == Output::truth && op.output == truth(false);
}

// A set's client may not be told whether its request made a difference.
bool answer_fits(const Operation& op, const Value& output) {
  const bool may_be_silent = op.action == Action::insert || op.action == Action::remove;
  return op.output == output || (may_be_silent && op.output == Value{});
}

}  // namespace sim
