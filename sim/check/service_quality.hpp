// The price that clients and the network pay: latency, messages and one-way delays.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/history/record.hpp"

namespace sim {

struct OperationCounts {
  std::uint64_t invoked = 0;
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  std::uint64_t pending = 0;
};

OperationCounts count_operations(const Record& record);

/// Latencies of operations answered ok. A percentile is that of the nearest rank: the smallest latency that
/// at least so many per cent of the operations do not exceed.
struct LatencyJudgement {
  std::optional<Duration> p50;
  std::optional<Duration> p99;
  std::optional<Duration> max;
};

LatencyJudgement judge_latency(const Record& record);

/// Per operation answered ok; empty if there is none.
struct CostJudgement {
  std::optional<double> messages_per_operation;  ///< Without upkeep such as heartbeats.
  std::optional<double> delays_per_operation;    ///< One-way message delays from call to return.
};

CostJudgement judge_cost(const Record& record);

}  // namespace sim
