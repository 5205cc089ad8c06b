// Two lists from which values are taken out: the queue at the front, the stack where the last one went in.
#include <array>

#include "sim/history/object_model.hpp"

namespace sim {
namespace {

Value execute_queue(Value& state, const Operation& op) {
  auto& values = *state.as_list();
  if (op.action == Action::enqueue) {
    values.push_back(*op.argument.as_number());
    return {};
  }
  if (values.empty()) return {};
  const std::int64_t first = values.front();
  values.erase(values.begin());
  return first;
}

Value execute_stack(Value& state, const Operation& op) {
  auto& values = *state.as_list();
  if (op.action == Action::push) {
    values.push_back(*op.argument.as_number());
    return {};
  }
  if (values.empty()) return {};
  const std::int64_t topmost = values.back();
  values.pop_back();
  return topmost;
}

constexpr std::array kQueueActions{Action::enqueue, Action::dequeue};
constexpr std::array kStackActions{Action::push, Action::pop};

}  // namespace

extern const ObjectModel kQueue{Model::queue, "queue", kQueueActions, List{}, execute_queue};
extern const ObjectModel kStack{Model::stack, "stack", kStackActions, List{}, execute_stack};

}  // namespace sim
