#include "sim/linearizability/search/sum_search.hpp"

namespace sim {

void SumSearch::prepare(std::span<const Term> terms, std::uint64_t& steps) {
  terms_.assign(terms.begin(), terms.end());
  counts_.assign(terms_.size(), 0);
  is_kept_.assign(terms_.size(), false);
  constexpr std::uint64_t most = 1 << 18;
  std::uint64_t ways = 1;  // of using all terms, or most * most if there are more
  for (const Term& term : terms_) {
    const std::uint64_t each = term.most + std::uint64_t{1};
    ways = each > most * most / ways ? most * most : ways * each;
  }
  // Half of the terms have about the root of all ways.
  const auto is_more_than_half = [&](std::uint64_t sums) {
    return sums > most || (sums - 1) * (sums - 1) > ways;
  };
  kept_.assign(1, {0, 0});
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    const std::size_t before = kept_.size();
    const std::size_t each = terms_[i].most + std::size_t{1};
    if (is_more_than_half(before * each)) continue;
    is_kept_[i] = true;
    for (std::size_t count = 1; count < each; ++count) {
      for (std::size_t k = 0; k < before; ++k) {
        kept_.push_back({kept_[k].sum + count * terms_[i].amount, kept_[k].way + count * before});
      }
    }
  }
  std::ranges::sort(kept_, {}, [](const Kept& kept) { return std::pair(kept.sum, kept.way); });
  steps += kept_.size();
}

// The place of a way was counted as its kept terms were added, the first one changing fastest.
void SumSearch::decode(std::uint64_t way) {
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    if (!is_kept_[i]) continue;
    const std::uint64_t each = terms_[i].most + std::uint64_t{1};
    counts_[i] = static_cast<std::uint32_t>(way % each);
    way /= each;
  }
}

// Counts through the terms that aren't kept; false after the last way.
bool SumSearch::next_of_others(std::uint64_t& sum) {
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    if (is_kept_[i]) continue;
    if (counts_[i] < terms_[i].most) {
      ++counts_[i];
      sum += terms_[i].amount;
      return true;
    }
    sum -= counts_[i] * terms_[i].amount;
    counts_[i] = 0;
  }
  return false;
}

}  // namespace sim
