// The outcome of an operator's orders, and restarts that had nothing to restart.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/history/record.hpp"

namespace sim {

struct OrdersJudgement {
  std::uint64_t given = 0;
  std::uint64_t carried_out = 0;
  std::uint64_t without_effect = 0;  ///< Faults and orders at which nothing happened: restarts of running
                                     ///< nodes, orders for a primary when there was none.
  std::vector<std::string> notes{};  ///< A sentence on each of these, in order of time within each kind.
};

/// The outcomes of orders as the protocols reported them (Record::Ordered), in words.
OrdersJudgement judge_orders(const Record& record);

}  // namespace sim
