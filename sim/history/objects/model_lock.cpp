// A lock, held by one client or nobody (nil); and a mutex, held (1) or not (nil), whoever asks. A client that
// asks for it and doesn't get it is told so at once; a client that holds it already doesn't get it again.
#include <array>

#include "sim/history/objects/object_model.hpp"

namespace sim {
namespace {

Value execute_lock(Value& state, const Operation& op) {
  const Value self = std::int64_t{op.client.value};
  const bool acquires = op.action == Action::acquire;
  const bool succeeds = state == (acquires ? Value{} : self);
  if (succeeds) state = acquires ? self : Value{};
  return truth(succeeds);
}

Value execute_mutex(Value& state, const Operation& op) {
  const bool acquires = op.action == Action::acquire;
  const bool succeeds = state.is_nil() == acquires;
  if (succeeds) state = acquires ? truth(true) : Value{};
  return truth(succeeds);
}

constexpr std::array kLockActions{Action::acquire, Action::release};

}  // namespace

extern const ObjectModel kLock{Model::lock, "lock", kLockActions, Nil{}, execute_lock};
extern const ObjectModel kMutex{Model::mutex, "mutex", kLockActions, Nil{}, execute_mutex};

}  // namespace sim
