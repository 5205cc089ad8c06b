// Which operations change the service: the judges' definition of a write.
#pragma once

#include "sim/history/operation.hpp"

namespace sim {

/// Whether an answered operation changed the service. A compare-and-set that found another value, a removal
/// of a missing element, or a pop from an empty stack changed nothing. Where the answer doesn't say (an
/// insert without an output), it counts as a change.
inline bool changed_something(const Operation& op) {
  if (op.outcome != Outcome::ok) return false;
  switch (op.action) {
    case Action::read:
    case Action::contains:
    case Action::size: return false;
    case Action::dequeue:
    case Action::pop: return op.output != Value{};
    case Action::cas:
    case Action::insert:
    case Action::remove:
    case Action::acquire:
    case Action::release: return op.output != Value{std::int64_t{0}};
    default: return true;
  }
}

}  // namespace sim
