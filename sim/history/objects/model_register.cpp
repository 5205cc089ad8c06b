// Objects whose state is one value: the register, the compare-and-set register, and the key-value store,
// which is one such object for each key.
#include <array>

#include "sim/history/objects/object_model.hpp"

namespace sim {
namespace {

Value compare_and_set(Value& state, const Operation& op) {
  const bool holds = state == op.expected;
  if (holds) state = op.argument;
  return truth(holds);
}

// Appending to a number makes a list that starts with it; to nil, a list or a text. Appending values that
// don't fit together has no effect: text can't be appended to a list, nor a number to a text.
Value append_to_cell(Value& state, const Operation& op) {
  if (const auto* piece = op.argument.as_text()) {
    if (state.is_nil()) state = std::string();
    if (auto* text = state.as_text()) *text += *piece;
  } else if (const auto* element = op.argument.as_number()) {
    if (state.is_nil()) state = List{};
    if (const auto* number = state.as_number()) state = List{*number};
    if (auto* list = state.as_list()) list->push_back(*element);
  }
  return {};
}

Value execute_cell(Value& state, const Operation& op) {
  switch (op.action) {
    case Action::read: return state;
    case Action::cas: return compare_and_set(state, op);
    case Action::append: return append_to_cell(state, op);
    case Action::stamp:
    case Action::draw: return state = op.output;  // whatever it was, it was written
    default: state = op.argument; return {};      // a write
  }
}

constexpr std::array kRegisterActions{Action::read, Action::write, Action::stamp, Action::draw};
constexpr std::array kCasActions{Action::read, Action::write, Action::cas, Action::stamp, Action::draw};
constexpr std::array kKeyValueActions{Action::read,   Action::write, Action::cas,
                                      Action::append, Action::stamp, Action::draw};

}  // namespace

extern const ObjectModel kRegister{Model::reg, "register", kRegisterActions, Nil{}, execute_cell};
extern const ObjectModel kCasRegister{Model::cas_register, "cas-register", kCasActions, Nil{}, execute_cell};
extern const ObjectModel kKeyValue{Model::kv, "kv", kKeyValueActions, Nil{}, execute_cell};

}  // namespace sim
