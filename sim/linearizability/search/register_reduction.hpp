// Reduces locks and some sets to registers, operation by operation, so verdicts carry over. The searches and
// monitors for registers then judge these objects, too.
#pragma once

#include <span>
#include <vector>

#include "sim/history/operation.hpp"

namespace sim {

/// A history in the search's form: either the given one, or an equivalent one of other objects.
class RegisterReduction {
 public:
  /// * A lock is a compare-and-set register that holds its holder; a mutex one that holds `1` or nil.
  /// * A set that nobody reads as a whole is as many registers as it has elements, each `1` (in it) or nil:
  ///   operations on different elements neither see nor disturb each other (locality).
  /// * A set that somebody does read stays one.
  /// Sets that were read are put in ascending order. `operations` must outlive this.
  RegisterReduction(std::span<const Operation> operations, Model model, const Value& initial);

  std::span<const Operation> operations() const { return operations_; }
  Model model() const { return model_; }
  const Value& initial() const { return initial_; }

  /// The operations on one element of a set, as a register's; `initial` tells whether the element is in at
  /// first.
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
