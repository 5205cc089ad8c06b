#include "sim/check/service_quality.hpp"

#include <algorithm>
#include <vector>

namespace sim {

OperationCounts count_operations(const Record& record) {
  OperationCounts counts{.invoked = record.operations.size()};
  for (const Operation& op : record.operations) {
    if (op.outcome == Outcome::ok) ++counts.ok;
    if (op.outcome == Outcome::failed) ++counts.failed;
    if (op.outcome == Outcome::pending) ++counts.pending;
  }
  return counts;
}

LatencyJudgement judge_latency(const Record& record) {
  std::vector<Duration> latencies;
  latencies.reserve(record.operations.size());
  for (const Operation& op : record.operations) {
    if (op.outcome == Outcome::ok) latencies.push_back(op.ret - op.call);
  }
  if (latencies.empty()) return {};
  const auto percentile = [&](std::size_t percent) {
    const std::size_t rank = (latencies.size() * percent + 99) / 100;  // from 1
    const auto nth = latencies.begin() + static_cast<std::ptrdiff_t>(rank - 1);
    std::ranges::nth_element(latencies, nth);
    return *nth;
  };
  return {percentile(50), percentile(99), percentile(100)};
}

CostJudgement judge_cost(const Record& record) {
  const auto answered = static_cast<double>(count_operations(record).ok);
  if (answered == 0) return {};
  return {static_cast<double>(record.messages_for_operations) / answered,
          static_cast<double>(record.hops_of_answers) / answered};
}

}  // namespace sim
