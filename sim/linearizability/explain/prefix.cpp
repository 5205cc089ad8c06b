#include "sim/linearizability/explain/prefix.hpp"

#include <algorithm>

#include "sim/history/objects/object_model.hpp"

namespace sim {

void forget_answer(Operation& op) {
  if (op.outcome != Outcome::ok) return;
  op.outcome = changed_nothing(op) ? Outcome::failed : Outcome::pending;
  if (op.action == Action::stamp || op.action == Action::draw) {
    op.action = Action::write;
    op.argument = op.output;
  }
  op.output = Nil{};
  op.ret = kNever;
}

std::vector<std::size_t> returns_of(std::span<const Operation> all) {
  std::vector<std::size_t> returns;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].outcome == Outcome::ok) returns.push_back(i);
  }
  std::ranges::stable_sort(returns, {}, [&](std::size_t i) { return all[i].ret; });
  return returns;
}

std::vector<Operation> prefix_until(std::span<const Operation> all, std::span<const std::size_t> returns,
                                    std::size_t rank, std::vector<std::size_t>* places) {
  const Time end = all[returns[rank]].ret;
  std::vector<bool> answered(all.size(), false);
  for (std::size_t k = 0; k <= rank; ++k) answered[returns[k]] = true;
  std::vector<Operation> prefix;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].call > end || all[i].outcome == Outcome::failed) continue;
    prefix.push_back(all[i]);
    if (!answered[i]) forget_answer(prefix.back());
    if (places != nullptr) places->push_back(i);
  }
  return prefix;
}

}  // namespace sim
