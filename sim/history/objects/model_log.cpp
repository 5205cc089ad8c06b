// A list that only grows: `append`, and `read` of the whole.
#include <array>

#include "sim/history/objects/object_model.hpp"

namespace sim {
namespace {

Value execute_log(Value& state, const Operation& op) {
  if (op.action == Action::read) return state;
  if (const auto* element = op.argument.as_number()) {
    state.as_list()->push_back(*element);
  }
  return {};
}

constexpr std::array kLogActions{Action::read, Action::append};

}  // namespace

extern const ObjectModel kLog{Model::log, "log", kLogActions, List{}, execute_log};

}  // namespace sim
