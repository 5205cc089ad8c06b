#include "sim/check/orders.hpp"

#include <fmt/format.h>

namespace sim {
namespace {

using Fate = Record::Ordered::Fate;

std::string when(Time at) { return fmt::format("{:.4g} s", seconds(at - Time{})); }

std::string text_of(const Record::Ordered& order) {
  if (order.successor) return fmt::format("order to make replica {} the leader", order.successor->value);
  std::vector<std::uint16_t> members;
  for (const NodeId id : order.members) members.push_back(id.value);
  return fmt::format("order to make {} the members", fmt::join(members, ", "));
}

std::string outcome_of(const Record::Ordered& order) {
  const std::string why = order.why.empty() ? "" : fmt::format(": {}", order.why);
  switch (order.fate) {
    case Fate::carried_out: return "carried out at " + when(order.settled.value_or(order.at));
    case Fate::unreachable: return "NOT carried out: it reached no replica" + why;
    case Fate::refused: return "NOT carried out: refused" + why;
    case Fate::given_up: return "NOT carried out: abandoned" + why;
    case Fate::under_way: break;
  }
  return "NOT carried out by the end of the run";
}

}  // namespace

OrdersJudgement judge_orders(const Record& record) {
  OrdersJudgement result{.given = record.orders.size(), .without_effect = record.idle.size()};
  for (const auto& order : record.orders) {
    result.carried_out += order.fate == Fate::carried_out ? 1u : 0u;
    result.notes.push_back(fmt::format("at {} {}: {}", when(order.at), text_of(order), outcome_of(order)));
  }
  for (const auto& idle : record.idle)
    result.notes.push_back(fmt::format("at {} {}: no effect", when(idle.at), idle.what));
  return result;
}

}  // namespace sim
