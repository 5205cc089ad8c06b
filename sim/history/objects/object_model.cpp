#include "sim/history/objects/object_model.hpp"

#include <algorithm>
#include <array>

#include "sim/history/objects/transaction.hpp"

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
extern const ObjectModel kUnorderedQueue;
extern const ObjectModel kMutex;
extern const ObjectModel kMultiRegister;

std::span<const ObjectModel* const> object_models() {
  static constexpr std::array<const ObjectModel*, 12> all{
      &kRegister, &kCasRegister, &kKeyValue, &kCounter,        &kLog,   &kSet,
      &kQueue,    &kStack,       &kLock,     &kUnorderedQueue, &kMutex, &kMultiRegister};
  return all;
}

const ObjectModel& object_model(Model model) { return *object_models()[static_cast<std::size_t>(model)]; }

bool allows(const ObjectModel& model, Action action) {
  return std::ranges::find(model.actions, action) != model.actions.end();
}

bool changed_nothing(const Operation& op) {
  if (op.action == Action::read || op.action == Action::contains || op.action == Action::size) return true;
  if (op.action == Action::txn) return only_reads(op.argument);
  if (op.outcome != Outcome::ok) return false;
  if (op.action == Action::dequeue || op.action == Action::pop) return op.output == Value{};
  return output_of(op.action) == Output::truth && op.output == truth(false);
}

std::vector<List> without_each(const List& values) {
  std::vector<List> rests;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0 && values[i] == values[i - 1]) continue;
    rests.push_back(values);
    rests.back().erase(rests.back().begin() + static_cast<std::ptrdiff_t>(i));
  }
  return rests;
}

bool answer_fits(const Operation& op, const Value& output) {
  return op.output == output || (may_be_silent(op.action) && op.output == Value{});
}

}  // namespace sim
