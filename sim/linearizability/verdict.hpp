// The verdict of a linearizability judge, and its budget.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// The meaning of a history's times; only stories depend on it.
enum class TimeUnit : std::uint8_t { nanoseconds, lines };

struct LinearizabilityResult {
  Verdict verdict = Verdict::unknown;
  std::string story;  ///< Why, in a sentence; empty when linearizable.
  /// Empty unless violation. Places of operations that contradict each other, and the one among them at whose
  /// return the contradiction is complete: see Contradiction. If only the verdict was asked for, they are its
  /// by-products: a witness only if there is one without a search, and an end that is near.
  std::vector<std::size_t> witness;
  std::optional<std::size_t> prefix_end{};
  std::uint64_t steps = 0;  ///< Spent, on the witness, too.
};

}  // namespace sim
