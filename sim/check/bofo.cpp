#include "sim/check/bofo.hpp"

#include <algorithm>

namespace sim {

// Operations are in the order of their calls. One that was sent at the instant of an answered one doesn't
// reach over it.
BofoJudgement judge_bofo(const Record& record) {
  BofoJudgement result;
  bool open = false;  // the last interval: nothing has been answered since
  for (const Operation& op : record.operations) {
    if (op.outcome == Outcome::ok) {
      open = false;
    } else if (open) {
      result.intervals.back().last = op.call;
    } else {
      result.intervals.push_back({op.call, op.call});
      open = true;
    }
  }
  for (const auto& interval : result.intervals)
    result.longest = std::max(result.longest, interval.last - interval.first);
  return result;
}

Duration judge_blocking(const Record& record) {
  std::vector<Time> answered(record.operations.size(), kNever);
  for (const auto& answer : record.acknowledgements)
    answered[answer.operation] = std::min(answered[answer.operation], answer.at);
  Duration longest{};
  for (std::size_t i = 0; i < record.reached_primary.size(); ++i) {
    if (record.reached_primary[i] == kNever || answered[i] == kNever) continue;
    longest = std::max(longest, answered[i] - record.reached_primary[i]);
  }
  return longest;
}

}  // namespace sim
