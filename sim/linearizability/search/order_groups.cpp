#include "sim/linearizability/search/order_groups.hpp"

#include <algorithm>

namespace sim {
namespace {

// Any one of several unanswered operations that ask for the same will do.
bool are_twins(const Operation& a, const Operation& b) {
  return a.action == b.action && a.key == b.key && a.argument == b.argument && a.expected == b.expected &&
         (a.client == b.client || (a.action != Action::acquire && a.action != Action::release));
}

}  // namespace

void OrderGroup::advance(std::span<const Placeable> operations) {
  while (first < answered.size() && operations[answered[first]].placed) ++first;
}

void OrderGroup::add_ready(std::span<const Placeable> operations, std::vector<std::size_t>& ready) const {
  Time due = kNever;  // whatever was called later must wait
  for (std::size_t k = first; k < answered.size(); ++k) {
    const Placeable& p = operations[answered[k]];
    if (p.op->call > due) break;
    if (!p.placed) due = std::min(due, p.op->ret);
  }
  for (std::size_t k = first; k < answered.size(); ++k) {
    const std::size_t i = answered[k];
    if (operations[i].op->call > due) break;
    if (!operations[i].placed) ready.push_back(i);
  }
  const auto without_answer = static_cast<std::ptrdiff_t>(ready.size());
  for (const std::size_t i : pending) {
    if (operations[i].op->call > due) break;
    if (operations[i].placed) continue;
    const auto same = [&](std::size_t other) { return are_twins(*operations[i].op, *operations[other].op); };
    if (std::none_of(ready.begin() + without_answer, ready.end(), same)) ready.push_back(i);
  }
}

// Operations placed beyond the first unplaced one were called before that returned.
void OrderGroup::append_to(std::vector<std::uint32_t>& key, std::span<const Placeable> operations) const {
  constexpr std::uint32_t end = ~std::uint32_t{0};
  key.push_back(static_cast<std::uint32_t>(first));
  const Time due = first < answered.size() ? operations[answered[first]].op->ret : kNever;
  for (std::size_t k = first; k < answered.size(); ++k) {
    if (operations[answered[k]].op->call > due) break;
    if (operations[answered[k]].placed) key.push_back(static_cast<std::uint32_t>(k));
  }
  key.push_back(end);
  for (const std::size_t i : pending) {
    if (operations[i].placed) key.push_back(static_cast<std::uint32_t>(i));
  }
  key.push_back(end);
}

}  // namespace sim
