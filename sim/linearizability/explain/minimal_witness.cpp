#include "sim/linearizability/explain/minimal_witness.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "sim/history/objects/object_model.hpp"
#include "sim/linearizability/explain/delta_debugging.hpp"
#include "sim/linearizability/explain/hitting_set.hpp"

namespace sim {
namespace {

using Ranks = std::vector<std::size_t>;  // ascending
using Begin = ContradictionTest::Begin;

Ranks without(const Ranks& all, const Ranks& some) {
  Ranks rest;
  std::ranges::set_difference(all, some, std::back_inserter(rest));
  return rest;
}

Ranks with(const Ranks& all, const Ranks& more) {
  Ranks both;
  std::ranges::set_union(all, more, std::back_inserter(both));
  return both;
}

class WitnessSearch {
 public:
  WitnessSearch(ContradictionTest& test, const Budget& spending, std::uint64_t steps, bool prove)
      : test_(test), spending_(spending), steps_(steps), prove_(prove) {}

  MinimalWitness run(std::span<const std::size_t> known) {
    allow();
    const Verdict alone = decide_cheaply({});
    if (alone == Verdict::violation) return finish({}, true, true);
    Ranks others = start_from(known);
    shrink(others);
    allow();
    const bool minimal = make_minimal(others);
    if (others.size() <= 1) return finish(others, minimal, alone == Verdict::linearizable);
    if (!prove_) return finish(others, minimal, false);
    allow();
    const bool smallest = find_smaller(others);
    return finish(others, minimal || smallest, smallest);
  }

 private:
  // ---- Asking. All sets are understood to have the last operation, too: it belongs to every contradiction.

  bool contradict_nearby(const Ranks& others) { return ask(others, Begin::near) == Verdict::violation; }

  // Decides in a long history only if that is cheap.
  Verdict decide_cheaply(const Ranks& others) {
    return test_.size() > kFew ? ask(others, Begin::near) : decide(others);
  }

  Verdict decide(const Ranks& others) {
    const Verdict near = ask(others, Begin::near);
    return near != Verdict::unknown ? near : ask(others, Begin::first);
  }

  Verdict ask(Ranks others, Begin begin) {
    if (spent()) return Verdict::unknown;
    others.push_back(test_.last());
    return test_.ask(others, begin);
  }

  void allow() { until_ = spending_.steps + steps_; }
  bool spent() const { return spending_.exhausted != nullptr || spending_.steps > until_; }

  // ---- A first set.

  // The latest operations that do, near each other. If that takes too long, or isn't likely, the known ones.
  Ranks start_from(std::span<const std::size_t> known) {
    Ranks others(known.begin(), known.end());
    std::erase(others, test_.last());
    const bool is_small = !known.empty() && known.size() <= kSmall && test_.is_collection();
    if (is_small) return others;
    const std::size_t most = known.empty() ? test_.last() : std::min(test_.last(), kFew);
    for (std::size_t count = 2; count < most; count *= 2) {
      Ranks some = latest(count);
      if (contradict_nearby(some)) return some;
    }
    return known.empty() ? latest(test_.last()) : others;
  }

  Ranks latest(std::size_t count) const {
    Ranks others(count);
    std::iota(others.begin(), others.end(), test_.last() - count);
    return others;
  }

  // ---- Making it smaller.

  // Of a collection, drops whole values first. Then observations before the rest: without observations there
  // is nothing to try, as a write may always have happened; and fewer observations make fewer writes matter.
  void shrink(Ranks& others) {
    if (test_.is_collection()) shrink_to_values(others);
    shrink_by(others, changed_nothing);
    shrink_by(others, [](const Operation&) { return true; });
  }

  void shrink_to_values(Ranks& others) {
    std::map<std::int64_t, Ranks> by_value;
    for (const std::size_t rank : others) by_value[value_of(rank)].push_back(rank);
    std::vector<Ranks> groups;
    for (auto& [value, ranks] : by_value) groups.push_back(std::move(ranks));
    const auto all_of = [&](const std::vector<std::size_t>& some) {
      Ranks ranks;
      for (const std::size_t k : some) ranks = with(ranks, groups[k]);
      return ranks;
    };
    std::vector<std::size_t> kept(groups.size());
    std::iota(kept.begin(), kept.end(), std::size_t{0});
    leave_out(
        kept, kept, [&](const auto& some) { return contradict_nearby(all_of(some)); },
        [&] { return spent(); });
    others = all_of(kept);
  }

