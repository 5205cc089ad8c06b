// A set of numbers. Its state is the list of its elements in ascending order, which is what `read` returns.
#include <algorithm>
#include <array>

#include "sim/history/objects/object_model.hpp"

namespace sim {
namespace {

Value execute_set(Value& state, const Operation& op) {
  if (op.action == Action::read) return state;
  auto& elements = *state.as_list();
  if (op.action == Action::size) return static_cast<std::int64_t>(elements.size());
  const auto element = *op.argument.as_number();
  const auto at = std::ranges::lower_bound(elements, element);
  const bool present = at != elements.end() && *at == element;
  switch (op.action) {
    case Action::insert:
      if (!present) elements.insert(at, element);
      return truth(!present);
    case Action::remove:
      if (present) elements.erase(at);
      return truth(present);
    default: return truth(present);  // contains
  }
}

constexpr std::array kSetActions{Action::read, Action::insert, Action::remove, Action::contains,
                                 Action::size};

}  // namespace

extern const ObjectModel kSet{Model::set, "set", kSetActions, List{}, execute_set};

}  // namespace sim
