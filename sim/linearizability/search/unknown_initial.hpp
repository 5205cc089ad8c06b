// Histories of objects whose initial value is unknown.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "sim/history/operation.hpp"
#include "sim/linearizability/verdict.hpp"

namespace sim {

struct UnknownInitial {
  LinearizabilityResult result{};
  /// Of each key, a value that it may have begun with; of a violation, the value that the story assumes.
  std::map<std::uint32_t, Value> begins{};
  std::size_t tried = 0;  ///< Of a violation: so many values of its key, any other included as one of them.
};

/// Whether the initial value may be unknown: for registers and keys, that is Model::reg, cas_register and kv.
bool may_begin_anyhow(Model model);

/// Judges as check_linearizability does, each key with every initial value that somebody may have seen, and
/// with one that nobody saw. Any other is as good as the latter. Only operations called before the first
/// answered change returned can see the initial value, so few must be tried.
UnknownInitial check_any_initial(std::span<const Operation> operations, Model model,
                                 const LinearizabilityBudget& budget);

}  // namespace sim
