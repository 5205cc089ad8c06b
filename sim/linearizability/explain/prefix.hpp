// Prefixes of a history: what remains when some answers, or all later operations, are dropped.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sim/history/operation.hpp"

namespace sim {

/// From now on the operation may take effect at any time after its call, or never, answered in any way. An
/// operation that changed nothing is forgotten whole; a stamp or draw keeps the value that it wrote.
void forget_answer(Operation& op);

/// Places of the answered operations in the order of their returns.
std::vector<std::size_t> returns_of(std::span<const Operation> all);

/// The operations called and answered until the return of `returns[rank]`; those open then lose their
/// answers. Failed operations are left out. `places`, if given, gets their places in `all`.
std::vector<Operation> prefix_until(std::span<const Operation> all, std::span<const std::size_t> returns,
                                    std::size_t rank, std::vector<std::size_t>* places = nullptr);

}  // namespace sim
