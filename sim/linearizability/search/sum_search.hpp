// Finds which of some numbers add up to a given one: for additions to a counter whose outcome is unknown.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace sim {

/// Finds all ways without trying all of them: the sums of one half of the terms are kept in order, and each
/// of the other half's is looked up there (Horowitz and Sahni 1974, "Computing partitions with applications
/// to the knapsack problem"). Sums are modulo 2^64, as counters count.
class SumSearch {
 public:
  struct Term {
    std::uint64_t amount = 0;
    std::uint32_t most = 0;  ///< It may be used so often.
  };

  /// Adds its steps to `steps`.
  void prepare(std::span<const Term> terms, std::uint64_t& steps);

  /// Calls `found` with how often each term is used, for each way to get `sum`; until `stop` says so, which
  /// is asked now and then.
  template <typename Found, typename Stop>
  void each(std::uint64_t sum, std::uint64_t& steps, const Found& found, const Stop& stop) {
    std::fill(counts_.begin(), counts_.end(), 0U);
    std::uint64_t other = 0;
    do {
      ++steps;
      const std::uint64_t missing = sum - other;
      const auto first = [](const Kept& kept) { return kept.sum; };
      for (auto at = std::ranges::lower_bound(kept_, missing, {}, first);
           at != kept_.end() && at->sum == missing; ++at) {
        ++steps;
        decode(at->way);
        found(std::span<const std::uint32_t>(counts_));
      }
    } while (!stop() && next_of_others(other));
  }

 private:
  struct Kept {
    std::uint64_t sum;
    std::uint64_t way;  // counts of the kept terms, as one number
  };

  void decode(std::uint64_t way);
  bool next_of_others(std::uint64_t& sum);

  std::vector<Term> terms_{};
  std::vector<bool> is_kept_{};
  std::vector<Kept> kept_{};             // by sum
  std::vector<std::uint32_t> counts_{};  // by term
};

}  // namespace sim
