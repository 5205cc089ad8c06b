// Everything that can judge a small history, held against everything else that can: the brute-force twin, the
// judge's two entry points, the search with and without reduction, the monitors where they apply; and a
// violation's witness against what it promises.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "sim/history/history.hpp"
#include "sim/history/objects/object_model.hpp"
#include "sim/history/write_history.hpp"
#include "sim/linearizability/explanation.hpp"
#include "sim/linearizability/linearizability.hpp"
#include "sim/linearizability/monitors/monitors.hpp"
#include "sim/linearizability/search/depth_first.hpp"
#include "sim/linearizability/search/just_in_time_search.hpp"
#include "sim/linearizability/search/key_history.hpp"
#include "sim/linearizability/search/key_verdict.hpp"
#include "sim/linearizability/search/order_search.hpp"
#include "sim/linearizability/search/register_reduction.hpp"
#include "tests/support/brute_force.hpp"

namespace judges {

using namespace sim;

/// As text, for the messages of tests.
inline std::string show(std::span<const Operation> history, Model model) {
  std::ostringstream out;
  History whole;
  whole.model = model;
  whole.operations.assign(history.begin(), history.end());
  write_jsonl(out, whole);
  return out.str();
}

/// The places of each key's operations.
inline std::vector<std::vector<std::uint32_t>> places_by_key(std::span<const Operation> history) {
  std::vector<std::uint32_t> keys;
  std::vector<std::vector<std::uint32_t>> places;
  for (std::uint32_t i = 0; i < history.size(); ++i) {
    const auto known = std::ranges::find(keys, history[i].key);
    const auto at = static_cast<std::size_t>(known - keys.begin());
    if (known == keys.end()) {
      keys.push_back(history[i].key);
      places.emplace_back();
    }
    places[at].push_back(i);
  }
  return places;
}

/// Whether a counter can't have answered so: an answered add either tells the sum, a number, or doesn't tell.
inline bool is_no_answer_of_a_counter(const Operation& op) {
  const bool silent = op.action == Action::add && op.output.is_nil();
  return op.outcome == Outcome::ok && !silent && op.output.as_number() == nullptr;
}

/// Whether a search, alone, explains a key.
using KeyVerdict = Verdict (*)(const KeyHistory& key, Budget& spending);

inline Verdict searched_just_in_time(const KeyHistory& key, Budget& spending) {
  return search_just_in_time(key, spending).verdict;
}

inline Verdict searched_depth_first(const KeyHistory& key, Budget& spending) {
  constexpr std::uint64_t no_end = ~std::uint64_t{0};
  constexpr std::size_t little = 2000;  // bytes: must do with what it can remember
  const std::size_t memory = key.operations.size() % 2 == 0 ? little : no_end;
  return DepthSearch(key, spending, memory).advance(no_end)->verdict;
}

/// What a search says, alone; a counter's answers that are no numbers must have been found before.
inline Verdict search(KeyVerdict verdict_of, std::span<const Operation> history, Model model,
                      const Value& initial) {
  if (model == Model::counter && std::ranges::any_of(history, is_no_answer_of_a_counter)) {
    return Verdict::violation;
  }
  for (const auto& of_key : places_by_key(history)) {
    Budget spending;
    const KeyHistory key = make_key_history(history, of_key, model, initial);
    if (verdict_of(key, spending) != Verdict::linearizable) return Verdict::violation;
  }
  return Verdict::linearizable;
}

/// The search for an order; unknown where its budget doesn't suffice.
inline Verdict search_orders(std::span<const Operation> history, Model model, const Value& initial) {
  constexpr std::uint64_t steps = 10'000'000;
  Verdict verdict = Verdict::linearizable;
  for (const auto& of_key : places_by_key(history)) {
    std::vector<Operation> operations;
    for (const std::uint32_t i : of_key) operations.push_back(history[i]);
    const Verdict of_this = search_order(operations, model, initial, {}, {.steps = steps}).verdict;
    if (of_this == Verdict::violation) return of_this;
    if (of_this == Verdict::unknown) verdict = of_this;
  }
  return verdict;
}

/// What the monitor for the objects of this model says of one key, if there is one and it applies.
inline std::optional<Monitored> monitor(std::span<const Operation> history,
                                        std::span<const std::uint32_t> of_key, Model model,
                                        const Value& initial, Budget& spending) {
  const auto sized = [&](std::uint32_t i) { return history[i].action == Action::size; };
  if (std::ranges::any_of(of_key, sized)) return std::nullopt;
  switch (model) {
    case Model::reg:
    case Model::cas_register:
    case Model::kv: return monitor_register(history, of_key, initial, spending);
    case Model::queue: return monitor_queue(history, of_key, initial, spending);
    case Model::stack: return monitor_stack(history, of_key, initial, spending);
    case Model::set: return monitor_set(history, of_key, initial, spending);
    case Model::unordered_queue: return monitor_unordered_queue(history, of_key, initial, spending);
    default: return std::nullopt;
  }
}

inline std::optional<Monitored> monitor(std::span<const Operation> history,
                                        std::span<const std::uint32_t> of_key, Model model,
                                        const Value& initial) {
  Budget unlimited;
  return monitor(history, of_key, model, initial, unlimited);
}

struct Agreement {
  std::string
      problem;  ///< What two judges disagree about, with the history; empty if there is no such thing.
  bool linearizable = false;  ///< As the twin says.
  int monitored = 0;          ///< Keys that a monitor judged.
};

/// The monitors against the twin, each key by itself; their witnesses, too.
inline void compare_monitors(Agreement& agreement, std::span<const Operation> history, Model model,
                             const Value& initial) {
  for (const auto& of_key : places_by_key(history)) {
    const auto found = monitor(history, of_key, model, initial);
    if (!found) continue;
    ++agreement.monitored;
    std::vector<Operation> alone;
    for (const std::uint32_t i : of_key) alone.push_back(history[i]);
    if (found->linearizable != brute_force::linearizable(alone, initial, model)) {
      agreement.problem = "the monitor disagrees with the twin";
    } else if (!found->linearizable && !brute_force::contradict(history, found->witness, initial, model)) {
      agreement.problem = "the monitor's witness is no contradiction";
    }
  }
}

/// Holds all judges against each other, on up to some eight operations.
inline Agreement compare_all(std::span<const Operation> history, Model model, const Value& initial) {
  Agreement agreement{.problem = {}, .linearizable = brute_force::linearizable(history, initial, model)};
  const Verdict right = agreement.linearizable ? Verdict::linearizable : Verdict::violation;
  const auto compare = [&](const std::string& who, Verdict verdict) {
    if (verdict == right) return;
    agreement.problem = who + " says " + std::string(verdict_name(verdict)) + ", the twin " +
                        std::string(verdict_name(right));
  };
  compare("the quick judge", linearizability_verdict(history, model, initial));
  const LinearizabilityResult thorough = check_linearizability(history, model, initial);
  compare("the judge", thorough.verdict);
  const RegisterReduction reduction(history, model, initial);
  const auto rewritten = [&](KeyVerdict verdict_of) {
    return search(verdict_of, reduction.operations(), reduction.model(), reduction.initial());
  };
  compare("the search", rewritten(searched_just_in_time));
  compare("the depth-first search", rewritten(searched_depth_first));
  if (model == Model::set)
    compare("the search without reduction", search(searched_just_in_time, history, model, initial));
  const Verdict by_order = search_orders(history, model, initial);
  if (by_order != Verdict::unknown) compare("the search for an order", by_order);
  compare_monitors(agreement, history, model, initial);
  if (!agreement.linearizable && !brute_force::contradict(history, thorough.witness, initial, model)) {
    agreement.problem = "the witness is no contradiction: " + thorough.story;
  }
  if (!agreement.problem.empty()) agreement.problem += "\n" + show(history, model);
  return agreement;
}

}  // namespace judges
