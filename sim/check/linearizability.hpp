// Is a history linearizable (Herlihy and Wing 1990)? That is: could each operation have taken effect at one
// instant between its call and its return, so that all answers agree with one object that nobody shared? The
// judge looks at histories only, never at protocols, and would rather say "unknown" than guess.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/history/operation.hpp"

namespace sim {

enum class Verdict : std::uint8_t { linearizable, violation, unknown };

/// "linearizable", "violation" or "unknown".
std::string_view verdict_name(Verdict verdict);

/// How hard to try. Deciding is NP-complete, so that something must bound it.
struct LinearizabilityBudget {
  std::uint64_t steps =
      50'000'000;  ///< Comparisons and transitions: a deterministic measure; some 5 ns each.
  std::function<bool()>
      out_of_time{};  ///< Asked now and then when not empty; makes verdicts depend on the machine.
  std::size_t memory_bytes = std::size_t{1} << 30;
};

/// What the times of a history count; only stories depend on it.
enum class TimeUnit : std::uint8_t { nanoseconds, lines };

/// What is asked for besides the verdict. A witness of a violation may cost many times what the verdict did.
enum class Detail : std::uint8_t { verdict, witness };

struct LinearizabilityResult {
  Verdict verdict = Verdict::unknown;
  std::string story;  ///< Why, in a sentence; empty when linearizable.
  /// Unless violation, empty. Places of operations that contradict each other, and the one among them at
  /// whose return the contradiction is complete: as a Contradiction says. If only the verdict was asked for,
  /// they are what it left behind: a witness only where there is one without a search, and an end that is
  /// near.
  std::vector<std::size_t> witness;
  std::optional<std::size_t> prefix_end{};
  std::uint64_t steps = 0;  ///< Spent, on the witness, too.
};

/// Judges `operations` (in any order) against one object of `model` for each key, each starting at `initial`.
///
/// Operations come one before the other as precedes() says: at equal times they are concurrent. Pending
/// operations take effect at any time after their call or never; failed ones never. A pending stamp or draw
/// wrote some integer. Throws std::invalid_argument for an action that the model doesn't have
/// or an initial value that it can't hold.
LinearizabilityResult check_linearizability(std::span<const Operation> operations, Model model,
                                            const Value& initial, const LinearizabilityBudget& budget = {},
                                            TimeUnit unit = TimeUnit::nanoseconds,
                                            Detail detail = Detail::witness);

/// The same verdict without story and witness: what sweeps ask of every run. Adds what was spent to `steps`.
Verdict linearizability_verdict(std::span<const Operation> operations, Model model, const Value& initial,
                                const LinearizabilityBudget& budget = {}, std::uint64_t* steps = nullptr);

}  // namespace sim
