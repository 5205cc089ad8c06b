// Lists from which values are taken out: of the queue at the front, of the stack where the last one went in,
// of the unordered queue anywhere.
#include <algorithm>
#include <array>

#include "sim/history/objects/object_model.hpp"

namespace sim {
namespace {

Value size_of(const List& values) { return static_cast<std::int64_t>(values.size()); }

Value execute_queue(Value& state, const Operation& op) {
  auto& values = *state.as_list();
  if (op.action == Action::size) return size_of(values);
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
  if (op.action == Action::size) return size_of(values);
  if (op.action == Action::push) {
    values.push_back(*op.argument.as_number());
    return {};
  }
  if (values.empty()) return {};
  const std::int64_t topmost = values.back();
  values.pop_back();
  return topmost;
}

// Its state is in ascending order: which value went in first makes no difference. If nobody says which value
// was taken, it's the first.
Value execute_unordered(Value& state, const Operation& op) {
  auto& values = *state.as_list();
  if (op.action == Action::size) return size_of(values);
  if (op.action == Action::enqueue) {
    const std::int64_t value = *op.argument.as_number();
    values.insert(std::ranges::upper_bound(values, value), value);
    return {};
  }
  if (values.empty()) return {};
  const auto* wanted = op.output.as_number();
  auto at = wanted != nullptr ? std::ranges::lower_bound(values, *wanted) : values.begin();
  if (at == values.end() || (wanted != nullptr && *at != *wanted)) at = values.begin();
  const std::int64_t taken = *at;
  values.erase(at);
  return taken;
}

constexpr std::array kQueueActions{Action::enqueue, Action::dequeue, Action::size};
constexpr std::array kStackActions{Action::push, Action::pop, Action::size};

}  // namespace

extern const ObjectModel kQueue{Model::queue, "queue", kQueueActions, List{}, execute_queue};
extern const ObjectModel kStack{Model::stack, "stack", kStackActions, List{}, execute_stack};
extern const ObjectModel kUnorderedQueue{Model::unordered_queue, "unordered-queue", kQueueActions, List{},
                                         execute_unordered};

}  // namespace sim
