// Reduces locks and some sets to registers, operation by operation, so verdicts carry over. The searches and
// monitors for registers then judge these objects, too.
#pragma once

#include <span>
#include <vector>

#include "sim/history/operation.hpp"

namespace sim {

/// A history as the search takes it: either the given one, or one that says the same of other objects.
class RegisterReduction {
 public:
  /// * A lock is a compare-and-set register that holds its holder; a mutex one that holds `1` or nil.
  /// * A set of which nobody reads the whole is as many registers as it has elements, each `1` (in it) or
  ///   nil: operations on different elements neither see nor disturb each other (locality).
  /// * A set that somebody does read stays one.
  /// What was read is put in ascending order. `operations` must outlive this.
  RegisterReduction(std::span<const Operation> operations, Model model, const Value& initial);

  std::span<const Operation> operations() const { return operations_; }
  Model model() const { return model_; }
  const Value& initial() const { return initial_; }

  /// What is said of one element of a set, of which `initial` tells whether it's in; as a register.
  struct Element {
    std::vector<Operation> operations{};
    std::vector<std::size_t> places{};  ///< Of these in the history.
    Value initial{};
  };

  /// Of a set that stayed one. If the set's operations can be ordered, so can each element's; the reverse
  /// doesn't hold.
  Element of_element(std::span<const std::uint32_t> of_key, std::int64_t element) const;

 private:
  std::vector<Operation> own_{};
  std::span<const Operation> operations_;
  Model model_;
  Value initial_;
};

}  // namespace sim