  // The value that a collection's operation puts in or takes out.
  std::int64_t value_of(std::size_t rank) const {
    const Operation& op = test_.operation(rank);
    const auto* value = takes_argument(op.action) ? op.argument.as_number() : op.output.as_number();
    return value != nullptr ? *value
                            : std::numeric_limits<std::int64_t>::min();  // found it empty, or read all
  }

  template <typename Which> void shrink_by(Ranks& others, const Which& which) {
    Ranks candidates;
    std::ranges::copy_if(others, std::back_inserter(candidates),
                         [&](std::size_t rank) { return which(test_.operation(rank)); });
    leave_out(
        others, std::move(candidates), [&](const Ranks& fewer) { return contradict_nearby(fewer); },
        [&] { return spent(); });
  }

  // Leaves out whatever still can be when everything is looked at; returns whether that's proved for all.
  bool make_minimal(Ranks& others) {
    bool proved = true;
    for (std::size_t k = 0; k < others.size();) {
      Ranks fewer = without(others, {others[k]});
      const Verdict verdict = decide(fewer);
      if (verdict == Verdict::unknown) proved = false;
      if (verdict == Verdict::violation) {
        others = std::move(fewer);
      } else {
        ++k;
      }
    }
    return proved;
  }

  // ---- Proving that none is smaller.

  // Replaces them by the smallest contradiction; false if that can't be proved.
  bool find_smaller(Ranks& others) {
    const Ranks all = latest(test_.last());
    std::vector<Demand> demands;  // what each contradiction must have
    for (std::size_t size = 0; size < others.size() && !spent();) {
      HittingSet smaller = find_hitting_set(demands, size);
      if (smaller.kind == HittingSet::Kind::gave_up) return false;
      if (smaller.kind != HittingSet::Kind::found) {
        ++size;
        continue;
      }
      const Verdict verdict = decide(smaller.members);
      if (verdict == Verdict::unknown) return false;
      if (verdict == Verdict::violation) {
        others = std::move(smaller.members);
        return true;
      }
      Ranks left_out = without(all, grow(std::move(smaller.members), all));
      if (left_out.empty()) return false;
      demands.push_back({.needed = std::move(left_out)});
    }
    return !spent();
  }

  // Adds as many operations as possible while there is still no contradiction.
  Ranks grow(Ranks some, const Ranks& all) {
    std::vector<Ranks> portions{without(all, some)};
    while (!portions.empty() && !spent()) {
      Ranks portion = std::move(portions.back());
      portions.pop_back();
      if (portion.empty()) continue;
      Ranks more = with(some, portion);
      if (ask(more, Begin::first) == Verdict::linearizable) {
        some = std::move(more);
      } else if (portion.size() > 1) {
        const auto half = portion.begin() + static_cast<std::ptrdiff_t>(portion.size() / 2);
        portions.emplace_back(half, portion.end());
        portions.emplace_back(portion.begin(), half);
      }
    }
    return some;
  }

  MinimalWitness finish(Ranks others, bool minimal, bool smallest) const {
    others.push_back(test_.last());
    return {.ranks = std::move(others), .is_minimal = minimal, .is_smallest = smallest};
  }

  static constexpr std::size_t kFew = 4096;
  static constexpr std::size_t kSmall = 8;
  ContradictionTest& test_;
  const Budget& spending_;
  std::uint64_t steps_;
  bool prove_;
  std::uint64_t until_ = ~std::uint64_t{0};
};

}  // namespace

MinimalWitness find_minimal_witness(ContradictionTest& test, std::span<const std::size_t> known,
                                    const Budget& spending, std::uint64_t steps, bool prove) {
  return WitnessSearch(test, spending, steps, prove).run(known);
}

}  // namespace sim
