// Puts a contradiction into words: a verdict that can't be understood teaches nothing.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "sim/linearizability/explain/dead_end.hpp"
#include "sim/linearizability/verdict.hpp"

namespace sim {

struct StoryContext {
  Model model;
  const Value& initial;
  TimeUnit unit;
  bool sequential = false;  ///< Only each client's own order counts.
};

/// Tells why the operations of `witness` (all of one key) can't all have been answered as they were.
std::string tell_violation(std::span<const Operation> operations, std::span<const std::size_t> witness,
                           const StoryContext& context);

/// Tells where every order ends, and the one that comes nearest: for a contradiction that is too long to
/// read.
std::string tell_dead_end(std::span<const Operation> operations, const DeadEnd& dead_end,
                          const StoryContext& context);

}  // namespace sim
