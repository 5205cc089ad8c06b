#include "sim/linearizability/explain/fault_diagnosis.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sim/history/objects/object_model.hpp"
#include "sim/linearizability/explain/contradiction.hpp"
#include "sim/linearizability/explain/prefix.hpp"
#include "sim/linearizability/linearizability.hpp"

namespace sim {
namespace {

const Value& value_left(const Operation& op) {
  return op.action == Action::stamp || op.action == Action::draw ? op.output : op.argument;
}

bool is_of_any_number(const Operation& op) {
  return op.outcome == Outcome::pending && (op.action == Action::stamp || op.action == Action::draw);
}

}  // namespace

LinearizabilityResult Means::judge(std::span<const Operation> operations, Model model, const Value& initial,
                                   bool with_witness) {
  left -= std::min<std::uint64_t>(left, operations.size());
  if (left == 0) return {.story = {}, .witness = {}};
  LinearizabilityBudget some = budget;
  some.steps = left;
  auto result = judge_linearizability(operations, model, initial, some);
  left -= std::min(left, result.steps);
  if (!with_witness || result.verdict != Verdict::violation) return result;
  some.steps = left;
  auto why = find_contradiction(operations, model, initial, result, some, Thoroughness::small);
  left -= std::min(left, why.steps);
  result.witness = std::move(why.witness);
  return result;
}

void FewestFaults::learn(std::span<const std::size_t> witness) {
  if (!witness.empty()) demands_.push_back({.given = {}, .needed = suspects_among(witness, {})});
}

Explained FewestFaults::with(std::size_t most) {
  while (!never_) {
    const HittingSet set = find_hitting_set(demands_, most);
    if (set.kind == HittingSet::Kind::gave_up) return Explained::unknown;
    if (set.kind == HittingSet::Kind::too_small) return Explained::not_by_so_few;
    if (set.kind == HittingSet::Kind::impossible) break;
    const auto rest = judge_without(set.members);
    if (rest.verdict == Verdict::unknown) return Explained::unknown;
    if (rest.verdict == Verdict::violation) {
      learn(rest.witness);
      continue;
    }
    const Explained explained = explained_by(set.members);
    if (explained == Explained::yes || explained == Explained::unknown) return explained;
  }
  never_ = true;
  return Explained::never;
}

bool FewestFaults::can_be_faulty(std::size_t i) const {
  const Operation& op = of_key_[i];
  return op.outcome == Outcome::ok && changed_nothing(op) == (defect_ == Defect::stale_read);
}

std::vector<std::size_t> FewestFaults::suspects_among(std::span<const std::size_t> witness,
                                                      std::span<const std::size_t> but) const {
  std::vector<std::size_t> suspects;
  std::ranges::copy_if(witness, std::back_inserter(suspects), [&](std::size_t i) {
    return can_be_faulty(i) && std::ranges::find(but, i) == but.end();
  });
  return suspects;
}

LinearizabilityResult FewestFaults::judge(std::span<const Operation> operations) {
  return means_.judge(operations, model_, initial_, true);
}

LinearizabilityResult FewestFaults::judge_without(std::span<const std::size_t> suspects) {
  std::vector<Operation> rest(of_key_.begin(), of_key_.end());
  for (const std::size_t i : suspects) forget_answer(rest[i]);
  return judge(rest);
}

// A write without effect could as well not have happened; a cas without effect saw what it expected.
LinearizabilityResult FewestFaults::judge_lost(std::span<const std::size_t> suspects) {
  std::vector<Operation> rest(of_key_.begin(), of_key_.end());
  for (const std::size_t i : suspects) {
    Operation& op = rest[i];
    if (op.action != Action::cas) {
      op.outcome = Outcome::failed;
      continue;
    }
    op.action = Action::read;
    op.output = std::exchange(op.expected, Nil{});
    op.argument = Nil{};
  }
  return judge(rest);
}

Explained FewestFaults::explained_by(const std::vector<std::size_t>& suspects) {
  if (defect_ == Defect::stale_read) return explained_as_stale(suspects);
  const auto lost = judge_lost(suspects);
  if (lost.verdict == Verdict::linearizable) return Explained::yes;
  if (lost.verdict == Verdict::unknown) return Explained::unknown;
  demands_.push_back({.given = suspects, .needed = suspects_among(lost.witness, suspects)});
  return Explained::not_by_so_few;
}

// ---- Stale reads: without them there is an order. Was what they saw there before?

bool FewestFaults::answered_by(std::size_t read, const Value& state) const {
  const Operation& op = of_key_[read];
  return op.action == Action::cas ? !(state == op.expected) : state == op.output;
}

// Whether the answer was there before, in whatever order: an operation that returned earlier can come first.
bool FewestFaults::was_there(std::size_t read) const {
  if (answered_by(read, initial_)) return true;
  return std::ranges::any_of(of_key_, [&](const Operation& op) {
    return op.outcome == Outcome::ok && op.ret < of_key_[read].ret && !changed_nothing(op) &&
           answered_by(read, value_left(op));
  });
}

// Operations that may have left what the read saw, as if they had certainly done so by the time it returned.
std::vector<Operation> FewestFaults::sources(std::size_t read, std::vector<std::size_t>& places) const {
  std::vector<Operation> found;
  const Operation& by = of_key_[read];
  for (std::size_t i = 0; i < of_key_.size(); ++i) {
    const Operation& op = of_key_[i];
    if (op.outcome == Outcome::failed || changed_nothing(op) || op.call > by.ret) continue;
    const bool any = is_of_any_number(op);
    const bool fits = any ? by.action == Action::cas || by.output.as_number() != nullptr
                          : answered_by(read, value_left(op));
    if (!fits) continue;
    found.push_back(op);
    Operation& source = found.back();
    places.push_back(i);
    if (any) {
      source.action = Action::write;
      source.argument = by.action == Action::cas ? Value{std::int64_t{-1}} : by.output;
      if (!answered_by(read, source.argument)) source.argument = std::int64_t{-2};
    }
    if (source.action == Action::cas) source.output = truth(true);
    source.outcome = Outcome::ok;
    source.ret = std::min(source.ret, by.ret);
  }
  return found;
}

Explained FewestFaults::explained_as_stale(const std::vector<std::size_t>& suspects) {
  std::vector<std::size_t> open;
  std::ranges::copy_if(suspects, std::back_inserter(open), [&](std::size_t i) { return !was_there(i); });
  if (open.empty()) return Explained::yes;
  std::vector<Operation> rest(of_key_.begin(), of_key_.end());
  for (const std::size_t i : suspects) forget_answer(rest[i]);
  for (const std::size_t read : open) {
    std::vector<std::size_t> places;
    const auto tried = sources(read, places);
    if (tried.empty()) {
      demands_.push_back({.given = {read}, .needed = {}});  // it can't be a stale read
      return Explained::not_by_so_few;
    }
    Demand demand{.given = suspects, .needed = {}};
    bool found = false;
    for (std::size_t k = 0; k < tried.size() && !found; ++k) {
      Operation before = std::exchange(rest[places[k]], tried[k]);
      const auto result = judge(rest);
      if (result.verdict == Verdict::unknown) return Explained::unknown;
      found = result.verdict == Verdict::linearizable;
      if (found) break;
      const auto more = suspects_among(result.witness, suspects);
      demand.needed.insert(demand.needed.end(), more.begin(), more.end());
      rest[places[k]] = std::move(before);
    }
    if (found) continue;                                  // kept as the source
    if (read != open.front()) return Explained::unknown;  // another source of those before might do
    demands_.push_back(std::move(demand));
    return Explained::not_by_so_few;
  }
  return Explained::yes;
}

}  // namespace sim
