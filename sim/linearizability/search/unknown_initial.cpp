#include "sim/linearizability/search/unknown_initial.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "sim/history/objects/object_model.hpp"
#include "sim/linearizability/linearizability.hpp"

namespace sim {
namespace {

// The value that the object must have held for such an answer; nothing if the answer doesn't tell.
const Value* needed_by(const Operation& op) {
  const bool swapped =
      op.action == Action::cas && (op.outcome == Outcome::pending || op.output == truth(true));
  if (swapped) return &op.expected;
  return op.action == Action::read && op.outcome == Outcome::ok ? &op.output : nullptr;
}

// A text that no operation uses, so that none can tell anything from it.
Value unseen_value(std::span<const Operation> operations) {
  std::string text = "?";
  const auto is_text = [&](const Value& value) {
    return value.as_text() != nullptr && value.as_text()->size() >= text.size();
  };
  for (const Operation& op : operations) {
    for (const Value* value : {&op.argument, &op.expected, &op.output}) {
      if (is_text(*value)) text.resize(value->as_text()->size() + 1, '?');
    }
  }
  return text;
}

std::vector<Value> candidates(std::span<const Operation> operations) {
  Time first_change = kNever;
  for (const Operation& op : operations) {
    const bool changed = op.outcome == Outcome::ok && !changed_nothing(op);
    if (changed) first_change = std::min(first_change, op.ret);
  }
  std::vector<Value> values{unseen_value(operations), Value{}};
  for (const Operation& op : operations) {
    const Value* seen = needed_by(op);
    if (seen == nullptr || op.call > first_change) continue;
    if (std::ranges::find(values, *seen) == values.end()) values.push_back(*seen);
    // Appending turns the initial value into something that somebody saw.
    if (const auto* list = seen->as_list()) {
      for (std::size_t size = 0; size < list->size(); ++size) {
        values.emplace_back(List(list->begin(), list->begin() + static_cast<std::ptrdiff_t>(size)));
      }
      if (!list->empty()) values.emplace_back(list->front());
    }
    if (const auto* text = seen->as_text()) {
      for (std::size_t size = 0; size < text->size(); ++size) values.emplace_back(text->substr(0, size));
    }
  }
  return values;
}

}  // namespace

bool may_begin_anyhow(Model model) {
  return model == Model::reg || model == Model::cas_register || model == Model::kv;
}

UnknownInitial check_any_initial(std::span<const Operation> operations, Model model,
                                 const LinearizabilityBudget& budget) {
  std::map<std::uint32_t, std::vector<Operation>> by_key;
  for (const Operation& op : operations) by_key[op.key].push_back(op);
  UnknownInitial found{.result = {.verdict = Verdict::linearizable, .story = {}, .witness = {}}};
  LinearizabilityBudget left = budget;
  for (const auto& [key, of_key] : by_key) {
    LinearizabilityResult best{.verdict = Verdict::violation, .story = {}, .witness = {}};
    const std::vector<Value> values = candidates(of_key);
    found.begins[key] = values.front();
    for (const Value& value : values) {
      LinearizabilityResult one = judge_linearizability(of_key, model, value, left);
      found.result.steps += one.steps;
      left.steps -= std::min(left.steps, one.steps);
      if (one.verdict == Verdict::violation) continue;
      best = std::move(one);
      found.begins[key] = value;
      if (best.verdict == Verdict::linearizable) break;
    }
    if (best.verdict == Verdict::linearizable) continue;
    const std::uint64_t steps = found.result.steps;
    found.result = std::move(best);
    found.result.steps = steps;
    found.tried = values.size();
    if (found.result.verdict == Verdict::violation) return found;
  }
  return found;
}

}  // namespace sim
