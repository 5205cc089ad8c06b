#include "sim/check/availability.hpp"

#include <algorithm>
#include <utility>

namespace sim {
namespace {

struct Leave {
  Time at;
  std::size_t operation;
};

// The operations that wait and show that the service is away. One that is passed over doesn't: a later call
// was answered, so that the service was there, and the request or its answer must have been lost.
class WaitingCalls {
 public:
  explicit WaitingCalls(const std::vector<Operation>& calls) : calls_(&calls), left_(calls.size()) {}

  bool empty() const { return count_ == 0; }
  void call() { ++count_; }
  void leave(std::size_t operation) {
    if (operation >= passed_) --count_;
    left_[operation] = true;
  }
  /// An operation called at that time was answered.
  void pass_until(Time call) {
    for (; passed_ < calls_->size() && (*calls_)[passed_].call <= call; ++passed_) {
      if (!left_[passed_]) --count_;
    }
  }

 private:
  const std::vector<Operation>* calls_;
  std::vector<bool> left_;
  std::size_t passed_ = 0;  ///< All operations before this one are passed over.
  std::size_t count_ = 0;
};

// From an answer to the next one. Only the time counts in which operations wait: while none does, nobody can
// tell. That clients give up ends no silence.
struct Unanswered {
  Time begin{}, end{};
  Duration waited{}, in_chaos{};

  void wait(Time from, Time to, Time chaos_end) {
    if (waited == Duration{0}) begin = from;
    end = to;
    waited += to - from;
    in_chaos += std::max(std::min(to, chaos_end) - from, Duration{0});
  }
};

// When operations stop waiting, in order of time.
std::vector<Leave> leaves(const Record& record, Duration timeout) {
  std::vector<Leave> all;
  all.reserve(record.operations.size());
  for (std::size_t i = 0; i < record.operations.size(); ++i) {
    const Operation& op = record.operations[i];
    const bool returned = op.outcome != Outcome::pending;
    all.push_back({returned ? op.ret : std::min(op.call + timeout, record.end), i});
  }
  std::ranges::stable_sort(all, {}, &Leave::at);
  return all;
}

}  // namespace

AvailabilityJudgement judge_availability(const Record& record, const AvailabilityRules& rules) {
  AvailabilityJudgement result;
  Duration out{0};  // of the chaos phase
  Unanswered silence;
  const auto end_silence = [&] {
    const Unanswered ended = std::exchange(silence, Unanswered{});
    if (ended.waited <= rules.outage_after || ended.begin >= record.chaos_end) return;
    result.outages.push_back({ended.begin, ended.end});
    result.longest_s = std::max(result.longest_s, seconds(ended.waited));
    out += ended.in_chaos;
  };
  const auto ends = leaves(record, rules.client_timeout);
  const auto& calls = record.operations;
  WaitingCalls waiting(calls);
  Time last{};
  for (std::size_t c = 0, e = 0; e < ends.size();) {
    const Time now = std::min(c < calls.size() ? calls[c].call : kNever, ends[e].at);
    if (!waiting.empty()) silence.wait(last, now, record.chaos_end);
    last = now;
    for (; c < calls.size() && calls[c].call == now; ++c) waiting.call();
    for (; e < ends.size() && ends[e].at == now; ++e) {
      const Operation& op = calls[ends[e].operation];
      waiting.leave(ends[e].operation);
      if (op.outcome != Outcome::ok) continue;
      waiting.pass_until(op.call);
      end_silence();
    }
  }
  end_silence();
  const double chaos = seconds(record.chaos_end - Time{});
  if (chaos > 0) result.fraction = 1 - seconds(out) / chaos;
  return result;
}

AnswersByTime answers_by_time(const Record& record, std::size_t parts) {
  AnswersByTime counts{std::vector<std::uint64_t>(parts), std::vector<std::uint64_t>(parts)};
  const std::int64_t chaos = (record.chaos_end - Time{}).count();
  const auto count = static_cast<std::int64_t>(parts);
  const std::int64_t width = (chaos + count - 1) / count;  // rounded up: the last part may be a bit shorter
  for (const Operation& op : record.operations) {
    const std::int64_t since = (op.call - Time{}).count();
    if (since >= chaos) continue;
    const auto part = static_cast<std::size_t>(since / width);
    ++counts.called[part];
    counts.answered[part] += op.outcome == Outcome::ok ? 1 : 0;
  }
  return counts;
}

}  // namespace sim
